"""What a job says and leaves, and all of it at once."""

from datetime import datetime

from qubix.schemas.attempts import Attempt
from qubix.schemas.base import WireModel
from qubix.schemas.checkpoints import Checkpoint
from qubix.schemas.jobs import Job
from qubix.schemas.states import LogStream
from qubix.schemas.waiting import WaitingReport


class LogEntry(WireModel):
    """A piece of output. `seq` rises over the whole job; `at` is the runner's clock; `rank` the worker's of a gang."""

    seq: int
    attempt: int
    rank: int = 0
    stream: LogStream
    text: str
    at: datetime


class Artifact(WireModel):
    """A file that a job left in `$QUBIX_OUTPUT`; fetch it as blob `sha256`. Size in bytes.

    Of a gang, the path of what a worker but the first left begins with `rank-1/`, `rank-2/` and so on.
    """

    path: str
    sha256: str
    size: int
    attempt: int


class JobMetricSample(WireModel):
    """One second of an attempt's usage. Memory in MiB, temperature in °C."""

    attempt: int
    rank: int = 0
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
