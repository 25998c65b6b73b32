"""Placement that remembers the market between decisions. A cache of `decide`, and nothing more."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from qubix_platform.placement.decide import Waiting, decide_on
from qubix_platform.placement.explaining import Explaining
from qubix_platform.placement.model import (
    Candidate,
    Consumer,
    Decisions,
    PendingJob,
    Policy,
    ReservedWindow,
    Running,
    Snapshot,
)
from qubix_platform.placement.occupancy import Occupancy
from qubix_platform.placement.offers import OfferTable, microseconds
from qubix_platform.placement.placing import Placing


@dataclass(frozen=True, slots=True)
class JobQueued:
    """A job waits, or asks for something else than before."""

    job: PendingJob


@dataclass(frozen=True, slots=True)
class JobGone:
    """A job waits no longer: it was assigned, or cancelled."""

    job_id: UUID


@dataclass(frozen=True, slots=True)
class ProviderChanged:
    """A machine came to the market, or anything about it changed."""

    candidate: Candidate


@dataclass(frozen=True, slots=True)
class ProviderGone:
    """A machine left the market."""

    provider_id: UUID


@dataclass(frozen=True, slots=True)
class ConsumersChanged:
    """Those whose jobs wait, with what they have: all of them anew."""

    consumers: tuple[Consumer, ...]


@dataclass(frozen=True, slots=True)
class RunningChanged:
    """What runs: all of it anew."""

    running: tuple[Running, ...]


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    """An attempt runs, or something about it changed."""

    attempt: Running


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """An attempt runs no more."""

    attempt_id: UUID


@dataclass(frozen=True, slots=True)
class WindowsChanged:
    """What is reserved: all of it anew."""

    windows: tuple[ReservedWindow, ...]


Delta = (
    JobQueued
    | JobGone
    | ProviderChanged
    | ProviderGone
    | ConsumersChanged
    | RunningChanged
    | AttemptStarted
    | AttemptEnded
    | WindowsChanged
)


class _Known(NamedTuple):
    """What was found out of the market until now, for the `facts` of the table."""

    placing: Placing
    occupancy: Occupancy
    explaining: Explaining
    facts: int


class Engine:
    """The market as a sequence of deltas has left it.

    `engine.decide(now, policy)` always equals `decide(engine.snapshot(), now, policy)`: a decision changes nothing
    here, its effects come back as deltas.
    """

    def __init__(self) -> None:
        self._jobs: dict[UUID, PendingJob] = {}
        self._candidates: dict[UUID, Candidate] = {}
        self._consumers: tuple[Consumer, ...] = ()
        self._running: dict[UUID, Running] = {}
        self._windows: tuple[ReservedWindow, ...] = ()
        self._table: OfferTable | None = None
        self._known: _Known | None = None

    def apply(self, delta: Delta) -> None:
        """Take in one change. To remove what is not there is no error: events may come twice."""
        match delta:
            case JobQueued(job):
                self._jobs[job.id] = job
            case JobGone(job_id):
                self._jobs.pop(job_id, None)
            case ProviderChanged(candidate):
                self._change(candidate)
            case ProviderGone(provider_id):
                if self._candidates.pop(provider_id, None) is not None:
                    self._table = None
            case ConsumersChanged(consumers):
                self._consumers = consumers
            case RunningChanged(running):
                self._replace_running(running)
            case AttemptStarted(attempt):
                self._start(attempt)
            case AttemptEnded(attempt_id):
                self._end(attempt_id)
            case WindowsChanged(windows):
                self._windows = windows

    def decide(self, now: datetime, policy: Policy) -> Decisions:
        """Decide on every pending job, as `placement.decide.decide` does on the same market."""
        known = self._known_at(microseconds(now), policy)
        try:
            waiting = Waiting(jobs=self._jobs.values(), consumers=self._consumers)
            return decide_on(known.placing, known.occupancy, known.explaining, waiting, now=now)
        except BaseException:
            self._known = None  # what was being found out when it broke off is not to be relied on
            raise

    def snapshot(self) -> Snapshot:
        """The market as it stands here."""
        return Snapshot(
            jobs=tuple(self._jobs.values()),
            providers=tuple(self._candidates.values()),
            consumers=self._consumers,
            running=tuple(self._running.values()),
            windows=self._windows,
        )

    def _known_at(self, at: int, policy: Policy) -> "_Known":
        if self._table is None:
            self._table = OfferTable(tuple(self._candidates.values()))
        known = self._known
        if known is None or known.placing.table is not self._table or known.facts != self._table.facts:
            placing = Placing(self._table, at=at, policy=policy, reserved=self._windows)
            occupancy = Occupancy(self._table, self._running.values())
            known = _Known(placing, occupancy, Explaining(placing), self._table.facts)
        elif not known.placing.renew(at=at, policy=policy, reserved=self._windows):
            placing = Placing(self._table, at=at, policy=policy, reserved=self._windows)
            known = known._replace(placing=placing, explaining=Explaining(placing))
        elif known.explaining.is_worn:
            known = known._replace(explaining=Explaining(known.placing))
        self._known = known
        return known

    def _replace_running(self, running: Iterable[Running]) -> None:
        now = {attempt.attempt_id: attempt for attempt in running}
        for attempt_id in [one for one in self._running if one not in now]:
            self._end(attempt_id)
        for attempt in now.values():
            before = self._running.get(attempt.attempt_id)
            if before is not attempt and before != attempt:
                self._start(attempt)

    def _start(self, attempt: Running) -> None:
        self._running[attempt.attempt_id] = attempt
        if self._known is not None:
            self._known.occupancy.start(attempt)

    def _end(self, attempt_id: UUID) -> None:
        if self._running.pop(attempt_id, None) is not None and self._known is not None:
            self._known.occupancy.end(attempt_id)

    def _change(self, candidate: Candidate) -> None:
        known = self._candidates.get(candidate.provider_id)
        if known == candidate:
            return
        self._candidates[candidate.provider_id] = candidate
        if self._table is not None and not self._table.replace(candidate):
            self._table = None


def changes(old: Snapshot, new: Snapshot) -> list[Delta]:
    """The deltas that lead from one snapshot to another."""
    old_jobs = {job.id: job for job in old.jobs}
    old_providers = {candidate.provider_id: candidate for candidate in old.providers}
    new_jobs = {job.id for job in new.jobs}
    new_providers = {candidate.provider_id for candidate in new.providers}
    return [
        *(JobGone(job_id) for job_id in old_jobs if job_id not in new_jobs),
        *(ProviderGone(provider_id) for provider_id in old_providers if provider_id not in new_providers),
        *(JobQueued(job) for job in new.jobs if old_jobs.get(job.id) != job),
        *(ProviderChanged(c) for c in new.providers if old_providers.get(c.provider_id) != c),
        *([ConsumersChanged(new.consumers)] if old.consumers != new.consumers else []),
        *([RunningChanged(new.running)] if old.running != new.running else []),
        *([WindowsChanged(new.windows)] if old.windows != new.windows else []),
    ]
