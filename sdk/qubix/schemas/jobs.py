"""Jobs as they are asked for, and as their owners see them."""

from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, JsonValue, model_validator

from qubix.schemas.base import Qu, QubicAddress, RelativePath, RequestModel, Sha256, Text, WireModel
from qubix.schemas.resources import ResourceRequest
from qubix.schemas.states import RETRIED_ON_REQUEST, Cause, JobStatus, ModelType, Priority

MAX_SOURCE_BYTES = 262_144
"""A script up to this size travels in the request; a larger one as a bundle."""
MAX_RETRIES = 20
MAX_AFTER = 64
"""How many jobs one job may name that it runs after."""
MAX_WORKERS = 64
EnvironmentName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
Requirement = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[A-Za-z0-9][^\x00\n\r]*$")]


def _plain(path: object) -> object:
    """People write `./main.py`, as their shells complete it."""
    return str(PurePosixPath(path)) if isinstance(path, str) and path else path


class JobCreate(RequestModel):
    """A job to run. `maxPrice` is QU per hour, `computeNeeded` fp32 TFLOP in total.

    A script comes as `source` (up to 256 KiB) or as `entrypoint` inside the bundle `bundleSha256` (a tar.gz that was
    uploaded as a blob); a command as `command`; a function as `function` (`module:name`) of the source or bundle,
    called with `inputData` (a list as positional, an object as keyword arguments). `requirements` are pip requirements.
    `escrowId` names a locked escrow that pays for it; without one the hold is taken from the balance.
    It runs once all jobs of `after` have completed, and all of `afterAny` have ended; where one of `after` does not
    complete, it ends with it. An array's id stands for all of its jobs.
    Its checkpoint folder begins with the files of `fromCheckpoint`, one of any of the caller's jobs.
    It is tried again after USER_ERROR or OUT_OF_MEMORY as often as `retry` says for each, in what is left of its time
    limit; what its provider or the platform failed counts against `maxAttempts` alone. After `deadline` it ends.
    `priority` says which of the jobs that wait go first; high is for those whom an operator gave it.
    `workers` of more than 1 make it a gang: so many of it run at once, each with all of `resources`, and `maxPrice` is
    for each. With `standby` a second machine, of another owner and at another site, holds itself ready to go on where
    the first is lost.
    """

    model_type: ModelType = ModelType.SCRIPT
    name: Annotated[Text, Field(min_length=1, max_length=200)] | None = None
    compute_needed: Annotated[float, Field(ge=0, le=1e15)] = 0
    input_data: JsonValue = None
    max_price: Qu
    time_limit_seconds: Annotated[int, Field(ge=1, le=30 * 86_400)]
    qubic_address: QubicAddress | None = None
    source: Annotated[Text, Field(max_length=MAX_SOURCE_BYTES)] | None = None
    bundle_sha256: Sha256 | None = None
    entrypoint: Annotated[RelativePath, BeforeValidator(_plain)] | None = None
    arguments: Annotated[list[Annotated[Text, Field(max_length=4096)]], Field(max_length=256)] = []
    command: Annotated[list[Annotated[Text, Field(max_length=4096)]], Field(min_length=1, max_length=256)] | None = None
    function: Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")] | None = None
    env: Annotated[dict[EnvironmentName, Annotated[Text, Field(max_length=32_768)]], Field(max_length=256)] = {}
    requirements: Annotated[list[Requirement], Field(max_length=200)] = []
    resources: ResourceRequest = ResourceRequest()
    max_attempts: Annotated[int, Field(ge=1, le=20)] = 5
    escrow_id: UUID | None = None
    after: Annotated[list[UUID], Field(max_length=MAX_AFTER)] = []
    after_any: Annotated[list[UUID], Field(max_length=MAX_AFTER)] = []
    from_checkpoint: UUID | None = None
    retry: dict[Cause, Annotated[int, Field(ge=1, le=MAX_RETRIES)]] = {}
    deadline: Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC))] | None = None
    priority: Priority = Priority.NORMAL
    workers: Annotated[int, Field(ge=1, le=MAX_WORKERS)] = 1
    standby: bool = False

    @model_validator(mode="after")
    def _retries_what_is_its_own(self) -> "JobCreate":
        if others := sorted(set(self.retry) - RETRIED_ON_REQUEST):
            raise ValueError(f"retry is for USER_ERROR and OUT_OF_MEMORY, not for {others[0]}: see maxAttempts")
        return self

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> "JobCreate":
        if self.model_type is ModelType.SCRIPT and self.source is None and not (self.bundle_sha256 and self.entrypoint):
            raise ValueError("a script needs source, or bundleSha256 with the entrypoint inside it")
        if self.model_type is ModelType.COMMAND and self.command is None:
            raise ValueError("a command needs command: the program and its arguments as a list")
        if self.model_type is ModelType.FUNCTION and (self.function is None or not (self.source or self.bundle_sha256)):
            raise ValueError("a function needs function (module:name), and source or bundleSha256 that defines it")
        if self.model_type is not ModelType.COMMAND and self.command is not None:
            raise ValueError("command belongs to modelType command")
        if self.standby and self.workers > 1:
            raise ValueError("a gang has no standby: leave out standby, or ask for one worker")
        if self.resources.spot and (self.standby or self.workers > 1):
            raise ValueError("a spot job runs on one machine alone: leave out standby and workers, or spot")
        return self


class Job(WireModel):
    """A job as its owner sees it. Amounts in QU; `maxPrice` QU per hour; `progress` 0 to 100.

    `holdAmount` is all that was held for it until now, `settledAmount` what was paid of it while it went on. Where
    `fundsEndAt` is given, the job ends then unless the balance covers more of its time before.
    Where it `isHeldBack`, it waits for other jobs, and not for a machine yet; `arrayIndex` is its place in its array.
    `groupId` is the group that it is a worker of.
    """

    id: UUID
    name: str
    model_type: ModelType
    status: JobStatus
    progress: float
    cause: Cause | None
    error: str | None
    result: JsonValue
    max_price: int
    time_limit_seconds: int
    hold_amount: int
    settled_amount: int = 0
    funds_end_at: datetime | None = None
    estimated_cost: int
    estimated_seconds: float | None
    is_held_back: bool = False
    array_id: UUID | None = None
    array_index: int | None = None
    group_id: UUID | None = None
    retry: dict[Cause, int] = {}
    deadline: datetime | None = None
    actual_cost: int | None
    provider_id: UUID | None
    worker_id: str | None
    attempts: int
    workers: int = 1
    standby: bool = False
    simulated: bool
    resources: ResourceRequest
    priority: Priority = Priority.NORMAL
    requirements: list[str]
    cancel_requested: bool
    unassignable_since: datetime | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None


class JobCreated(WireModel):
    """Answer to a creation. `estimatedCost` is the likely cost in QU, never more than maxPrice × timeLimitSeconds."""

    success: bool
    job: Job
    estimated_cost: int


class CancelAnswer(WireModel):
    """A cancel was taken in. The job is CANCELLED at once if it waits, else when its runner stopped it."""

    success: bool
    job: Job
