"""What a runner reports of its attempt, each call carrying the attempt's token."""

from typing import Annotated

from pydantic import AwareDatetime, Field, JsonValue

from qubix.schemas.base import RelativePath, RequestModel, Sha256, Slug, Text, WireModel
from qubix.schemas.states import Cause, CompletionStatus, LogStream

MAX_LOG_ENTRY_CHARACTERS = 65_536
SEQ_PER_ATTEMPT = 1_000_000_000
"""Log sequence numbers of an attempt start at its number times this, so that they rise over the whole job."""
LOG_ENTRIES_PER_ATTEMPT = SEQ_PER_ATTEMPT - 1_000
"""So many are a runner's; the rest are the platform's own sentences."""


class ReportedLog(RequestModel):
    """A piece of output as the runner read it. `seq` counts from 0 within the attempt, so that a repeat is known."""

    seq: Annotated[int, Field(ge=0, lt=LOG_ENTRIES_PER_ATTEMPT)]
    stream: LogStream
    text: Annotated[Text, Field(max_length=MAX_LOG_ENTRY_CHARACTERS)]
    at: AwareDatetime


class ReportedMetric(RequestModel):
    """One sample of the attempt's usage."""

    at: AwareDatetime
    cpu_percent: Annotated[float, Field(ge=0, le=1_000_000)]
    memory_mib: Annotated[float, Field(ge=0)]
    gpu_percent: Annotated[float, Field(ge=0, le=100)] | None = None
    gpu_memory_mib: Annotated[float, Field(ge=0)] | None = None
    gpu_temperature: Annotated[float, Field(ge=-50, le=250)] | None = None


class ReportedArtifact(RequestModel):
    """A file of `$QUBIX_OUTPUT` that was uploaded as a blob."""

    path: RelativePath
    sha256: Sha256
    size: Annotated[int, Field(ge=0)]


class StartedReport(RequestModel):
    """The sandbox runs: billable time begins when this is accepted."""

    worker_id: Slug | None = None


class ProgressReport(RequestModel):
    """Progress from 0 to 100. A lower one than before is accepted and changes nothing."""

    worker_id: Slug | None = None
    progress: Annotated[float, Field(ge=0, le=100)]
    timestamp: AwareDatetime | None = None
    metrics: ReportedMetric | None = None


class LogsReport(RequestModel):
    """Output in order. A `seq` that was seen before is passed over."""

    entries: Annotated[list[ReportedLog], Field(min_length=1, max_length=1000)]


class MetricsReport(RequestModel):
    """Usage samples."""

    samples: Annotated[list[ReportedMetric], Field(min_length=1, max_length=600)]


class ArtifactsReport(RequestModel):
    """Artifacts whose blobs were uploaded before."""

    artifacts: Annotated[list[ReportedArtifact], Field(min_length=1, max_length=1000)]


class JobMetrics(RequestModel):
    """The founding documents' summary of a run. Averages in percent."""

    processing_time_seconds: Annotated[float, Field(ge=0)]
    cpu_usage_avg: Annotated[float, Field(ge=0)] = 0
    ram_usage_avg: Annotated[float, Field(ge=0)] = 0
    gpu_usage_avg: Annotated[float, Field(ge=0)] | None = None


class CompleteReport(RequestModel):
    """The end of an attempt. What was not reported before may come with it, so that a short job takes one call."""

    worker_id: Slug | None = None
    status: CompletionStatus
    cause: Cause | None = None
    exit_code: int | None = None
    result: JsonValue = None
    error: Annotated[Text, Field(max_length=16_384)] | None = None
    metrics: JobMetrics | None = None
    progress: Annotated[float, Field(ge=0, le=100)] | None = None
    logs: Annotated[list[ReportedLog], Field(max_length=1000)] = []
    samples: Annotated[list[ReportedMetric], Field(max_length=600)] = []
    artifacts: Annotated[list[ReportedArtifact], Field(max_length=1000)] = []


class ReportAnswer(WireModel):
    """`cancel: true` tells the runner to stop the job, `checkpoint: true` to take a checkpoint soon, and
    `snapshot: true` one of the whole workspace. The lease was renewed for `leaseSeconds`."""

    success: bool
    cancel: bool = False
    checkpoint: bool = False
    snapshot: bool = False
    lease_seconds: int


class PaymentInfo(WireModel):
    """What the completion settled, in QU."""

    cost: int
    provider_amount: int
    fee: int
    refund: int
    billable_seconds: int


class CompleteAnswer(WireModel):
    """The completion was accepted; the job is final, or waits for its next attempt."""

    success: bool
    payment: PaymentInfo | None
