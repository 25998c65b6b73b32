"""How what a caller asks for reads on the wire."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

from pydantic import ValidationError

from qubix.durations import seconds
from qubix.endpoints import Query
from qubix.errors import InvalidRequest
from qubix.options import (
    CloneOptions,
    GroupOptions,
    JobOptions,
    JobReference,
    MatchOptions,
    Needs,
    ProviderChanges,
    QuoteOptions,
    SpendingLimits,
)
from qubix.schemas.arrays import ArrayCreate
from qubix.schemas.base import WireModel
from qubix.schemas.checkpoints import JobClone
from qubix.schemas.groups import GroupCreate
from qubix.schemas.jobs import JobCreate
from qubix.schemas.market import MatchRequest
from qubix.schemas.providers import ProviderPatch
from qubix.schemas.quotes import QuoteRequest
from qubix.schemas.resources import ResourceRequest
from qubix.schemas.spending import SpendingLimitSet
from qubix.schemas.states import AffinityScope

ModelT = TypeVar("ModelT", bound=WireModel)

DEFAULT_TIMEOUT: Final = "1h"


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


def group_request(options: GroupOptions, **work: Any) -> GroupCreate:
    """The request that creates a group. `work` says what runs, in the fields of `GroupCreate`.

    Raises:
        InvalidRequest: an option is unknown, missing, or says something that cannot be.
    """
    if "idle" in options:
        work["idle_seconds"] = seconds(options["idle"])
    rest: Any = {name: value for name, value in options.items() if name != "idle"}
    return _submitting(GroupCreate, "Creating a group", rest, work)


def as_id(text: UUID | str, asked: str) -> UUID:
    """An id as a caller gave it.

    Raises:
        InvalidRequest: it is none.
    """
    try:
        return text if isinstance(text, UUID) else UUID(text)
    except ValueError as error:
        raise InvalidRequest(
            asked=asked,
            obstacle=f"{text!r} is no id",
            remedy="Take it from `qubix jobs`, `arrays` or `group list`.",
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
    if isinstance(apart := needs.get("anti_affinity"), str):
        group, _, scope = apart.partition(":")
        needs["anti_affinity"] = {"group": group, "scope": scope or AffinityScope.MACHINE}
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
