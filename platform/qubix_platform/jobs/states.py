"""The job's state machine, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from qubix.schemas.base import JsonObject
from qubix.schemas.states import MACHINE_LOST, RETRIED_ON_REQUEST, Cause, EventType, JobStatus

ALLOWED: Final[Mapping[JobStatus, frozenset[JobStatus]]] = {
    JobStatus.PENDING: frozenset({JobStatus.ASSIGNED, JobStatus.CANCELLED, JobStatus.FAILED}),
    JobStatus.ASSIGNED: frozenset(
        {JobStatus.RUNNING, JobStatus.PENDING, JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED}
    ),
    JobStatus.RUNNING: frozenset({JobStatus.PENDING, JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED}),
    JobStatus.COMPLETED: frozenset(),
    JobStatus.FAILED: frozenset(),
    JobStatus.CANCELLED: frozenset(),
}

FINAL_STATE_OF: Final[Mapping[Cause, JobStatus]] = {
    Cause.COMPLETED: JobStatus.COMPLETED,
    Cause.USER_ERROR: JobStatus.FAILED,
    Cause.TIMEOUT: JobStatus.FAILED,
    Cause.OUT_OF_MEMORY: JobStatus.FAILED,
    Cause.CANCELLED: JobStatus.CANCELLED,
    Cause.PROVIDER_LOST: JobStatus.FAILED,
    Cause.PLATFORM_ERROR: JobStatus.FAILED,
    Cause.OVERHEATED: JobStatus.FAILED,
    Cause.PREEMPTED: JobStatus.FAILED,
    Cause.OUT_OF_FUNDS: JobStatus.FAILED,
    Cause.DEPENDENCY_FAILED: JobStatus.FAILED,
    Cause.DEADLINE_MISSED: JobStatus.FAILED,
    Cause.PEER_ENDED: JobStatus.FAILED,
    Cause.PEER_LOST: JobStatus.FAILED,
}

UNBILLED_CAUSES: Final = MACHINE_LOST | {Cause.PLATFORM_ERROR, Cause.PEER_LOST}
"""What a provider or the platform has to answer for: what is lost by it costs the consumer nothing."""

RETRIED_CAUSES: Final = UNBILLED_CAUSES | {Cause.PREEMPTED}
"""Not the job's fault: it runs again elsewhere, as often as it allows."""


def event_type(to: JobStatus) -> EventType:
    """The public event of a transition."""
    return EventType.JOB_COMPLETED if to.is_final else EventType.JOB_PROGRESS


def next_state(
    *,
    cause: Cause,
    attempts: int,
    max_attempts: int,
    cancel_requested: bool,
    stop_cause: Cause | None = None,
    is_time_up: bool = False,
    is_retried: bool = False,
) -> tuple[JobStatus, Cause]:
    """Where a job goes when an attempt ends, and with which cause.

    Args:
        cause: why the attempt ended.
        attempts: how many attempts there were, this one included, but for those that were tried again for such a
            cause as the consumer named.
        max_attempts: how many the consumer allows.
        cancel_requested: whether it was asked to stop meanwhile.
        stop_cause: why, where that was not the consumer's wish.
        is_time_up: whether the attempts used the job's time limit up.
        is_retried: whether the consumer wants it tried again after this cause, and it was not as often as that.
    """
    stopped = stop_cause or Cause.CANCELLED
    if cause is Cause.CANCELLED:
        return FINAL_STATE_OF[stopped], stopped
    if cause not in RETRIED_CAUSES and not (is_retried and cause in RETRIED_ON_REQUEST):
        return FINAL_STATE_OF[cause], cause
    if cancel_requested:
        return FINAL_STATE_OF[stopped], stopped
    if cause in RETRIED_ON_REQUEST:
        return (FINAL_STATE_OF[cause] if is_time_up else JobStatus.PENDING), cause
    if is_time_up:
        return FINAL_STATE_OF[Cause.TIMEOUT], Cause.TIMEOUT
    if attempts >= max_attempts:
        return JobStatus.FAILED, cause
    return JobStatus.PENDING, cause


@dataclass(frozen=True)
class JobChange:
    """A transition and what goes with it. Fields that are None are left as they are.

    `facts` are told with it, and kept nowhere.
    """

    expected: JobStatus
    to: JobStatus
    attempt_id: UUID | None = None
    provider_id: UUID | None = None
    cause: Cause | None = None
    error: str | None = None
    result: Any = None
    actual_cost: int | None = None
    facts: JsonObject | None = None

    def __post_init__(self) -> None:
        if self.to not in ALLOWED[self.expected]:
            raise ValueError(f"a job never goes from {self.expected} to {self.to}")
