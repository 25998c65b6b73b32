"""Providers, offers, join tokens and heartbeats."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, IPvAnyAddress

from qubix.schemas.attempts import MailboxEntry
from qubix.schemas.base import Qu, QubicAddress, RequestModel, Slug, WireModel
from qubix.schemas.hardware import BenchmarkResult, CpuInfo, GpuInfo, RamInfo, ResourceUsage, ShortText
from qubix.schemas.states import (
    AttemptStatus,
    Cause,
    Interconnect,
    IsolationLevel,
    ProviderStatus,
    ProviderType,
    ReportedStatus,
    Trust,
)

HEARTBEAT_SECONDS = 5
"""How often an agent reports."""

MISSED_HEARTBEATS = 3
"""After so many missed heartbeats a provider is offline."""


MAX_LABELS = 32
"""Labels of one machine."""


class QuickRegister(RequestModel):
    """Registration of a machine, idempotent by `workerId`.

    `pricePerHour` is QU per hour and GPU (per machine where there is none).
    """

    type: Literal["browser", "native", "ray"]
    worker_id: Slug
    gpu: GpuInfo | list[GpuInfo] | None = None
    cpu: CpuInfo | None = None
    ram: RamInfo | None = None
    disk_mib: Annotated[int, Field(ge=0, le=2_147_483_647)] | None = None
    qubic_address: QubicAddress | None = None
    name: ShortText | None = None
    location: Slug | None = None
    price_per_hour: Qu | None = None
    isolation_level: IsolationLevel = IsolationLevel.NONE
    benchmark: BenchmarkResult | None = None
    labels: Annotated[dict[Slug, Slug], Field(max_length=MAX_LABELS)] = {}
    interconnect: Interconnect | None = None
    simulated: bool = False
    verified: bool = True
    agent_version: ShortText | None = None
    agent_session: UUID | None = None

    @property
    def gpus(self) -> list[GpuInfo]:
        """The GPUs as a list, whichever form was sent."""
        if self.gpu is None:
            return []
        return self.gpu if isinstance(self.gpu, list) else [self.gpu]


class ProviderGpu(WireModel):
    """One GPU of a provider as the market shows it. `allocatedMilli` is the share in use, 0 to 1000."""

    index: int
    uuid: str
    model: str
    vram_mib: int
    driver: str | None = None
    compute_capability: str | None = None
    pcie: str | None = None
    allocated_milli: int
    simulated: bool


class Provider(WireModel):
    """A provider's machine. Amounts in QU, memory in MiB, `reliability` 0 to 1.

    `currentJobId` and `totalEarnings` are null for everybody but its owner.
    """

    id: UUID
    worker_id: str
    name: str
    type: ProviderType
    trust: Trust
    qubic_address: str | None
    gpus: list[ProviderGpu]
    gpu_model: str | None
    gpu_vram_mib: int
    cpu_model: str
    cpu_cores: int
    ram_mib: int
    disk_mib: int
    location: str | None
    price_per_hour: int
    status: ProviderStatus
    is_online: bool
    is_available: bool
    current_job_id: UUID | None
    isolation_level: IsolationLevel
    simulated: bool
    verified: bool
    reliability: float
    benchmark: BenchmarkResult | None
    labels: dict[str, str]
    interconnect: Interconnect | None = None
    total_earnings: int | None
    total_jobs: int
    uptime_seconds: int
    registered_at: datetime
    last_heartbeat: datetime | None


class Offer(WireModel):
    """A row of the marketplace: the founding document's six fields, then more.

    `id` is the provider's id, `provider` its worker id, `vram` GiB of one GPU, `price` QU per hour,
    `pricePerTflop` QU per hour and fp32 TFLOP/s. `labels` are what its owner says of it. `interconnect` is how its
    GPUs reach each other, where it has several.
    `busyUntil` is when something of it is free again at the latest: the end of the first time limit among what runs
    there; null where it can be rented now, or is off the market.
    """

    id: UUID
    model: str
    vram: float
    price: int
    available: bool
    provider: str
    gpu_count: int
    free_gpus: int
    cpu_cores: int
    ram_mib: int
    location: str | None
    reliability: float
    isolation_level: IsolationLevel
    trust: Trust
    type: ProviderType
    simulated: bool
    verified: bool
    fp32_tflops: float | None
    price_per_tflop: float | None
    status: ProviderStatus
    labels: dict[str, str] = {}
    interconnect: Interconnect | None = None
    busy_until: datetime | None = None


class RayJoin(WireModel):
    """What a member needs to join the Ray cluster. The token is a secret of the whole cluster."""

    address: str
    token: str
    namespace: str
    ray_version: str
    python_version: str
    tls: bool


class ReachRequest(RequestModel):
    """Ports of a member's machine that the head is to try to reach. They are the documented ones of a Ray node."""

    address: IPvAnyAddress
    ports: Annotated[list[Annotated[int, Field(ge=24_001, le=31_999)]], Field(min_length=1, max_length=8)]


class ReachAnswer(WireModel):
    """Those of the ports that cannot be reached from the head."""

    unreachable: list[int]


class QuickRegistered(WireModel):
    """Answer to a registration. `workerToken` is given once, in exchange for the join token."""

    success: bool
    provider: Provider
    worker_token: str | None = None
    ray: RayJoin | None = None
    heartbeat_seconds: int = HEARTBEAT_SECONDS


class NewProvider(WireModel):
    """The newest registration after the caller's marker, for the installer's polling page."""

    new_provider: Provider | None
    marker: str


class Heartbeat(RequestModel):
    """An agent's report. `attempts` are those that it still runs; each renews the attempt's lease."""

    worker_id: Slug | None = None
    usage: ResourceUsage
    status: ReportedStatus
    current_job: UUID | None = None
    attempts: Annotated[list[UUID], Field(max_length=1024)] = []
    agent_session: UUID | None = None
    ray_node_id: Annotated[str, Field(pattern=r"^[0-9a-f]{56}$")] | None = None


class HeartbeatAnswer(WireModel):
    """`cancelAttempts` are to be stopped: cancelled by their consumer, or no longer this machine's to run."""

    success: bool
    pending_jobs: list[MailboxEntry]
    cancel_attempts: list[UUID] = []
    status: ProviderStatus


class ProviderPatch(RequestModel):
    """What an owner may change. `isAvailable: false` pauses: what runs goes on, no new work comes."""

    name: ShortText | None = None
    price_per_hour: Qu | None = None
    is_available: bool | None = None
    location: Slug | None = None


class JoinTokenRequest(RequestModel):
    """A single-use token for one machine. MEMBER needs the platform owner's right."""

    trust: Trust = Trust.GUEST
    expires_in_seconds: Annotated[int, Field(ge=60, le=7 * 86_400)] = 3600


class JoinToken(WireModel):
    """A fresh join token, shown once, with the command to paste."""

    token: str
    trust: Trust
    expires_at: AwareDatetime
    command: str


class EarningEntry(WireModel):
    """One day of earnings, QU."""

    date: str
    amount: int
    job_count: int


class Earnings(WireModel):
    """What the caller's machines earned, QU, net of the platform's fee. Days and weeks are UTC.

    `pending` is what running jobs have earned besides, which is not final: were a machine lost now, it would not come.
    """

    total: int
    pending: int = 0
    today: int
    this_week: int
    this_month: int
    job_count: int
    active_jobs: int
    history: list[EarningEntry]
    simulated_total: int


class MachineJob(WireModel):
    """What a machine of the caller's runs or has run: one attempt at a job of somebody's.

    `earned` is QU, net of the platform's fee, as far as it is final; one that stands by (`isStandby`) earns nothing.
    """

    attempt_id: UUID
    job_id: UUID
    provider_id: UUID
    worker_id: str
    machine: str
    simulated: bool
    status: AttemptStatus
    cause: Cause | None
    is_standby: bool
    price_per_hour: int
    billable_seconds: int
    earned: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class ProviderRemoved(WireModel):
    """A provider was taken off the market."""

    success: bool
    id: UUID
