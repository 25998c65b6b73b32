"""Keeping a place for those who wait longest, and using it meanwhile (EASY backfilling, machine by machine).

A job that has its turn and finds no room is kept a place: the machine where, by the time limits of what runs there, it
can start first, and that instant. A later job may use the same machine only so that this start stands: it ends before,
by its own limit, or takes what is spare even then. Elsewhere it may start as if nobody waited.

Whether it stands is counted per resource. Of what the kept job needs, `released` will have become free by its start;
the rest has to be free from now on and is *withheld* from jobs that would run beyond. A job that ends before takes from
now and gives back in time, so that less needs to be withheld; one that does not leaves that as it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from typing import Final
from uuid import UUID

from qubix_platform.placement.amounts import Amount
from qubix_platform.placement.matching import Matching
from qubix_platform.placement.model import PendingJob, Preemption, ReservedStart, Running
from qubix_platform.placement.offers import MICROSECONDS, microseconds
from qubix_platform.placement.ordering.policy import QueuePolicy
from qubix_platform.placement.placing import Placed, Placing
from qubix_platform.placement.preempting import Cost, Evictable, cheapest_sufficient, cost, evictable

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Release:
    """What becomes free on a machine at the latest at an instant, microseconds since 1970.

    `attempt_id` is of what runs there now; none of what this pass placed there.
    """

    at: int
    amount: Amount
    attempt_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where a job can start, and when: what it needs then, and what of that and of others is released until then."""

    row: int
    starts_at: int
    needed: Amount
    released: Amount


@dataclass(kw_only=True)
class _Kept:
    """A place that is kept for a job.

    Attributes:
        released: what will have become free there by then.
        withheld: what is taken out of the room at the moment; none while the job in turn ends before.
    """

    job: PendingJob
    place: _Place
    released: Amount
    withheld: Amount | None = None


class Keeping:
    """The places that are kept while a pass goes on.

    Args:
        placing: the pass. Its room is changed as the job in turn has to see it.
        running: what runs, whose limits say when it ends.
        at: the instant of the decision, microseconds since 1970.
        policy: for how many jobs places are kept, and how long who has to make room has for it; without one for none.
    """

    def __init__(self, placing: Placing, running: Iterable[Running], *, at: int, policy: QueuePolicy | None) -> None:
        self._placing = placing
        self._table = placing.table
        self._at = at
        most, notice_s = (0, 0) if policy is None else (policy.kept_places, policy.notice_s)
        self._notice = notice_s * MICROSECONDS
        self.preemptions: list[Preemption] = []
        self._most = most
        self._kept: list[_Kept] = []
        self._running = tuple(running)
        self._given: defaultdict[int, list[Release]] = defaultdict(list)

    @property
    def rows(self) -> frozenset[int]:
        """The rows where a place is kept."""
        return frozenset(kept.place.row for kept in self._kept)

    @property
    def starts(self) -> tuple[ReservedStart, ...]:
        """The starts that are kept, in the order of the queue."""
        return tuple(
            ReservedStart(
                job_id=kept.job.id,
                provider_id=self._table.candidates[kept.place.row].provider_id,
                starts_at=_instant(kept.place.starts_at),
            )
            for kept in self._kept
        )

    def show(self, job: PendingJob) -> None:
        """Leave in the room what this job may take."""
        ends_at = self._placing.end(job)
        self._withhold({kept.place.row for kept in self._kept if kept.place.starts_at < ends_at})

    def show_all(self) -> None:
        """Leave everything in the room that is free now."""
        self._withhold(set())

    def placed(self, found: Placed) -> None:
        """A job got a place: it is free again at the latest when the job has to end."""
        amount = _amount(found.matching, found.cards)
        ends_at = self._placing.end(found.job)
        self._given[found.row].append(Release(at=ends_at, amount=amount))
        for kept in self._kept:
            if kept.place.row == found.row and ends_at <= kept.place.starts_at:
                kept.released += amount

    def keep(self, job: PendingJob) -> None:
        """Keep a place for a job that found none, if there is one, and not enough others are kept one."""
        if len(self._kept) >= self._most:
            return
        self.show_all()
        matching = self._placing.matching(job)
        found = self._earliest(job, matching)
        may_preempt = not job.request.is_spot and job.workers == 1  # of a gang all would have to have room at once
        if may_preempt and (found is None or found.starts_at > self._at + self._notice):
            found = self._by_preemption(job, matching) or found
        if found is not None:
            self._kept.append(_Kept(job=job, place=found, released=found.released))

    def opening(self, job: PendingJob, matching: Matching) -> datetime | None:
        """When the first offer that fits, but those kept for others, is free by the time limits of what runs.

        None where it is not known of any: what takes their room has no limit here.
        """
        self.show_all()
        found = self._earliest(job, matching)
        return None if found is None else _instant(found.starts_at)

    def _withhold(self, rows: set[int]) -> None:
        for kept in self._kept:
            if kept.place.row in rows and kept.withheld is None:
                kept.withheld = kept.place.needed.beyond(kept.released)
                self._change(kept.place.row, kept.withheld, sign=-1)
            elif kept.place.row not in rows and kept.withheld is not None:
                self._change(kept.place.row, kept.withheld, sign=1)
                kept.withheld = None
        self._placing.view = frozenset(rows)

    def _change(self, row: int, amount: Amount, *, sign: int) -> None:
        room = self._placing.room
        room.cpu[row] += sign * amount.cpu
        room.memory[row] += sign * amount.memory
        for card, milli in amount.cards.items():
            room.cards[card] += sign * milli
        self._placing.note(row)

    def _earliest(self, job: PendingJob, matching: Matching) -> _Place | None:
        """Where and when the request can start first; of equal instants on the machine that is tried first."""
        taken = self.rows
        first_releases = []
        for place, row in enumerate(map(int, matching.rows)):
            if row not in taken and (releases := self._releases_on(row)):
                first_releases.append((releases[0].at, place, row))
        best: _Place | None = None
        for at, _, row in sorted(first_releases):
            if best is not None and at >= best.starts_at:
                break  # no machine can do before its first release, and this and all others release later
            found = self._start_on(row, job, matching)
            if found is not None and (best is None or found.starts_at < best.starts_at):
                best = found
        return best

    @cached_property
    def _ending(self) -> defaultdict[int, list[Release]]:
        # Most passes have a place for everybody, and need not know when others end.
        found: defaultdict[int, list[Release]] = defaultdict(list)
        for attempt, row, amount in self._amounts():
            began = self._at if attempt.started_at is None else microseconds(attempt.started_at)
            ends_at = began + attempt.limit_seconds * MICROSECONDS
            if attempt.noticed_at is not None:
                ends_at = min(ends_at, microseconds(attempt.noticed_at) + self._notice)
            release = Release(at=max(self._at, ends_at), amount=amount, attempt_id=attempt.attempt_id)
            found[row].append(release)
        return found

    @cached_property
    def _evictable(self) -> defaultdict[int, list[Evictable]]:
        found: defaultdict[int, list[Evictable]] = defaultdict(list)
        for attempt, row, amount in self._amounts():
            if (one := evictable(attempt, amount, row=row, table=self._table)) is not None:
                found[row].append(one)
        return found

    def _amounts(self) -> Iterator[tuple[Running, int, Amount]]:
        """What each attempt holds, and on which row. One that is being prepared counts as if it began now."""
        card_of = {gpu.id: card for card, gpu in enumerate(self._table.card_gpu)}
        for attempt in self._running:
            row = self._table.row_of.get(attempt.provider_id)
            if row is not None:
                cards = {card_of[gpu_id]: milli for gpu_id, milli in attempt.shares if gpu_id in card_of}
                yield attempt, row, Amount(cpu=attempt.cpu_cores, memory=attempt.memory_mib, cards=cards)

    def _releases_on(self, row: int) -> list[Release]:
        """What becomes free on a machine, the first before the others."""
        return sorted([*self._ending.get(row, ()), *self._given.get(row, ())], key=lambda release: release.at)

    def _by_preemption(self, job: PendingJob, matching: Matching) -> _Place | None:
        """The place that the cheapest set of spot attempts makes, which are asked to leave for it."""
        best: tuple[Cost, int, tuple[Evictable, ...]] | None = None
        leaves_at = self._at + self._notice
        end = leaves_at + job.limit_seconds * MICROSECONDS
        for place, row in enumerate(map(int, matching.rows)):
            if not self._evictable.get(row) or row in self.rows:
                continue
            if not self._placing.windows.is_open(row, job.request.user_id, begin=leaves_at, end=end):
                continue
            released = self._released(row, by=leaves_at)
            found = cheapest_sufficient(self._evictable[row], partial(self._suffices, row, matching, released))
            if found is not None and (best is None or (cost(found), place) < best[:2]):
                best = cost(found), place, found
        if best is None:
            return None
        _, place, leaving = best
        row = int(matching.rows[place])
        self._ask_to_leave(leaving, row=row, job=job)
        released = self._released(row, by=leaves_at)
        needed = self._needed(row, matching, released)
        assert needed is not None, "they were found to suffice"
        return _Place(row=row, starts_at=leaves_at, needed=needed, released=released)

    def _suffices(self, row: int, matching: Matching, released: Amount, freed: Amount) -> bool:
        return self._needed(row, matching, released + freed) is not None

    def _ask_to_leave(self, leaving: Iterable[Evictable], *, row: int, job: PendingJob) -> None:
        for each in leaving:
            self._evictable[row].remove(each)
            self._ending[row] = [one for one in self._ending[row] if one.attempt_id != each.attempt_id]
            leaves_at = self._at + self._notice
            self._ending[row].append(Release(at=leaves_at, amount=each.amount, attempt_id=each.attempt_id))
            self.preemptions.append(Preemption(attempt_id=each.attempt_id, for_job_id=job.id))

    def _released(self, row: int, *, by: int) -> Amount:
        return sum((release.amount for release in self._releases_on(row) if release.at <= by), Amount())

    def _start_on(self, row: int, job: PendingJob, matching: Matching) -> _Place | None:
        released = Amount()
        for release in self._releases_on(row):
            released += release.amount
            end = release.at + job.limit_seconds * MICROSECONDS
            if not self._placing.windows.is_open(row, job.request.user_id, begin=release.at, end=end):
                continue
            needed = self._needed(row, matching, released)
            if needed is not None:
                return _Place(row=row, starts_at=release.at, needed=needed, released=released)
        return None

    def _needed(self, row: int, matching: Matching, released: Amount) -> Amount | None:
        """What the request would take of the machine once that much is released; none where it is not enough."""
        room, request = self._placing.room, matching.request
        if room.cpu[row] + released.cpu < request.cpu_cores or room.memory[row] + released.memory < request.memory_mib:
            return None
        share = request.gpu_share_milli
        first = int(self._table.first_card[row])
        usable = [
            card
            for card in range(first, first + len(self._table.candidates[row].gpus))
            if matching.cards[card] and room.cards[card] + released.cards.get(card, 0) >= share
        ]
        if len(usable) < request.gpu_count:
            return None
        # Those cards first of which least has to be withheld until then.
        usable.sort(key=lambda card: (max(0, share - released.cards.get(card, 0)), card))
        return _amount(matching, usable[: request.gpu_count])


def _instant(at: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at)


def _amount(matching: Matching, cards: Iterable[int]) -> Amount:
    request = matching.request
    return Amount(cpu=request.cpu_cores, memory=request.memory_mib, cards=dict.fromkeys(cards, request.gpu_share_milli))
