"""What placement looks at and what it answers. Values only: equal inputs are equal objects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple, Self
from uuid import UUID

from qubix.schemas.base import MAX_QU
from qubix.schemas.resources import WHOLE_GPU_MILLI, ResourceRequest
from qubix.schemas.states import (
    AffinityScope,
    Interconnect,
    IsolationLevel,
    Preference,
    Priority,
    ProviderStatus,
    ProviderType,
    Trust,
)
from qubix.schemas.waiting import WaitingReport
from qubix_platform.hardware.naming import models_meant
from qubix_platform.placement.mix import USUAL_MIX, Expected
from qubix_platform.placement.ordering.policy import ORDINARY_WEIGHT, QueuePolicy


@dataclass(frozen=True, kw_only=True, slots=True)
class Apart:
    """The machine that another one is to share nothing with: its owner, and its site where that is known."""

    owner: UUID
    site: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class AntiAffinity:
    """The group of a user's jobs that share no machine with each other, nor anything wider that the scope names."""

    group: str
    scope: AffinityScope = AffinityScope.MACHINE


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """By when a job has to be done that is known to need so much `compute`, fp32 TFLOP in total."""

    at: datetime
    compute: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What a job asks of a machine. Memory and disk in MiB, `max_price` QU per hour for the whole job.

    Attributes:
        user_id: the job's owner, who alone may use a machine without a sandbox, and only where it is their own.
        min_compute_capability: major and minor.
        providers: worker ids that the job is restricted to; empty for any.
        labels: what the machine's owner has to say of it, name and value, in the order of the names.
        avoid: worker ids that will not do.
        apart: where the machine is to stand by for another one.
        due: where the job has a deadline, and it is known how much it computes.
        anti_affinity: where it keeps apart from others of its user's jobs.
        interconnect: the least by which all cards of the machine have to reach each other.
    """

    user_id: UUID
    max_price: int = MAX_QU
    gpu_models: tuple[str, ...] = ()
    gpu_count: int = 0
    gpu_share_milli: int = WHOLE_GPU_MILLI
    min_vram_mib: int = 0
    min_compute_capability: tuple[int, int] | None = None
    cpu_cores: int = 1
    memory_mib: int = 1024
    disk_mib: int = 2048
    locations: tuple[str, ...] = ()
    min_reliability: float = 0.0
    isolation_level: IsolationLevel = IsolationLevel.BWRAP
    trust: Trust | None = None
    providers: tuple[str, ...] = ()
    prefer: Preference = Preference.CHEAPEST
    is_spot: bool = False
    labels: tuple[tuple[str, str], ...] = ()
    avoid: tuple[str, ...] = ()
    apart: Apart | None = None
    due: Due | None = None
    anti_affinity: AntiAffinity | None = None
    interconnect: Interconnect | None = None

    @classmethod
    def of(cls, resources: ResourceRequest, *, user_id: UUID, max_price: int | None) -> Self:
        """The request of a job as it came over the wire; `max_price` `None` asks at any price."""
        apart = resources.anti_affinity
        return cls(
            user_id=user_id,
            max_price=MAX_QU if max_price is None else max_price,
            # "A100" means an A100 of any memory, as it does in the market's filters.
            gpu_models=tuple(name for wanted in resources.gpu_models for name in models_meant(wanted)),
            gpu_count=resources.gpu_count,
            gpu_share_milli=resources.gpu_share_milli,
            min_vram_mib=resources.min_vram_mib,
            min_compute_capability=compute_capability(resources.min_compute_capability),
            cpu_cores=resources.cpu_cores,
            memory_mib=resources.memory_mib,
            disk_mib=resources.disk_mib,
            locations=tuple(resources.locations),
            min_reliability=resources.min_reliability,
            isolation_level=resources.isolation_level,
            trust=resources.trust,
            providers=tuple(resources.providers),
            prefer=resources.prefer,
            is_spot=resources.spot,
            labels=tuple(sorted(resources.labels.items())),
            avoid=tuple(resources.avoid),
            interconnect=resources.interconnect,
            anti_affinity=None if apart is None else AntiAffinity(group=apart.group, scope=apart.scope),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class PendingJob:
    """A job that waits for a machine. Jobs are served as the policy's queue says, without one by `queued_at` and `id`.

    Attributes:
        limit_seconds: how long it may run at most.
        tried: the machines that earlier attempts failed on through no fault of the job. They come last: a machine that
            fails everything, and is the cheapest because of it, must not use up a job's attempts.
        is_standby: whether the job runs already, and a machine is to stand by for it.
        workers: how many machines, or parts of one, it needs at once, each with all of the request: all or none.
        wants_standby: whether a second machine is to stand by for it once it runs.
        deadline: by when it is to have ended.
    """

    id: UUID
    queued_at: datetime
    request: Request
    tried: tuple[UUID, ...] = ()
    priority: Priority = Priority.NORMAL
    limit_seconds: int = 3600
    is_standby: bool = False
    workers: int = 1
    wants_standby: bool = False
    deadline: datetime | None = None


class Held(NamedTuple):
    """So much of a kind of resource, in the kind's unit; see `ordering.shares`."""

    kind: str
    amount: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Consumer:
    """Whose jobs wait: what they have of the market, and may have.

    Attributes:
        weight: their part of the market beside others', a hundred for an ordinary one.
        max_gpus: how many GPUs they may have at once; no bound where it is not given.
        past: what their attempts took on average until now, by kind, where more recent use counts for more.
    """

    user_id: UUID
    weight: int = ORDINARY_WEIGHT
    max_gpus: int | None = None
    past: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class GpuState:
    """One GPU of a machine and the share of it that is taken, in thousandths."""

    id: int
    index: int
    model: str
    vram_mib: int
    compute_capability: tuple[int, int] | None = None
    allocated_milli: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A provider's machine with what is taken of it. `price_per_hour` is QU per hour and GPU (per machine without one).

    Attributes:
        disk_mib: free on the disk where jobs keep their files, when its agent registered last; never less than booked.
        labels: what the owner says of it, name and value.
        reachable: whether work can be brought to it now: a member's Ray node is in the cluster, a guest's mailbox open.
        shunned_until: until then it is left out, since something on it failed a moment ago.
        interconnect: how its cards reach each other, where there are several and it is known.
        fp32_tflops: of one of its cards (of its processor where it has none), as its agent measured it.
    """

    provider_id: UUID
    worker_id: str
    user_id: UUID
    type: ProviderType
    trust: Trust
    status: ProviderStatus
    is_available: bool
    cpu_cores: int
    ram_mib: int
    disk_mib: int
    price_per_hour: int
    isolation_level: IsolationLevel
    reliability: float
    location: str | None = None
    reachable: bool = True
    shunned_until: datetime | None = None
    allocated_cpu: int = 0
    allocated_memory_mib: int = 0
    allocated_disk_mib: int = 0
    fp32_tflops: float | None = None
    gpus: tuple[GpuState, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    interconnect: Interconnect | None = None

    @property
    def site(self) -> str | None:
        """Where it stands, as far as its owner says: its label `site`, else its location."""
        named = dict(self.labels).get("site", self.location)
        return None if named is None else named.casefold()


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """An attempt that has a place on a machine, and what it takes there.

    Attributes:
        user_id: the job's owner.
        started_at: since when its time limit counts; none where it is still being prepared.
        limit_seconds: how long it may run at most.
        shares: the cards' ids with what it has of each, in thousandths.
        price_per_hour: what it pays, QU.
        is_spot: whether it has to make room for who pays the list price.
        noticed_at: since when it is asked to.
        anti_affinity: where its job keeps apart from others.
    """

    attempt_id: UUID
    job_id: UUID
    user_id: UUID
    provider_id: UUID
    cpu_cores: int
    memory_mib: int
    limit_seconds: int
    started_at: datetime | None = None
    shares: tuple[tuple[int, int], ...] = ()
    price_per_hour: int = 0
    is_spot: bool = False
    noticed_at: datetime | None = None
    anti_affinity: AntiAffinity | None = None
    disk_mib: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ReservedWindow:
    """A machine's time that is one user's; see `windows`."""

    provider_id: UUID
    user_id: UUID
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """The market at one moment.

    Attributes:
        consumers: those whose jobs wait.
        running: all that runs.
        windows: what is reserved and not over.
    """

    jobs: tuple[PendingJob, ...] = ()
    providers: tuple[Candidate, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    running: tuple[Running, ...] = ()
    windows: tuple[ReservedWindow, ...] = ()


class OfferOrder(StrEnum):
    """In which order offers are tried. Of those that fit and stand equal the one is taken that packing rates best."""

    PRICE = "price"
    """The cheapest first: what somebody who pays expects."""
    NAME = "name"
    """By worker id: no two stand equal, so the first that fits is taken."""
    START = "start"
    """Those first that work is pushed to, then those that ask for it now and then; of each kind the cheapest."""
    VALUE = "value"
    """The lowest price for each TFLOP/s first; last those that were never measured, the cheapest of them first."""


_PREFERRED: Final = MappingProxyType(
    {
        Preference.CHEAPEST: OfferOrder.PRICE,
        Preference.FASTEST: OfferOrder.START,
        Preference.VALUE: OfferOrder.VALUE,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """What is a matter of choice in a decision.

    Attributes:
        order: which offers are better for the consumer, unless a request prefers others to the cheapest.
        mix: the requests that the market is kept useful for, where offers stand equal.
        together: whether jobs of one pass are matched to offers together, for the least price in sum, where the order
            is by price; else each has what is best when its turn comes.
        queue: whose turn it is; without one the oldest job is next, as it was before there were such rules.
    """

    order: OfferOrder = OfferOrder.PRICE
    together: bool = True
    mix: tuple[Expected, ...] = USUAL_MIX
    queue: QueuePolicy | None = None

    def order_for(self, request: Request) -> OfferOrder:
        """The order for a request: where this one is by price, the request may prefer another."""
        return _PREFERRED[request.prefer] if self.order is OfferOrder.PRICE else self.order


@dataclass(frozen=True, kw_only=True, slots=True)
class GpuShare:
    """A share of one GPU, in thousandths."""

    gpu_id: int
    index: int
    milli: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Assignment:
    """A job goes to a provider; of a gang each worker by itself, all of them in one decision or none.

    Attributes:
        price_per_hour: what the whole job, or this worker of it, pays, QU per hour.
        rank: which worker of the job.
        is_standby: whether the machine only stands by for a job that runs elsewhere.
    """

    job_id: UUID
    provider_id: UUID
    worker_id: str
    gpus: tuple[GpuShare, ...]
    price_per_hour: int
    rank: int = 0
    is_standby: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ReservedStart:
    """A place that is kept for a job that waits: it can start there then at the latest, by the limits of what runs.

    `workers` are how many of a gang have it; others of them have places on other machines from the same instant on.
    """

    job_id: UUID
    provider_id: UUID
    starts_at: datetime
    workers: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Preemption:
    """A spot attempt is to make room for a job."""

    attempt_id: UUID
    for_job_id: UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class Decisions:
    """The answer to a snapshot: every job of it is either assigned or waits for counted reasons.

    `reserved` are the places that are kept for the first of those that wait, `preemptions` who has to leave for that.
    """

    assignments: tuple[Assignment, ...] = ()
    waiting: Mapping[UUID, WaitingReport] = field(default_factory=lambda: MappingProxyType({}))
    reserved: tuple[ReservedStart, ...] = ()
    preemptions: tuple[Preemption, ...] = ()


def compute_capability(text: str | None) -> tuple[int, int] | None:
    """CUDA's compute capability, "8.9", as numbers that compare."""
    if text is None:
        return None
    major, _, minor = text.partition(".")
    return int(major), int(minor or 0)
