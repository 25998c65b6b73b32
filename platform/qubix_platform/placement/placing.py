"""Placements one after the other, each on what those before it left free."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

import numpy as np

from qubix_platform.placement.anti_affinity import KeptApart, closed_rows
from qubix_platform.placement.gangs import take_gang
from qubix_platform.placement.matching import Matching, Room, match
from qubix_platform.placement.model import Assignment, PendingJob, Policy, Request, ReservedWindow
from qubix_platform.placement.offers import MICROSECONDS, OfferTable, Whole
from qubix_platform.placement.windows import OPEN, Term, Windows
from qubix_platform.pricing.rates import hourly_price
from qubix_platform.pricing.rules import paid

_ANYBODY: Final = UUID(int=0)
_REMEMBERED: Final = 4_096
"""Requests, and jobs, that are not looked at anew in each run."""

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


@dataclass(frozen=True, eq=False, slots=True)
class Shape:
    """What jobs have in common that placement cannot tell apart, but for whose turn it is and where they were tried.

    One is only ever equal to itself. The request names its user only where that matters to a machine.
    """

    request: Request
    limit_seconds: int
    workers: int
    is_standby: bool


class Placing:
    """A run of placements in a market that nobody else changes, or run after run where it changes between them.

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
        self.view: frozenset[int] = frozenset()
        """Which part of the room is left out of it at the moment, by whoever changes it from outside."""
        self.at = at
        self.policy = policy
        self._running_apart = KeptApart()
        self._placed_apart = KeptApart()
        self._facts = table.facts
        self._shunned = self._shunned_at(at)
        self._matchings: dict[tuple[Request, Term], Matching] = {}
        # By the objects themselves, which are kept alive beside: to compare requests takes longer than a placement.
        self._requests: dict[int, tuple[Request, Request]] = {}
        self._shapes: dict[tuple[int, int, int, bool], Shape] = {}
        self._shape_of: dict[int, tuple[PendingJob, Shape]] = {}
        self._matching_of: dict[Shape, Matching] = {}
        self._same: dict[Request, Request] = {}
        self._hopeless: set[tuple[Matching, Hashable]] = set()
        self._packer: Packer | None = None

    def renew(self, *, at: int, policy: Policy, reserved: Iterable[ReservedWindow]) -> bool:
        """Begin another run, at another instant, with what is taken of the machines by now.

        Returns:
            False where what was found out before says nothing any more: there has to be another object.
        """
        is_same = self._facts == self.table.facts and self._shunned == self._shunned_at(at) and self.policy == policy
        windows = Windows(self.table, reserved, at=at)
        is_same = is_same and bool(windows.rows) == bool(self.windows.rows)
        if not is_same or max(len(self._matchings), len(self._shapes)) > _REMEMBERED:
            return False
        self.at, self.windows, self.view = at, windows, frozenset()
        self._hopeless.clear()
        for known in [known for known in self._matchings if known[0].due is not None]:
            del self._matchings[known]  # at each instant other machines are fast enough
        for shape in [shape for shape in self._matching_of if shape.request.due is not None]:
            del self._matching_of[shape]
        if max(len(self._shape_of), len(self._requests)) > _REMEMBERED:
            self._shape_of.clear()
            self._requests.clear()
        table = self.table
        changed = self.room.take_over(
            cpu=table.free_cpu, memory=table.free_memory, disk=table.free_disk, cards=table.card_free, table=table
        )
        self.note(changed)
        return True

    def begin(self, kept_apart: KeptApart) -> None:
        """A run begins, with jobs that are kept apart from others standing there."""
        self._running_apart, self._placed_apart = kept_apart, KeptApart()

    def shape(self, job: PendingJob) -> Shape:
        """What the job has in common with others."""
        known = self._shape_of.get(id(job))
        if known is not None and known[0] is job:
            return known[1]
        request = self._request(job)
        facts = id(request), job.limit_seconds, job.workers, job.is_standby
        shape = self._shapes.get(facts)
        if shape is None:
            shape = self._shapes[facts] = Shape(request, *facts[1:])
        self._shape_of[id(job)] = job, shape
        return shape

    def matching(self, job: PendingJob) -> Matching:
        """What the job asks for, held against the market."""
        shape = self.shape(job)
        if self.windows.rows or shape.request.anti_affinity is not None:
            return self.match(shape.request, self._term(job))
        known = self._matching_of.get(shape)
        if known is None:
            known = self._matching_of[shape] = self.match(shape.request, OPEN)
        return known

    def match(self, request: Request, term: Term) -> Matching:
        """A request held against the market: the same object where it was asked for before."""
        known = self._matchings.get((request, term))
        if known is None:
            known = match(self.table, request, at=self.at, policy=self.policy, term=term)
            self._matchings[request, term] = known
        return known

    def end(self, job: PendingJob) -> int:
        """Until when the job runs at most if it begins now, microseconds since 1970."""
        return self.at + job.limit_seconds * MICROSECONDS

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
        self._stands(job, [row])
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
        self.note([row for row, _ in places])
        self._stands(job, [row for row, _ in places])
        return tuple(Placed(job, matching, row, cards, rank) for rank, (row, cards) in enumerate(places))

    def free_rows(self, job: PendingJob) -> Whole:
        """The rows where a job of one worker has room now, the best first."""
        rows, tried = self.matching(job).free_rows(self.room), self._tried(job)
        return np.concatenate((rows[~np.isin(rows, tried)], rows[np.isin(rows, tried)])) if tried else rows

    def take(self, job: PendingJob, row: int, cards: Sequence[int] | None = None) -> Placed:
        """Give the job a place on a machine that has room, on these cards if that matters."""
        matching = self.matching(job)
        chosen = matching.choose_cards(row, self.room) if cards is None else list(cards)
        self.room.take(row=row, request=matching.request, cards=chosen)
        self.note([row])
        self._stands(job, [row])
        return Placed(job, matching, row, tuple(chosen))

    def give_back(self, placed: Placed) -> None:
        """Let a place go that was given last."""
        self.room.give(row=placed.row, request=placed.matching.request, cards=placed.cards)
        self.note([placed.row])
        self._hopeless.clear()
        if placed.job.request.anti_affinity is not None:
            request = placed.job.request
            self._placed_apart.remove(request.user_id, placed.job.request.anti_affinity, row=placed.row)

    def hope_again(self) -> None:
        """Look anew for what found no room before: there may be more by now."""
        self._hopeless.clear()

    def note(self, rows: Sequence[int]) -> None:
        """Take in that the room of machines was changed from outside."""
        if self._packer is not None and rows:
            self._packer.note(rows)

    def _term(self, job: PendingJob) -> Term:
        """What stands in the way of the job at this moment of the run, beside what it asks for."""
        user_id, asked = job.request.user_id, job.request.anti_affinity
        term = self.windows.term(user_id, end=self.end(job))
        if asked is None:
            return term
        stands = (*self._running_apart.of(user_id, asked.group), *self._placed_apart.of(user_id, asked.group))
        return term._replace(apart=closed_rows(self.table, asked, stands))

    def _stands(self, job: PendingJob, rows: Iterable[int]) -> None:
        if job.request.anti_affinity is not None:
            for row in rows:
                self._placed_apart.add(job.request.user_id, job.request.anti_affinity, row=row)

    def _request(self, job: PendingJob) -> Request:
        """The request, without its user where that decides nothing about any machine: of equal ones always the same."""
        request = job.request
        known = self._requests.get(id(request))
        if known is not None:
            return known[1]
        is_apart = request.anti_affinity is not None
        matters = is_apart or bool(self.windows.rows) or self.table.has_unsandboxed(request.user_id)
        asked = request if matters else replace(request, user_id=_ANYBODY)
        same = self._same.setdefault(asked, asked)
        self._requests[id(request)] = request, same
        return same

    def _shunned_at(self, at: int) -> bytes:
        return (self.table.shunned_until > at).tobytes()

    def _pack(self, job: PendingJob, matching: Matching) -> tuple[int, list[int]] | None:
        tried = self._tried(job)
        if not matching.has_equals:
            return self._take_first(matching, tried)
        if self._packer is None:
            # Its compiler takes a second to load: only where there is a choice to be made.
            from qubix_platform.placement.packing.packer import Packer

            self._packer = Packer(self.table, self.room, self.policy.mix)
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
        self.note([row])
        return row, cards
