"""Jobs, their attempts, what a runner gets and what a consumer sees."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, JsonValue, model_validator

from qubix.schemas.base import Qu, QubicAddress, RelativePath, RequestModel, Sha256, Slug, Text, WireModel
from qubix.schemas.checkpoints import Checkpoint, RestorableCheckpoint
from qubix.schemas.states import AttemptStatus, Cause, IsolationLevel, JobStatus, LogStream, ModelType, Trust

WHOLE_GPU_MILLI = 1000
MAX_SOURCE_BYTES = 262_144
"""A script up to this size travels in the request; a larger one as a bundle."""


EnvironmentName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
Requirement = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[A-Za-z0-9][^\x00\n\r]*$")]


class ResourceRequest(RequestModel):
    """What a job needs of a machine. Memory and disk in MiB; `gpuShareMilli` is the share of each GPU in thousandths.

    `gpuCount` 0 asks for a machine without regard to GPUs. `isolationLevel` is the least level that will do.
    `providers` restricts the job to these machines (worker ids).
    """

    gpu_models: Annotated[list[Annotated[Text, Field(max_length=100)]], Field(max_length=64)] = []
    gpu_count: Annotated[int, Field(ge=0, le=64)] = 0
    gpu_share_milli: Annotated[int, Field(ge=1, le=WHOLE_GPU_MILLI)] = WHOLE_GPU_MILLI
    min_vram_mib: Annotated[int, Field(ge=0, le=4_194_304)] = 0
    min_compute_capability: Annotated[str, Field(pattern=r"^\d{1,2}\.\d$")] | None = None
    cpu_cores: Annotated[int, Field(ge=1, le=1024)] = 1
    memory_mib: Annotated[int, Field(ge=64, le=16_777_216)] = 1024
    disk_mib: Annotated[int, Field(ge=16, le=16_777_216)] = 2048
    locations: Annotated[list[Slug], Field(max_length=64)] = []
    min_reliability: Annotated[float, Field(ge=0, le=1)] = 0
    isolation_level: IsolationLevel = IsolationLevel.BWRAP
    trust: Trust | None = None
    providers: Annotated[list[Slug], Field(max_length=64)] = []

    @model_validator(mode="after")
    def _several_gpus_are_whole(self) -> "ResourceRequest":
        if self.gpu_count > 1 and self.gpu_share_milli != WHOLE_GPU_MILLI:
            raise ValueError("a job on several GPUs takes whole ones: leave gpuShareMilli at 1000")
        return self


class JobCreate(RequestModel):
    """A job to run. `maxPrice` is QU per hour, `computeNeeded` fp32 TFLOP in total.

    A script comes as `source` (up to 256 KiB) or as `entrypoint` inside the bundle `bundleSha256` (a tar.gz that was
    uploaded as a blob); a command as `command`; a function as `function` (`module:name`) of the source or bundle,
    called with `inputData` (a list as positional, an object as keyword arguments). `requirements` are pip requirements.
    `escrowId` names a locked escrow that pays for it; without one the hold is taken from the balance.
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
    entrypoint: RelativePath | None = None
    arguments: Annotated[list[Annotated[Text, Field(max_length=4096)]], Field(max_length=256)] = []
    command: Annotated[list[Annotated[Text, Field(max_length=4096)]], Field(min_length=1, max_length=256)] | None = None
    function: Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")] | None = None
    env: Annotated[dict[EnvironmentName, Annotated[Text, Field(max_length=32_768)]], Field(max_length=256)] = {}
    requirements: Annotated[list[Requirement], Field(max_length=200)] = []
    resources: ResourceRequest = ResourceRequest()
    max_attempts: Annotated[int, Field(ge=1, le=20)] = 5
    escrow_id: UUID | None = None

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
        return self


class ReasonCount(WireModel):
    """One constraint of a job and how many offers it removed."""

    constraint: str
    removed: int
    message: str


class WaitingReport(WireModel):
    """Why a job is not placed: every offer that was looked at is in exactly one of the reasons.

    `suggestions` are changes that would place it, each by itself, the smallest first; `suggestion` is the first.
    """

    considered: int
    reasons: list[ReasonCount]
    summary: str
    suggestion: str | None = None
    suggestions: list[str] = []
    decided_at: datetime | None = None


class Job(WireModel):
    """A job as its owner sees it. Amounts in QU; `maxPrice` QU per hour; `progress` 0 to 100.

    `holdAmount` is all that was held for it until now, `settledAmount` what was paid of it while it went on. Where
    `fundsEndAt` is given, the job ends then unless the balance covers more of its time before.
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
    actual_cost: int | None
    provider_id: UUID | None
    worker_id: str | None
    attempts: int
    simulated: bool
    resources: ResourceRequest
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
    """

    id: UUID
    number: int
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
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class AttemptSpec(WireModel):
    """All that a runner needs to run one attempt, whichever way it reached the machine.

    `checkpoints` are those that it may go on from, the newest first.
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
    lease_seconds: int


class MailboxEntry(Job):
    """A job that waits for a pulling provider, with what it needs to run it."""

    attempt_id: UUID
    attempt_token: str
    spec: AttemptSpec


class LogEntry(WireModel):
    """A piece of output. `seq` rises over the whole job; `at` is the runner's clock."""

    seq: int
    attempt: int
    stream: LogStream
    text: str
    at: datetime


class Artifact(WireModel):
    """A file that a job left in `$QUBIX_OUTPUT`; fetch it as blob `sha256`. Size in bytes."""

    path: str
    sha256: str
    size: int
    attempt: int


class JobMetricSample(WireModel):
    """One second of an attempt's usage. Memory in MiB, temperature in °C."""

    attempt: int
    at: datetime
    cpu_percent: float
    memory_mib: float
    gpu_percent: float | None = None
    gpu_memory_mib: float | None = None
    gpu_temperature: float | None = None


class JobMonitor(WireModel):
    """Everything that a monitor page shows at once. `costSoFar` in QU."""

    job: Job
    attempts: list[Attempt]
    metrics: list[JobMetricSample]
    logs: list[LogEntry]
    cost_so_far: int
    estimated_end: datetime | None
    why: WaitingReport | None
    checkpoints: list[Checkpoint] = []


class ReceiptLeg(WireModel):
    """One leg of the settlement: where a part of the hold went, in QU, and why."""

    to: str
    amount: int
    type: str
    cause: str


class ReceiptStretch(WireModel):
    """Seconds of one attempt, after `begin` up to `end`: whether they were billed, why (not), and what they cost in QU.

    `cause` is SETTLED for what was paid while the attempt went on, RESUMED for what was lost with its machine, but for
    the checkpoint that a later attempt went on from; else a `Cause`.
    """

    attempt: int
    begin: int
    end: int
    billed: bool
    cause: str
    amount: int


class Receipt(WireModel):
    """The settlement of a job; amounts in QU. Once settled, `hold = sum(legs)`, and `cost` is that of `stretches`."""

    job_id: UUID
    settled: bool
    hold: int
    cost: int
    fee: int
    provider_amount: int
    refund: int
    fee_basis_points: int
    legs: list[ReceiptLeg]
    attempts: list[Attempt]
    stretches: list[ReceiptStretch] = []
    lost_seconds_unbilled: int
    simulated: bool
    currency: str = "QU"
    ledger_transactions: list[int]
    created_at: datetime
    settled_at: datetime | None


class MatchRequest(RequestModel):
    """Requirements to rank offers by. `maxPrice` QU per hour."""

    resources: ResourceRequest = ResourceRequest()
    max_price: Qu | None = None
    time_limit_seconds: Annotated[int, Field(ge=1, le=30 * 86_400)] = 3600
    compute_needed: Annotated[float, Field(ge=0, le=1e15)] = 0
    limit: Annotated[int, Field(ge=1, le=200)] = 20


class CancelAnswer(WireModel):
    """A cancel was taken in. The job is CANCELLED at once if it waits, else when its runner stopped it."""

    success: bool
    job: Job
