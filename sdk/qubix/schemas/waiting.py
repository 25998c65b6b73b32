"""Why a job waits."""

from datetime import datetime
from uuid import UUID

from qubix.schemas.base import WireModel
from qubix.schemas.resources import ResourceRequest
from qubix.schemas.states import JobStatus


class ReasonCount(WireModel):
    """One constraint of a job and how many offers it removed."""

    constraint: str
    removed: int
    message: str


class AwaitedJob(WireModel):
    """A job that has to end before another one is queued. `progress` 0 to 100."""

    id: UUID
    name: str
    status: JobStatus
    progress: float


class WaitingFix(WireModel):
    """A suggestion that can be carried out: clone the job with these. `maxPrice` is QU per hour, where it has one."""

    text: str
    max_price: int | None
    resources: ResourceRequest


class WaitingReport(WireModel):
    """Why a job is not placed: every offer that was looked at is in exactly one of the reasons.

    `suggestions` are changes that would place it, each by itself, the smallest first; `suggestion` is the first.
    `fixes` are those of them that a changed request says.
    `freeAt` is when the first busy offer is free at the latest, by the time limits of what runs, where that is known.
    With `forStandby` the job runs already, and it is a machine to stand by for it that is not found.
    A job that runs after others is held against no offer before they ended: `waitsFor` names them (at most 20).
    """

    considered: int
    reasons: list[ReasonCount]
    summary: str
    suggestion: str | None = None
    suggestions: list[str] = []
    fixes: list[WaitingFix] = []
    free_at: datetime | None = None
    decided_at: datetime | None = None
    waits_for: list[AwaitedJob] = []
    for_standby: bool = False
