"""Attempts to run a job, and what a runner gets."""

from datetime import datetime
from uuid import UUID

from pydantic import JsonValue

from qubix.schemas.base import WireModel
from qubix.schemas.checkpoints import RestorableCheckpoint
from qubix.schemas.jobs import Job
from qubix.schemas.states import AttemptStatus, Cause, ModelType


class AttemptGpu(WireModel):
    """A GPU, or a share of one, that an attempt was given."""

    index: int
    uuid: str
    model: str
    milli: int
    simulated: bool


class Attempt(WireModel):
    """One attempt to run a job on one provider. `cost` in QU for `billableSeconds`.

    `resumedFrom` is the checkpoint that it went on from; `resumedSeconds` how much of it a later attempt went on from.
    The workers of a gang share the `number` and count by `rank`. One that stands by (`isStandby`) holds its machine
    ready and costs nothing; when it takes over it is an attempt like any other. `readyAt` is since when it could begin.
    """

    id: UUID
    number: int
    rank: int = 0
    is_standby: bool = False
    provider_id: UUID
    worker_id: str
    status: AttemptStatus
    cause: Cause | None
    error: str | None
    exit_code: int | None
    progress: float
    price_per_hour: int
    billable_seconds: int
    cost: int
    gpus: list[AttemptGpu]
    simulated: bool
    resumed_from: UUID | None = None
    resumed_seconds: int = 0
    ready_at: datetime | None = None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class AttemptSpec(WireModel):
    """All that a runner needs to run one attempt, whichever way it reached the machine.

    `checkpoints` are those that it may go on from, the newest first; `snapshot` is the workspace that its job was
    cloned from. One that `waits` is made ready, and begins when
    the platform says so: `rank` of `worldSize` workers, whose names are `peers`, or one that stands by. One that
    `takesItems` is a worker of a group.
    """

    job_id: UUID
    attempt_id: UUID
    attempt_token: str
    number: int
    model_type: ModelType
    source: str | None = None
    bundle_sha256: str | None = None
    entrypoint: str | None = None
    arguments: list[str] = []
    command: list[str] | None = None
    function: str | None = None
    input_data: JsonValue = None
    env: dict[str, str] = {}
    requirements: list[str] = []
    time_limit_seconds: int
    cpu_cores: int
    memory_mib: int
    disk_mib: int
    gpus: list[AttemptGpu] = []
    checkpoints: list[RestorableCheckpoint] = []
    snapshot: RestorableCheckpoint | None = None
    waits: bool = False
    rank: int = 0
    world_size: int = 1
    peers: list[str] = []
    takes_items: bool = False
    lease_seconds: int


class ReadyAnswer(WireModel):
    """To an attempt that is ready: whether it may begin now (`go`) with `spec`, or has to stop (`cancel`).

    Until then `checkpoints` are what the job has saved, the newest first.
    """

    success: bool
    go: bool = False
    cancel: bool = False
    spec: AttemptSpec | None = None
    checkpoints: list[RestorableCheckpoint] = []


class MailboxEntry(Job):
    """A job that waits for a pulling provider, with what it needs to run it."""

    attempt_id: UUID
    attempt_token: str
    spec: AttemptSpec
