"""What callers may ask for when they submit a job or look at the market."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, Required, TypedDict
from uuid import UUID

from pydantic import JsonValue

from qubix.schemas.states import Interconnect, IsolationLevel, JobStatus, Preference, Priority, ProviderType, Trust


class HasId(Protocol):
    """A job's handle."""

    @property
    def id(self) -> UUID:
        """Its id."""


JobReference = UUID | str | HasId


class Needs(TypedDict, total=False):
    """What is needed of a machine.

    Attributes:
        gpu: GPU model, or several that would do ("RTX 4090").
        gpu_count: how many GPUs; 1 where `gpu` is given, else 0.
        gpu_share_milli: share of one GPU in thousandths.
        min_vram_mib, cpu_cores, memory_mib, disk_mib: at least so much; MiB.
        min_compute_capability: CUDA compute capability, "8.9".
        locations: places that will do.
        min_reliability: from 0 to 1.
        isolation_level: the least isolation that will do.
        trust: members of the cluster only, or guests only.
        providers: these machines only (worker ids).
        spot: bid `max_price`, from a fifth of the list price on: it is what you pay, and whoever pays the list price
            goes before you, and has your job make room, with notice.
        prefer: which offer of those that fit: "cheapest", "fastest" (to start) or "value" (price for performance).
        labels: what their owners have to say of them, name and value.
        avoid: not these machines (worker ids).
        interconnect: the least by which all GPUs of the machine reach each other: "pcie" or "nvlink".
        anti_affinity: a group of your jobs that share no machine: "replicas", or "replicas:owner" and "replicas:site"
            for none of one owner, or at one site, either.
    """

    gpu: str | Sequence[str]
    gpu_count: int
    gpu_share_milli: int
    min_vram_mib: int
    min_compute_capability: str
    cpu_cores: int
    memory_mib: int
    disk_mib: int
    locations: Sequence[str]
    min_reliability: float
    isolation_level: IsolationLevel | str
    trust: Trust | str
    providers: Sequence[str]
    spot: bool
    prefer: Preference | str
    labels: Mapping[str, str]
    avoid: Sequence[str]
    interconnect: Interconnect | str
    anti_affinity: str | Mapping[str, str]


class JobOptions(Needs, total=False):
    """How to run a job.

    Attributes:
        max_price: the most that the machine may cost, whole QU per hour.
        timeout: the time limit: "90s", "1h30m"; one hour where it is not given. `max_price` for this long is held in
            escrow until the job ends; of more than 70 minutes only so much ahead, topped up from the balance each hour.
        name: a name for people.
        arguments: of the script or command line.
        env: environment variables of the job.
        requirements: pip requirements ("torch==2.9.*").
        inputs: JSON that `qubix.inputs()` gives inside the job.
        compute_needed: fp32 TFLOP in total, for the estimate of time and cost.
        max_attempts: how often to start anew after a lost machine.
        escrow_id: a locked escrow that pays for it; without one the hold is taken from your balance.
        after: jobs (or whole arrays) of yours that have to complete before this one runs; it ends with one that
            does not.
        after_any: jobs of yours that have to end before this one runs, however they do.
        priority: "low", "normal" or "high": which of the jobs that wait go first; high is for those who were given it.
        standby: a second machine, of another owner and at another site, holds itself ready, and goes on where the first
            is lost. It costs nothing until then.
        retry: how often to try again after the job's own fault: {"user_error": 2, "out_of_memory": 1}.
        deadline: when it has to have ended: an aware datetime, or from now, "2h"; it ends then, and is refunded.
        from_checkpoint: a checkpoint of any job of yours, whose files this one's checkpoint folder begins with.
        workers: run so many of it at once, all or none, started together and at one site where that can be; each knows
            itself by `RANK`, their number by `WORLD_SIZE` and their names by `QUBIX_PEERS`. `max_price` is for each.
        idempotency_key: submitting twice with one key makes one job.
    """

    max_price: Required[int]
    timeout: str | int | timedelta
    name: str
    arguments: Sequence[str]
    env: Mapping[str, str]
    requirements: Sequence[str]
    inputs: JsonValue
    compute_needed: float
    max_attempts: int
    escrow_id: UUID | str
    after: Sequence[JobReference]
    after_any: Sequence[JobReference]
    retry: Mapping[str, int]
    deadline: datetime | timedelta | str
    from_checkpoint: UUID | str
    priority: Priority | str
    standby: bool
    workers: int
    idempotency_key: str


class GroupOptions(JobOptions, total=False):
    """A group, and how each of its workers is run; see `JobOptions`. `max_price` and `timeout` are each worker's.

    Attributes:
        max_workers: so many at most.
        min_workers: so many even where there is nothing to do; they are paid for as they wait.
        items_per_worker: one worker for so many items that are queued or in hand.
        idle: there are fewer once fewer would have done for so long; a minute where it is not given.
        max_tries: how many workers may fail an item before it counts as failed; lost machines do not count.
    """

    max_workers: Required[int]
    min_workers: int
    items_per_worker: int
    idle: str | int | timedelta
    max_tries: int


class CloneOptions(TypedDict, total=False):
    """How a job's clone differs from it; see `JobOptions`.

    Attributes:
        checkpoint: the checkpoint that it goes on from; the newest where it is not given.
        from_start: it goes on from none.
        idempotency_key: cloning twice with one key makes one job.
    """

    checkpoint: UUID | str
    from_start: bool
    name: str
    max_price: int
    timeout: str | int | timedelta
    idempotency_key: str


class MatchOptions(Needs, total=False):
    """Requirements to rank offers by; see `JobOptions`. `limit` bounds the number of offers."""

    max_price: int
    timeout: str | int | timedelta
    compute_needed: float
    limit: int


class QuoteOptions(Needs, total=False):
    """A job to ask the price of; see `JobOptions`. Without `max_price` the likely price counts as the most.

    `what_if` changes some of these options, and asks how the answer would differ: `what_if={"max_price": 60_000}`.
    """

    max_price: int
    timeout: str | int | timedelta
    compute_needed: float
    what_if: Mapping[str, Any]


class SpendingLimits(TypedDict, total=False):
    """Limits of your spending, QU; what is not given is not limited.

    Attributes:
        key_id: the API key whose spending is limited; yours in all where it is not given.
        per_job: what one job may cost at most.
        per_day: what may be spent on a day (UTC), with what is held for jobs that go on.
        total: what may ever be spent, with what is held for jobs that go on.
    """

    key_id: UUID | str | None
    per_job: int | None
    per_day: int | None
    total: int | None


class ProviderChanges(TypedDict, total=False):
    """What the owner of a machine may change about it.

    Attributes:
        price_per_hour: QU for each of its GPUs.
        is_available: False pauses it: what runs goes on, no new work comes.
        name, location: for people.
    """

    price_per_hour: int
    is_available: bool
    name: str
    location: str


class MarketFilter(TypedDict, total=False):
    """Which offers to list.

    Attributes:
        model, location: one or several that will do.
        min_vram: GiB of one GPU.
        max_price: whole QU per hour.
        availability: only what is free ("available"), or all.
        min_reliability: from 0 to 1.
        gpu_count: so many such cards in one machine.
        isolation: at least this isolation.
        interconnect: at least this between all GPUs of the machine.
        trust, type, simulated, verified: exactly this.
        search: words in model, name or place.
        sort, order: by what, and which way.
        limit, offset: which part of the list.
    """

    model: str | Sequence[str]
    location: str | Sequence[str]
    min_vram: float
    max_price: int
    availability: Literal["available", "all"]
    min_reliability: float
    gpu_count: int
    isolation: IsolationLevel | str
    interconnect: Interconnect | str
    trust: Trust | str
    type: ProviderType | str
    simulated: bool
    verified: bool
    search: str
    sort: Literal["price", "performance", "pricePerPerformance", "availability"]
    order: Literal["asc", "desc"]
    limit: int
    offset: int


class JobFilter(TypedDict, total=False):
    """Which jobs to list, newest first unless `sort` says otherwise; `array` and `group` for the jobs of one only."""

    status: JobStatus | str | Sequence[JobStatus | str]
    search: str
    array: UUID | str
    group: UUID | str
    sort: Literal["arrayIndex", "-createdAt", "createdAt", "name", "-name", "status", "-status", "cost", "-cost"]
    limit: int
    offset: int
