"""Placements one after the other, each on what those before it left free."""

from collections.abc import Hashable
from dataclasses import dataclass

from qubix_platform.placement.matching import Matching, Room, match
from qubix_platform.placement.model import Assignment, PendingJob, Policy, Request
from qubix_platform.placement.offers import OfferTable
from qubix_platform.pricing.rates import hourly_price

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

    def assignment(self) -> Assignment:
        """The place as a decision."""
        offer, request = self.matching.table.candidates[self.row], self.matching.request
        return Assignment(
            job_id=self.job.id,
            provider_id=offer.provider_id,
            worker_id=offer.worker_id,
            gpus=self.matching.shares(self.cards),
            price_per_hour=hourly_price(
                price_per_hour=offer.price_per_hour,
                gpu_count=request.gpu_count,
                share_milli=request.gpu_share_milli,
            ),
            is_standby=self.job.is_standby,
        )


class Placing:
    """A run of placements in a market that nobody else changes.

    Args:
        table: the market. It is not changed.
        at: the instant, microseconds since 1970.
        policy: which offers are better, and what to keep the market useful for.
    """

    def __init__(self, table: OfferTable, *, at: int, policy: Policy) -> None:
        self.table = table
        self.room = Room(table)
        self.view: Hashable = None
        """Which part of the room is left out of it at the moment, by whoever changes it from outside."""
        self._at = at
        self._policy = policy
        self._matchings: dict[Request, Matching] = {}
        self._hopeless: set[tuple[Request, Hashable]] = set()
        self._packer: Packer | None = None

    def matching(self, request: Request) -> Matching:
        """The request held against the market."""
        known = self._matchings.get(request)
        if known is None:
            known = self._matchings[request] = match(self.table, request, at=self._at, policy=self._policy)
        return known

    def place(self, job: PendingJob) -> Placed | None:
        """Give the job the best place that is free, or none where there is none."""
        if (job.request, self.view) in self._hopeless:  # nothing has become free since an equal request found no room
            return None
        matching = self.matching(job.request)
        found = self._pack(job, matching)
        if found is None:
            self._hopeless.add((job.request, self.view))
            return None
        row, cards = found
        return Placed(job, matching, row, tuple(cards))

    def note(self, row: int) -> None:
        """Take in that the room of a machine was changed from outside."""
        if self._packer is not None:
            self._packer.note(row)

    def _pack(self, job: PendingJob, matching: Matching) -> tuple[int, list[int]] | None:
        tried = [row for provider_id in job.tried if (row := self.table.row_of.get(provider_id)) is not None]
        if not matching.has_equals:
            return self._take_first(matching, tried)
        if self._packer is None:
            # Its compiler takes a second to load: only where there is a choice to be made.
            from qubix_platform.placement.packing.packer import Packer

            self._packer = Packer(self.table, self.room, self._policy.mix)
        return self._packer.place(matching, tried=tried)

    def _take_first(self, matching: Matching, tried: list[int]) -> tuple[int, list[int]] | None:
        rows = [int(row) for row in matching.free_rows(self.room)]
        if not rows:
            return None
        row = next((row for row in rows if row not in tried), rows[0])
        cards = matching.choose_cards(row, self.room)
        self.room.take(row=row, request=matching.request, cards=cards)
        self.note(row)
        return row, cards
