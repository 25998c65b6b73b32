"""Why jobs wait, found out anew only where something has changed since it was last told.

Jobs of one shape wait for the same reasons. What stands in the way of a request is kept machine by machine, in each
part of the room that jobs see (`backfill`): all of it, or all but what is kept for one, two, … others.
"""

from collections.abc import Collection, Hashable, Iterable
from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID

import numpy as np

from qubix.schemas.waiting import WaitingReport
from qubix_platform.placement import compiling
from qubix_platform.placement.backfill import Keeping
from qubix_platform.placement.fitting import Part, Requests
from qubix_platform.placement.gangs import places_for
from qubix_platform.placement.matching import Matching
from qubix_platform.placement.model import PendingJob, Request
from qubix_platform.placement.placing import Placing, Shape
from qubix_platform.placement.reasons import gang_report, waiting_report, whole_minute
from qubix_platform.placement.shortfalls import Shortfall, Shortfalls
from qubix_platform.placement.suggestions import MOST, Change, Suggestion, changed, idle, shortfalls

_REMEMBERED: Final = 4_096
_MOST_CHANGES: Final = 65_536
"""Beyond so many it is cheaper to begin anew."""


class _Option(NamedTuple):
    """A changed request, and what it comes to."""

    change: Change
    matching: Matching


class _Told:
    """What the jobs of a request were told that see the same part of the room."""

    def __init__(self, standing: Shortfalls, *, is_gang: bool) -> None:
        self.said: tuple[Hashable, WaitingReport] | None = None
        self.version = 0
        self._standing = standing
        self._is_gang = is_gang
        self._seen: int | None = None

    def is_outdated(self, part: Part, options: Iterable[_Option]) -> bool:
        """Count what has changed in the room; whether something else may help now than these."""
        seen, self._seen = self._seen, len(part.changes)
        rows = range(len(part.room.cpu)) if seen is None else part.changes[seen:]
        if not rows:
            return False
        is_other = self._standing.renew(np.array(rows, np.int64), part.room)
        return is_other or any(option.change.row in rows for option in options)

    def least(self) -> list[Shortfall]:
        """The least that would have to be given up."""
        self.version += 1
        return self._standing.least(MOST, is_gang=self._is_gang)


class Explaining:
    """Reports for the jobs that no run of placements found room for, run after run of the same placing."""

    def __init__(self, placing: Placing) -> None:
        if len(placing.table) >= compiling.MANY_MACHINES:
            compiling.use_compiler()
        self._placing = placing
        self._requests = Requests(placing.table)
        self._parts: dict[int, Part] = {}
        self._standing: dict[Matching, Shortfalls] = {}
        self._told: dict[tuple[Matching, int, bool], tuple[_Told, list[_Option]]] = {}
        self._idle: dict[Matching, list[_Option]] = {}

    @property
    def is_worn(self) -> bool:
        """Whether so much was remembered that it is cheaper to begin anew."""
        changes = sum(len(part.changes) for part in self._parts.values())
        return max(len(self._requests), len(self._told)) > _REMEMBERED or changes > _MOST_CHANGES

    def begin(self) -> None:
        """A run begins: take in what has changed since the one before."""
        self._part(0).see(self._placing.room)

    def is_hopeless(self, job: PendingJob) -> bool:
        """Whether a job had room nowhere when the run began."""
        return self._part(0).count(self._placing.matching(job)) == 0

    def gain_room(self, jobs: Iterable[PendingJob]) -> bool:
        """Take in the room as it is now; whether some of these jobs have room on more machines than before."""
        part = self._part(0)
        before = {matching: part.count(matching) for matching in map(self._placing.matching, jobs)}
        part.see(self._placing.room)
        return any(part.count(matching) > count for matching, count in before.items())

    def reports(self, unplaced: Iterable[PendingJob], keeping: Keeping, *, now: datetime) -> dict[UUID, WaitingReport]:
        """Why each job waits, after all placements: a suggestion is checked against what the whole run leaves free."""
        found: dict[UUID, WaitingReport] = {}
        alone: list[tuple[list[PendingJob], tuple[Suggestion, ...]]] = []
        starts = {kept.job_id: kept.starts_at for kept in keeping.starts}
        for view, shapes in self._by_view(unplaced, keeping):
            keeping.show(shapes[0][0])
            part = self._part(len(view))
            part.see(self._placing.room)
            for jobs in shapes:
                suggestions = self._suggestions(jobs[0], part)
                if jobs[0].workers == 1:
                    alone.append((jobs, suggestions))
                else:
                    report = self._of_gang(jobs[0], suggestions, opening=None, now=now)
                    for job in jobs:
                        opening = starts.get(job.id)
                        found[job.id] = (
                            report if opening is None else self._of_gang(job, suggestions, opening=opening, now=now)
                        )
        keeping.show_all()
        self._part(0).see(self._placing.room)
        for jobs, suggestions in alone:
            opening = keeping.opening(jobs[0], self._placing.matching(jobs[0]))
            report = self._report(jobs[0], suggestions, keeping.view(jobs[0]), opening=opening, now=now)
            for job in jobs:
                found[job.id] = report
                if job.id in starts:
                    found[job.id] = self._waiting(job, suggestions, opening=starts[job.id], now=now)
        return found

    def _part(self, withheld: int) -> Part:
        """The part of the room that is left where places on so many machines are kept for others."""
        if withheld not in self._parts:
            self._parts[withheld] = Part(self._requests, number=withheld)
        return self._parts[withheld]

    def _by_view(
        self, unplaced: Iterable[PendingJob], keeping: Keeping
    ) -> Iterable[tuple[frozenset[int], list[list[PendingJob]]]]:
        by_shape: dict[Shape, list[PendingJob]] = {}
        for job in unplaced:
            by_shape.setdefault(self._placing.shape(job), []).append(job)
        by_view: dict[frozenset[int], list[list[PendingJob]]] = {}
        for jobs in by_shape.values():
            by_view.setdefault(keeping.view(jobs[0]), []).append(jobs)
        return by_view.items()

    def _suggestions(self, job: PendingJob, part: Part) -> tuple[Suggestion, ...]:
        """Changes that would let a job run now; where there are none, changes with which it would fit."""
        matching = self._placing.matching(job)
        now = tuple(_suggestion(option, part) for option in self._options(job, matching, part))
        if now or len(matching.rows):
            return now
        return tuple(_suggestion(option, part) for option in self._options_of_idle(matching))

    def _options(self, job: PendingJob, matching: Matching, part: Part) -> list[_Option]:
        key = matching, part.number, job.workers > 1
        told, options = self._told.get(key) or (_Told(self._shortfalls(matching).afresh(), is_gang=job.workers > 1), [])
        if told.is_outdated(part, options):
            options = self._held_against(matching, changed(matching, told.least(), part.room))
        self._told[key] = told, options
        return options

    def _options_of_idle(self, matching: Matching) -> list[_Option]:
        known = self._idle.get(matching)
        if known is None:
            room, standing = idle(matching.table), self._shortfalls(matching).afresh()
            standing.renew(np.arange(len(matching.table)), room)
            known = self._held_against(matching, changed(matching, standing.least(MOST, is_gang=False), room))
            self._idle[matching] = known
        return known

    def _held_against(self, matching: Matching, changes: Iterable[Change]) -> list[_Option]:
        return [_Option(change, self._placing.match(change.request, matching.term)) for change in changes]

    def _shortfalls(self, matching: Matching) -> Shortfalls:
        known = self._standing.get(matching)
        if known is None:
            known = shortfalls(matching, at=self._placing.at, policy=self._placing.policy)
            self._standing[matching] = known
        return known

    def _report(
        self,
        job: PendingJob,
        suggestions: tuple[Suggestion, ...],
        view: Collection[int],
        *,
        opening: datetime | None,
        now: datetime,
    ) -> WaitingReport:
        """The report, the same object as long as it says the same."""
        matching = self._placing.matching(job)
        told, _ = self._told[matching, len(view), False]
        counts = tuple((one.fitting, one.free) for one in suggestions)
        until = None if opening is None else (whole_minute(opening), now.astimezone(UTC).date())
        known: Hashable = told.version, counts, self._part(0).count(matching), until
        if told.said is None or told.said[0] != known:
            told.said = known, self._waiting(job, suggestions, opening=opening, now=now)
        return told.said[1]

    def _waiting(
        self, job: PendingJob, suggestions: tuple[Suggestion, ...], *, opening: datetime | None, now: datetime
    ) -> WaitingReport:
        matching = self._placing.matching(job)
        kept = self._part(0).count(matching)
        return waiting_report(matching, now=now, kept=kept, opening=opening, suggestions=suggestions)

    def _of_gang(
        self, job: PendingJob, suggestions: Iterable[Suggestion], *, opening: datetime | None, now: datetime
    ) -> WaitingReport:
        """Why a gang waits; of the changes that would help one worker those that would find room for all."""
        matching, room = self._placing.matching(job), self._placing.room

        def places(request: Request) -> int:
            return places_for(self._placing.match(request, matching.term), room, most=job.workers)

        return gang_report(
            matching,
            now=now,
            free=len(matching.free_rows(room)),
            places=places_for(matching, room, most=job.workers),
            workers=job.workers,
            opening=opening,
            suggestions=[one for one in suggestions if one.free and places(one.request) == job.workers],
        )


def _suggestion(option: _Option, part: Part) -> Suggestion:
    return option.change.suggestion(fitting=len(option.matching.rows), free=part.count(option.matching))
