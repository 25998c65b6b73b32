"""Placements one after the other, each on what those before it left free."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from qubix_platform.placement.gangs import take_gang
from qubix_platform.placement.matching import Matching, Room, match
from qubix_platform.placement.model import Assignment, PendingJob, Policy, Request, ReservedWindow
from qubix_platform.placement.offers import MICROSECONDS, OfferTable
from qubix_platform.placement.windows import Term, Windows
from qubix_platform.pricing.rates import hourly_price
from qubix_platform.pricing.rules import paid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from qubix_platform.placement.packing.packer import Packer


@dataclass(frozen=True)
class Placed:
    """A job, the machine that it was given (a row of the table), and the cards there."""

    job: PendingJob
    matching: Matching
    row: int
    cards: tuple[int, ...]
    rank: int = 0

    def assignment(self) -> Assignment:
        """The place as a decision. What is reserved for the job's owner was paid for in advance."""
        offer, request = self.matching.table.candidates[self.row], self.matching.request
        list_price = hourly_price(
            price_per_hour=offer.price_per_hour,
            gpu_count=request.gpu_count,
            share_milli=request.gpu_share_milli,
        )
        price = paid(list_price=list_price, is_spot=request.is_spot, bid=request.max_price)
        return Assignment(
            job_id=self.job.id,
            provider_id=offer.provider_id,
            worker_id=offer.worker_id,
            gpus=self.matching.shares(self.cards),
            price_per_hour=0 if self.row in self.matching.term.prepaid else price,
            rank=self.rank,
            is_standby=self.job.is_standby,
        )


class Placing:
    """A run of placements in a market that nobody else changes.

    Args:
        table: the market. It is not changed.
        at: the instant, microseconds since 1970.
        policy: which offers are better, and what to keep the market useful for.
        reserved: windows that are not over.
    """

    def __init__(self, table: OfferTable, *, at: int, policy: Policy, reserved: Iterable[ReservedWindow] = ()) -> None:
        self.table = table
        self.windows = Windows(table, reserved, at=at)
        self.room = Room(table)
        self.view: Hashable = None
        """Which part of the room is left out of it at the moment, by whoever changes it from outside."""
        self._at = at
        self._policy = policy
        self._matchings: dict[tuple[Request, Term], Matching] = {}
        self._hopeless: set[tuple[Matching, Hashable]] = set()
        self._packer: Packer | None = None

    def matching(self, job: PendingJob) -> Matching:
        """What the job asks for, held against the market."""
        request = job.request
        term = self.windows.term(request.user_id, end=self.end(job))
        known = self._matchings.get((request, term))
        if known is None:
            known = match(self.table, request, at=self._at, policy=self._policy, term=term)
            self._matchings[request, term] = known
        return known

    def end(self, job: PendingJob) -> int:
        """Until when the job runs at most if it begins now, microseconds since 1970."""
        return self._at + job.limit_seconds * MICROSECONDS

    def place(self, job: PendingJob) -> Placed | None:
        """Give the job the best place that is free, or none where there is none."""
        matching = self.matching(job)
        if (matching, self.view) in self._hopeless:  # nothing has become free since an equal request found no room
            return None
        found = self._pack(job, matching)
        if found is None:
            self._hopeless.add((matching, self.view))
            return None
        row, cards = found
        return Placed(job, matching, row, tuple(cards))

    def place_all(self, job: PendingJob) -> tuple[Placed, ...]:
        """Give each worker of the job a place that is free, or none of them where not all find one."""
        if job.workers == 1:
            found = self.place(job)
            return () if found is None else (found,)
        matching = self.matching(job)
        known = matching, (self.view, job.workers)
        if known in self._hopeless:
            return ()
        places = take_gang(matching, self.room, workers=job.workers, last=self._tried(job))
        if places is None:
            self._hopeless.add(known)
            return ()
        for row, _ in places:
            self.note(row)
        return tuple(Placed(job, matching, row, cards, rank) for rank, (row, cards) in enumerate(places))

    def note(self, row: int) -> None:
        """Take in that the room of a machine was changed from outside."""
        if self._packer is not None:
            self._packer.note(row)

    def _pack(self, job: PendingJob, matching: Matching) -> tuple[int, list[int]] | None:
        tried = self._tried(job)
        if not matching.has_equals:
            return self._take_first(matching, tried)
        if self._packer is None:
            # Its compiler takes a second to load: only where there is a choice to be made.
            from qubix_platform.placement.packing.packer import Packer

            self._packer = Packer(self.table, self.room, self._policy.mix)
        return self._packer.place(matching, tried=tried)

    def _tried(self, job: PendingJob) -> list[int]:
        return [row for provider_id in job.tried if (row := self.table.row_of.get(provider_id)) is not None]

    def _take_first(self, matching: Matching, tried: list[int]) -> tuple[int, list[int]] | None:
        rows = [int(row) for row in matching.free_rows(self.room)]
        if not rows:
            return None
        row = next((row for row in rows if row not in tried), rows[0])
        cards = matching.choose_cards(row, self.room)
        self.room.take(row=row, request=matching.request, cards=cards)
        self.note(row)
        return row, cards
