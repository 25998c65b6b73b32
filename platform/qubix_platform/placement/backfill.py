"""Keeping a place for those who wait longest, and using it meanwhile (EASY backfilling, machine by machine).

A job that has its turn and finds no room is kept a place: the machine where, by the time limits of what runs there, it
can start first, and that instant; a gang so many machines that all of it can start there from one instant on. A later
job may use such a machine only so that this start stands: it ends before, by its own limit, or takes what is spare even
then. Elsewhere it may start as if nobody waited.

Whether it stands is counted per resource. Of what the kept job needs, `released` will have become free by its start;
the rest has to be free from now on and is *withheld* from jobs that would run beyond. A job that ends before takes from
now and gives back in time, so that less needs to be withheld; one that does not leaves that as it is.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from typing import Final

import numpy as np

from qubix_platform.placement.amounts import Amount
from qubix_platform.placement.gang_starts import GangStarts, Place, fill
from qubix_platform.placement.matching import NOWHERE, Matching
from qubix_platform.placement.model import PendingJob, Preemption, ReservedStart
from qubix_platform.placement.occupancy import Occupancy
from qubix_platform.placement.offers import MICROSECONDS
from qubix_platform.placement.ordering.policy import QueuePolicy
from qubix_platform.placement.placing import Placed, Placing
from qubix_platform.placement.preempting import Cost, Evictable, cheapest_sufficient, cost
from qubix_platform.placement.releases import Release, Releases

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """Where a job can start, and when: on one machine, or a gang on several."""

    job: PendingJob
    starts_at: int
    places: Sequence[Place]


class Keeping:
    """The places that are kept while a pass goes on.

    Args:
        placing: the pass. Its room is changed as the job in turn has to see it.
        occupancy: what runs, whose limits say when it ends.
        policy: for how many jobs places are kept, and how long who has to make room has for it; without one for none.
    """

    def __init__(self, placing: Placing, occupancy: Occupancy, *, policy: QueuePolicy | None) -> None:
        self._placing = placing
        self._occupancy = occupancy
        self._table = placing.table
        self._at = placing.at
        most, notice_s = (0, 0) if policy is None else (policy.kept_places, policy.notice_s)
        self._notice = notice_s * MICROSECONDS
        self.preemptions: list[Preemption] = []
        self._most = most
        self._kept: list[_Kept] = []
        self._given: list[tuple[int, Release]] = []
        self._written: set[int] = set()
        self._openings: dict[Hashable, datetime | None] = {}
        self._views: dict[int, frozenset[int]] = {}

    @property
    def rows(self) -> frozenset[int]:
        """The rows where a place is kept."""
        return frozenset(place.row for kept in self._kept for place in kept.places)

    @property
    def starts(self) -> tuple[ReservedStart, ...]:
        """The starts that are kept, in the order of the queue."""
        return tuple(
            ReservedStart(
                job_id=kept.job.id,
                provider_id=self._table.candidates[place.row].provider_id,
                starts_at=_instant(kept.starts_at),
                workers=place.workers,
            )
            for kept in self._kept
            for place in kept.places
        )

    def view(self, job: PendingJob) -> frozenset[int]:
        """The rows of which not everything that is free is for this job."""
        known = self._views.get(job.limit_seconds)
        if known is None:
            ends_at = self._placing.end(job)
            known = frozenset(place.row for kept in self._kept if kept.starts_at < ends_at for place in kept.places)
            self._views[job.limit_seconds] = known
        return known

    def show(self, job: PendingJob) -> None:
        """Leave in the room what this job may take."""
        self._withhold(self.view(job))

    def show_all(self) -> None:
        """Leave everything in the room that is free now."""
        self._withhold(frozenset())

    def placed(self, found: Placed) -> None:
        """A job got a place: it is free again at the latest when the job has to end."""
        amount = _amount(found.matching, found.cards)
        ends_at = self._placing.end(found.job)
        self._given.append((found.row, Release(at=ends_at, amount=amount)))
        for kept in self._kept:
            for place in kept.places:
                if place.row == found.row and ends_at <= kept.starts_at:
                    place.released += amount

    def keep(self, job: PendingJob) -> bool:
        """Keep a place for a job that found none, if there is one, and not enough others are kept one."""
        if len(self._kept) >= self._most:
            return False
        self.show_all()
        matching = self._placing.matching(job)
        found = self._by_itself(job, matching)
        if not job.request.is_spot and (found is None or found.starts_at > self._at + self._notice):
            found = self._by_preemption(job, matching) or found
        if found is None:
            return False
        self._kept.append(found)
        self._views.clear()
        return True

    def drop(self, job: PendingJob) -> bool:
        """Keep the job no place any more, where it was kept one: it has found another. Nobody need leave for it."""
        self.show_all()
        kept = [each for each in self._kept if each.job.id != job.id or each.job.is_standby != job.is_standby]
        is_other = len(kept) < len(self._kept)
        self._kept = kept
        self._views.clear()
        self.preemptions = [one for one in self.preemptions if one.for_job_id != job.id]
        return is_other

    def opening(self, job: PendingJob, matching: Matching) -> datetime | None:
        """When the first offer that fits, but those kept for others, is free by the time limits of what runs.

        None where it is not known of any: what takes their room has no limit here. After all placements.
        """
        alike = (matching, job.request.user_id, job.limit_seconds) if self._placing.windows.rows else matching
        if alike not in self._openings:
            self.show_all()
            found = self._earliest(job, matching)
            self._openings[alike] = None if found is None else _instant(found[1])
        return self._openings[alike]

    def close(self) -> None:
        """The pass is over: what was written into the occupancy's releases is no more."""
        self._occupancy.restore(self._written)

    def _by_itself(self, job: PendingJob, matching: Matching) -> _Kept | None:
        """The place that what ends by itself makes."""
        if job.workers == 1:
            first = self._earliest(job, matching)
            return None if first is None else self._kept_on(first[0], job, matching, starts_at=first[1])
        starts = self._starts_of(job, matching)
        at = starts.earliest()
        return None if at is None else _Kept(job=job, starts_at=at, places=starts.places(at))

    def _starts_of(self, gang: PendingJob, matching: Matching) -> GangStarts:
        left_out = self.rows | self._placing.windows.rows
        return GangStarts(
            matching=matching,
            room=self._placing.room,
            rows=[row for row in matching.rows.tolist() if row not in left_out],
            workers=gang.workers,
            releases=self._releases().on,
            at=self._at,
        )

    def _withhold(self, rows: frozenset[int]) -> None:
        if self._placing.view == rows:
            return
        for place in (place for kept in self._kept for place in kept.places):
            if place.row in rows and place.withheld is None:
                place.withheld = place.needed.beyond(place.released)
                self._change(place.row, place.withheld, sign=-1)
            elif place.row not in rows and place.withheld is not None:
                self._change(place.row, place.withheld, sign=1)
                place.withheld = None
        self._placing.view = rows

    def _change(self, row: int, amount: Amount, *, sign: int) -> None:
        room = self._placing.room
        room.cpu[row] += sign * amount.cpu
        room.memory[row] += sign * amount.memory
        room.disk[row] += sign * amount.disk
        for card, milli in amount.cards.items():
            room.cards[card] += sign * milli
        self._placing.note([row])

    def _earliest(self, job: PendingJob, matching: Matching) -> tuple[int, int] | None:
        """The row where the request can start first, and when; of equal instants the one that is tried first."""
        releases, taken = self._releases(), self.rows
        reserved = self._placing.windows.rows
        left_out = np.zeros(len(self._table), bool)
        left_out[list(taken | reserved)] = True
        best = releases.earliest(matching, self._placing.room, left_out=left_out, at=self._at)
        if not reserved:
            return best
        rows = [row for row in sorted(reserved - taken) if matching.place[row] != NOWHERE]
        starts = [(row, at) for row in rows if (at := self._start_on(row, job, matching)) is not None]
        known = starts if best is None else [best, *starts]
        return min(known, key=lambda start: (start[1], matching.place[start[0]]), default=None)

    @cached_property
    def _by_themselves(self) -> Releases:
        # Most passes have a place for everybody, and need not know when others end.
        return self._occupancy.releases(at=self._at, notice=self._notice)

    def _releases(self) -> Releases:
        """What becomes free, by itself or of what this pass placed."""
        for row, release in self._given:
            self._write(row, [*self._by_themselves.on(row), release])
        self._given.clear()
        return self._by_themselves

    def _write(self, row: int, releases: Iterable[Release]) -> None:
        self._by_themselves.write(row, releases)
        self._written.add(row)

    def _by_preemption(self, job: PendingJob, matching: Matching) -> _Kept | None:
        """The place that the cheapest set of spot attempts makes, which are asked to leave for it."""
        if job.workers > 1:
            return self._gang_by_preemption(job, matching)
        best: tuple[Cost, int, tuple[Evictable, ...]] | None = None
        leaves_at, leavers = self._at + self._notice, self._occupancy.leavers
        end = leaves_at + job.limit_seconds * MICROSECONDS
        for row in leavers.promising(matching, self._placing.room, self._releases().freed(leaves_at)):
            if best is not None and leavers.least(row) > best[0][0]:
                break  # nobody there or on the rows that follow pays as little
            if row in self.rows:
                continue
            if not self._placing.windows.is_open(row, job.request.user_id, begin=leaves_at, end=end):
                continue
            place = int(matching.place[row])
            released = self._released(row, by=leaves_at)
            found = cheapest_sufficient(self._askable(row), partial(self._suffices, row, matching, released))
            if found is not None and (best is None or (cost(found), place) < best[:2]):
                best = cost(found), place, found
        if best is None:
            return None
        _, place, leaving = best
        row = int(matching.rows[place])
        self._ask_to_leave(leaving, row=row, job=job)
        return self._kept_on(row, job, matching, starts_at=leaves_at)

    def _gang_by_preemption(self, gang: PendingJob, matching: Matching) -> _Kept | None:
        leaves_at = self._at + self._notice
        starts = self._starts_of(gang, matching)
        leaving = starts.cheapest({row: self._askable(row) for row in self._occupancy.leavers}, leaves_at)
        if leaving is None:
            return None
        for row, attempts in leaving.items():
            self._ask_to_leave(attempts, row=row, job=gang)
        return _Kept(job=gang, starts_at=leaves_at, places=starts.places(leaves_at, first=leaving))

    def _askable(self, row: int) -> list[Evictable]:
        """Who may be asked to leave there: what ends within the notice by itself frees its room anyway."""
        leaves_at = self._at + self._notice
        ending = {each.attempt_id for each in self._releases().on(row) if each.at <= leaves_at}
        return [each for each in self._occupancy.leavers.on(row) if each.attempt_id not in ending]

    def _suffices(self, row: int, matching: Matching, released: Amount, freed: Amount) -> bool:
        return self._needed(row, matching, released + freed) is not None

    def _ask_to_leave(self, leaving: Iterable[Evictable], *, row: int, job: PendingJob) -> None:
        releases = self._releases().on(row)
        for each in leaving:
            releases = [one for one in releases if one.attempt_id != each.attempt_id]
            leaves_at = self._at + self._notice
            releases.append(Release(at=leaves_at, amount=each.amount, attempt_id=each.attempt_id))
            self.preemptions.append(Preemption(attempt_id=each.attempt_id, for_job_id=job.id))
        self._write(row, releases)

    def _released(self, row: int, *, by: int) -> Amount:
        """What has become free until an instant. What was due before the pass is due now."""
        return sum(
            (release.amount for release in self._releases().on(row) if max(release.at, self._at) <= by), Amount()
        )

    def _start_on(self, row: int, job: PendingJob, matching: Matching) -> int | None:
        """When a request can start on a machine, where not every instant will do."""
        for at in sorted({max(release.at, self._at) for release in self._releases().on(row)}):
            end = at + job.limit_seconds * MICROSECONDS
            if not self._placing.windows.is_open(row, job.request.user_id, begin=at, end=end):
                continue
            if self._needed(row, matching, self._released(row, by=at)) is not None:
                return at
        return None

    def _kept_on(self, row: int, job: PendingJob, matching: Matching, *, starts_at: int) -> _Kept:
        released = self._released(row, by=starts_at)
        needed = self._needed(row, matching, released)
        assert needed is not None, "it was found to have room then"
        return _Kept(job=job, starts_at=starts_at, places=[Place(row=row, workers=1, needed=needed, released=released)])

    def _needed(self, row: int, matching: Matching, released: Amount) -> Amount | None:
        """What the request would take of the machine once that much is released; none where it is not enough."""
        workers, needed = fill(matching, self._placing.room, row, released, most=1)
        return needed if workers else None


def _instant(at: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at)


def _amount(matching: Matching, cards: Iterable[int]) -> Amount:
    request = matching.request
    milli = dict.fromkeys(cards, request.gpu_share_milli)
    return Amount(cpu=request.cpu_cores, memory=request.memory_mib, disk=request.disk_mib, cards=milli)
