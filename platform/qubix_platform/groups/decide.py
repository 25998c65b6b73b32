"""How many workers a group is to have, and which of them come and go. Pure: time is passed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from qubix.schemas.states import JobStatus

MAX_FAILURES: Final = 3
"""After so many workers in a row that ended by themselves without finishing an item no more are started."""
STARTED_AT_ONCE: Final = 20
_LEAVE_WITHIN: Final = timedelta(seconds=60)
_LAST_MINUTES: Final = 0.1


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What a group's owner wants: so many workers, one for each `items_per_worker` items.

    Attributes:
        idle: for how long fewer would have to do before there are fewer.
    """

    min_workers: int
    max_workers: int
    items_per_worker: int
    idle: timedelta


@dataclass(frozen=True, kw_only=True)
class Load:
    """How a group stands.

    Attributes:
        items: queued or taken; where they are more than call for the most workers, how many more need not be said.
        workers: that were not asked to leave.
        surplus_since: since when there were more workers than the items call for.
        is_draining: it takes no more items, and ends with the last.
    """

    items: int
    workers: int
    surplus_since: datetime | None = None
    is_draining: bool = False


@dataclass(frozen=True, kw_only=True)
class Target:
    """So many workers there are to be. `surplus_since` is to be remembered for the next time."""

    workers: int
    surplus_since: datetime | None = None


def target(bounds: Bounds, load: Load, *, now: datetime) -> Target:
    """More workers come at once, fewer remain only after they would have done for a while.

    It lies between the bounds, but that a group that is drained needs no minimum.
    """
    wanted = min(-(-load.items // bounds.items_per_worker), bounds.max_workers)
    if load.is_draining:
        return Target(workers=wanted)
    wanted = max(wanted, bounds.min_workers)
    if wanted >= load.workers:
        return Target(workers=wanted)
    since = now if load.surplus_since is None else load.surplus_since
    if now - since >= bounds.idle:
        return Target(workers=wanted, surplus_since=since)
    return Target(workers=min(load.workers, bounds.max_workers), surplus_since=since)


@dataclass(frozen=True, kw_only=True)
class Worker:
    """A job of a group that has not ended.

    Attributes:
        is_busy: it holds an item.
        created_at: of the job.
        asked_to_leave_at: it takes no more items from then on.
        is_stopping: it was cancelled, and ends as soon as its runner heard.
    """

    job_id: UUID
    status: JobStatus
    is_busy: bool
    created_at: datetime
    asked_to_leave_at: datetime | None = None
    is_stopping: bool = False

    @property
    def is_leaving(self) -> bool:
        """It does not count any more."""
        return self.asked_to_leave_at is not None or self.is_stopping


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to do for a group now.

    Attributes:
        start: so many new workers.
        end: workers that wait for a machine and are not needed.
        ask: workers that are to leave, after the item that they hold, if they do.
        stop: workers that were asked to leave, hold nothing and stay nevertheless.
        surplus_since: to be remembered.
        is_over: the group is drained, and nothing of it is left.
    """

    start: int = 0
    end: tuple[UUID, ...] = ()
    ask: tuple[UUID, ...] = ()
    stop: tuple[UUID, ...] = ()
    surplus_since: datetime | None = None
    is_over: bool = False


def plan(bounds: Bounds, load: Load, workers: Sequence[Worker], *, failures: int, now: datetime) -> Plan:
    """Who comes and who goes. `load.workers` is how many of `workers` were not asked to leave.

    Of those that are too many first go who have no machine yet, then who hold no item; of equals the newest.
    """
    wanted = target(bounds, load, now=now)
    staying = [worker for worker in workers if not worker.is_leaving]
    overstaying = [worker for worker in workers if _overstays(worker, now)]
    too_many = len(staying) - wanted.workers
    going = sorted(staying, key=_first_to_go)[:too_many] if too_many > 0 else []
    start = 0 if failures >= MAX_FAILURES else max(0, min(-too_many, STARTED_AT_ONCE))
    return Plan(
        start=start,
        end=tuple(worker.job_id for worker in (*going, *overstaying) if worker.status is JobStatus.PENDING),
        ask=tuple(worker.job_id for worker in going if worker.status is not JobStatus.PENDING),
        stop=tuple(worker.job_id for worker in overstaying if worker.status is not JobStatus.PENDING),
        surplus_since=wanted.surplus_since,
        is_over=load.is_draining and load.items == 0 and not workers,
    )


def has_time(*, left_s: float, limit_s: float, longest_s: float) -> bool:
    """Whether a worker has time for one more item before its time limit.

    Args:
        left_s: what is left of the limit, seconds.
        limit_s: the limit, seconds.
        longest_s: how long an item of the group took at most, of the last ones.
    """
    return left_s > max(longest_s, limit_s * _LAST_MINUTES)


def _first_to_go(worker: Worker) -> tuple[bool, bool, float]:
    return worker.status is not JobStatus.PENDING, worker.is_busy, -worker.created_at.timestamp()


def _overstays(worker: Worker, now: datetime) -> bool:
    if worker.asked_to_leave_at is None or worker.is_stopping or worker.is_busy:
        return False
    # One without a machine, which came back to the queue when it lost its own, has nobody who could leave.
    return worker.status is JobStatus.PENDING or now - worker.asked_to_leave_at >= _LEAVE_WITHIN
