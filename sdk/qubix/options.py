"""What callers may ask for when they submit a job or look at the market, and how it reads on the wire."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, Protocol, Required, TypedDict, TypeVar
from uuid import UUID

from pydantic import JsonValue, ValidationError

from qubix.durations import seconds
from qubix.endpoints import Query
from qubix.errors import InvalidRequest
from qubix.schemas.arrays import ArrayCreate
from qubix.schemas.base import WireModel
from qubix.schemas.checkpoints import JobClone
from qubix.schemas.jobs import JobCreate
from qubix.schemas.market import MatchRequest
from qubix.schemas.providers import ProviderPatch
from qubix.schemas.quotes import QuoteRequest
from qubix.schemas.resources import ResourceRequest
from qubix.schemas.spending import SpendingLimitSet
from qubix.schemas.states import IsolationLevel, JobStatus, Preference, Priority, ProviderType, Trust

ModelT = TypeVar("ModelT", bound=WireModel)


class HasId(Protocol):
    """A job's handle."""

    @property
    def id(self) -> UUID:
        """Its id."""


JobReference = UUID | str | HasId

DEFAULT_TIMEOUT: Final = "1h"


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
        is_available: False pauses it: running work ends, no new work comes.
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
    """Which jobs to list, newest first unless `sort` says otherwise; `array` for the jobs of one array only."""

    status: JobStatus | str | Sequence[JobStatus | str]
    search: str
    array: UUID | str
    sort: Literal["arrayIndex", "-createdAt", "createdAt", "name", "-name", "status", "-status", "cost", "-cost"]
    limit: int
    offset: int


def job_request(options: JobOptions, **work: Any) -> JobCreate:
    """The request that creates a job. `work` says what runs, in the fields of `JobCreate`.

    Raises:
        InvalidRequest: an option is unknown, missing, or says something that cannot be.
    """
    return _submitting(JobCreate, "Submitting a job", options, work)


def array_request(options: JobOptions, **work: Any) -> ArrayCreate:
    """The request that creates an array. `work` says what runs, and for which indices, in the fields of `ArrayCreate`.

    Raises:
        InvalidRequest: an option is unknown, missing, or says something that cannot be.
    """
    return _submitting(ArrayCreate, "Submitting an array of jobs", options, work)


def as_id(text: UUID | str, asked: str) -> UUID:
    """An id as a caller gave it.

    Raises:
        InvalidRequest: it is none.
    """
    try:
        return text if isinstance(text, UUID) else UUID(text)
    except ValueError as error:
        raise InvalidRequest(
            asked=asked, obstacle=f"{text!r} is no id", remedy="Take it from `qubix jobs` or `qubix arrays`."
        ) from error


def clone_request(options: CloneOptions) -> JobClone:
    """The request that clones a job.

    Raises:
        InvalidRequest: an option is unknown, or says something that cannot be.
    """
    rest: dict[str, Any] = dict(options)
    rest.pop("idempotency_key", None)
    if "timeout" in rest:
        rest["time_limit_seconds"] = seconds(rest.pop("timeout"))
    return built(JobClone, "Cloning a job", checkpoint_id=rest.pop("checkpoint", None), **rest)


def match_request(options: MatchOptions) -> MatchRequest:
    """The request that ranks offers.

    Raises:
        InvalidRequest: an option is unknown, or says something that cannot be.
    """
    rest: dict[str, Any] = {name: value for name, value in options.items() if name not in Needs.__annotations__}
    asked = "Matching offers"
    limit = seconds(rest.pop("timeout", DEFAULT_TIMEOUT))
    return built(MatchRequest, asked, time_limit_seconds=limit, resources=_resources(options, asked), **rest)


def quote_request(options: QuoteOptions) -> QuoteRequest:
    """The request that asks what a job would cost.

    Raises:
        InvalidRequest: an option is unknown, or says something that cannot be.
    """
    rest: dict[str, Any] = {name: value for name, value in options.items() if name not in Needs.__annotations__}
    asked = "Asking what a job would cost"
    limit = seconds(rest.pop("timeout", DEFAULT_TIMEOUT))
    if (changes := rest.pop("what_if", None)) is not None:
        kept: Any = {name: value for name, value in options.items() if name != "what_if"} | dict(changes)
        rest["what_if"] = quote_request(kept).model_dump(exclude={"what_if"})
    return built(QuoteRequest, asked, time_limit_seconds=limit, resources=_resources(options, asked), **rest)


def limits_request(limits: SpendingLimits) -> SpendingLimitSet:
    """What limits spending.

    Raises:
        InvalidRequest: a limit is none.
    """
    return built(SpendingLimitSet, "Setting spending limits", **limits)


def provider_patch(provider_id: UUID | str, changes: ProviderChanges) -> ProviderPatch:
    """What changes a machine.

    Raises:
        InvalidRequest: a value is not possible.
    """
    return built(ProviderPatch, f"Changing provider {provider_id}", **changes)


def query_of(options: Mapping[str, Any]) -> Query:
    """Filters as a query string's pairs: camelCase names, a list as a repeated name."""
    pairs: list[tuple[str, str]] = []
    for name, value in options.items():
        values = [value] if isinstance(value, str) or not isinstance(value, Sequence) else value
        pairs += [(_camel(name), _written(each)) for each in values if each is not None]
    return tuple(pairs)


def built(model: type[ModelT], asked: str, **fields: Any) -> ModelT:
    """A request's model from its fields.

    Raises:
        InvalidRequest: a field says something that cannot be; names each.
    """
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise InvalidRequest(
            asked=asked,
            obstacle="; ".join(_complaint(each) for each in error.errors(include_url=False)),
            remedy="Correct that and try again.",
            details={"fields": [".".join(map(str, each["loc"])) for each in error.errors(include_url=False)]},
        ) from error


def _moment(until: timedelta | str) -> datetime | str:
    """When it is so late: a time from now, or a date and time with their zone."""
    if isinstance(until, str) and "T" in until:
        return until
    return datetime.now(UTC) + timedelta(seconds=seconds(until))


def _id_of(job: JobReference) -> UUID | str:
    return job if isinstance(job, UUID | str) else job.id


def _submitting(model: type[ModelT], asked: str, options: JobOptions, work: Mapping[str, Any]) -> ModelT:
    rest: dict[str, Any] = {name: value for name, value in options.items() if name not in Needs.__annotations__}
    rest.pop("idempotency_key", None)
    for name in ("after", "after_any"):
        if name in rest:
            rest[name] = [_id_of(each) for each in rest[name]]
    if "retry" in rest:
        rest["retry"] = {cause.upper(): times for cause, times in rest["retry"].items()}
    if isinstance(until := rest.get("deadline"), timedelta | str):
        rest["deadline"] = _moment(until)
    if "max_price" not in rest:
        raise InvalidRequest(
            asked=asked,
            obstacle="it has no max_price",
            remedy="Say what the machine may cost at most, in whole QU per hour: max_price=50_000.",
        )
    return built(
        model,
        asked,
        time_limit_seconds=seconds(rest.pop("timeout", DEFAULT_TIMEOUT)),
        input_data=rest.pop("inputs", None),
        resources=_resources(options, asked),
        **_plain(rest),
        **work,
    )


def _resources(options: Mapping[str, Any], asked: str) -> ResourceRequest:
    needs = _plain({name: options[name] for name in Needs.__annotations__ if options.get(name) is not None})
    gpu = needs.pop("gpu", ())
    models = [gpu] if isinstance(gpu, str) else list(gpu)
    needs.setdefault("gpu_count", 1 if models else 0)
    return built(ResourceRequest, asked, gpu_models=models, **needs)


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in options.items()}


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _complaint(error: Mapping[str, Any]) -> str:
    place = ".".join(map(str, error["loc"]))
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
