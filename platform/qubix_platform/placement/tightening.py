"""The least change of a request with which a chosen offer fits, condition by condition."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from qubix_platform.placement.constraints import ConstraintName, spoken_labels
from qubix_platform.placement.gpu_names import model_key
from qubix_platform.placement.model import Candidate, GpuState, Request
from qubix_platform.pricing.rates import hourly_price
from qubix_platform.pricing.rules import least_bid


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a request could have of an offer: cards, processors, memory and disk."""

    offer: Candidate
    gpus: tuple[GpuState, ...]
    cpu_cores: int
    memory_mib: int
    disk_mib: int


def tighten(request: Request, choice: Choice, conditions: Sequence[ConstraintName]) -> Request:
    """The request with these conditions changed as little as the choice needs."""
    # How many GPUs decides what they cost: the price comes last.
    for condition in sorted(conditions, key=lambda name: name is ConstraintName.PRICE):
        request = _TIGHTEN[condition](request, choice)
    return request


def describe(condition: ConstraintName, before: Request, after: Request) -> str:
    """The change of one condition as an order to the reader."""
    return _DESCRIBE[condition](before, after)


def _location(request: Request, choice: Choice) -> Request:
    location = choice.offer.location
    return replace(request, locations=(*request.locations, location) if location else ())


def _price(request: Request, choice: Choice) -> Request:
    price = hourly_price(
        price_per_hour=choice.offer.price_per_hour,
        gpu_count=request.gpu_count,
        share_milli=request.gpu_share_milli,
    )
    return replace(request, max_price=max(request.max_price, least_bid(price) if request.is_spot else price))


def _models(request: Request, choice: Choice) -> Request:
    known = {model_key(name) for name in request.gpu_models}
    others = {model_key(gpu.model): gpu.model for gpu in choice.gpus if model_key(gpu.model) not in known}
    return replace(request, gpu_models=(*request.gpu_models, *others.values()))


def _capability(request: Request, choice: Choice) -> Request:
    found = [gpu.compute_capability for gpu in choice.gpus if gpu.compute_capability is not None]
    least = min(found) if len(found) == len(choice.gpus) else None
    return replace(request, min_compute_capability=least)


_TIGHTEN: Final[Mapping[ConstraintName, Callable[[Request, Choice], Request]]] = MappingProxyType(
    {
        ConstraintName.LOCATION: _location,
        ConstraintName.RELIABILITY: lambda request, choice: replace(
            request, min_reliability=int(choice.offer.reliability * 1000) / 1000
        ),
        ConstraintName.PRICE: _price,
        ConstraintName.GPU_MODEL: _models,
        ConstraintName.GPU_COUNT: lambda request, choice: replace(request, gpu_count=len(choice.gpus)),
        ConstraintName.VRAM: lambda request, choice: replace(
            request, min_vram_mib=min(gpu.vram_mib for gpu in choice.gpus)
        ),
        ConstraintName.COMPUTE_CAPABILITY: _capability,
        ConstraintName.INTERCONNECT: lambda request, choice: replace(request, interconnect=choice.offer.interconnect),
        ConstraintName.CPU: lambda request, choice: replace(request, cpu_cores=choice.cpu_cores),
        ConstraintName.MEMORY: lambda request, choice: replace(request, memory_mib=choice.memory_mib),
        ConstraintName.DISK: lambda request, choice: replace(request, disk_mib=choice.disk_mib),
        ConstraintName.TRUST: lambda request, _: replace(request, trust=None),
        ConstraintName.ISOLATION: lambda request, choice: replace(
            request, isolation_level=choice.offer.isolation_level
        ),
        ConstraintName.PROVIDERS: lambda request, choice: replace(
            request, providers=(*request.providers, choice.offer.worker_id)
        ),
        ConstraintName.LABELS: lambda request, choice: replace(
            request, labels=tuple(label for label in request.labels if label in choice.offer.labels)
        ),
        ConstraintName.ANTI_AFFINITY: lambda request, _: replace(request, anti_affinity=None),
        ConstraintName.AVOID: lambda request, choice: replace(
            request, avoid=tuple(worker for worker in request.avoid if worker != choice.offer.worker_id)
        ),
    }
)


def _describe_location(_: Request, after: Request) -> str:
    return f"allow location {after.locations[-1]}" if after.locations else "allow any location"


def _describe_models(before: Request, after: Request) -> str:
    return f"accept {' and '.join(after.gpu_models[len(before.gpu_models) :])} too"


def _describe_labels(before: Request, after: Request) -> str:
    return f"leave out the label {spoken_labels(tuple(one for one in before.labels if one not in after.labels))}"


def _describe_apart(before: Request) -> str:
    assert before.anti_affinity is not None, "nothing else can be given up"
    return f"leave out antiAffinity with the group {before.anti_affinity.group}"


def _describe_avoided(before: Request, after: Request) -> str:
    return f"allow the machine {next(worker for worker in before.avoid if worker not in after.avoid)} too"


def _describe_count(_: Request, after: Request) -> str:
    return f"ask for {'1 GPU' if after.gpu_count == 1 else f'{after.gpu_count} GPUs'}"


def _describe_price(before: Request, after: Request) -> str:
    return f"raise maxPrice by {after.max_price - before.max_price:,} to {after.max_price:,} QU per hour"


def _describe_capability(_: Request, after: Request) -> str:
    if after.min_compute_capability is None:
        return "leave out minComputeCapability"
    major, minor = after.min_compute_capability
    return f"lower minComputeCapability to {major}.{minor}"


_DESCRIBE: Final[Mapping[ConstraintName, Callable[[Request, Request], str]]] = MappingProxyType(
    {
        ConstraintName.LOCATION: _describe_location,
        ConstraintName.RELIABILITY: lambda _, after: f"lower minReliability to {after.min_reliability:g}",
        ConstraintName.PRICE: _describe_price,
        ConstraintName.GPU_MODEL: _describe_models,
        ConstraintName.GPU_COUNT: _describe_count,
        ConstraintName.VRAM: lambda _, after: f"lower minVramMib to {after.min_vram_mib}",
        ConstraintName.COMPUTE_CAPABILITY: _describe_capability,
        ConstraintName.INTERCONNECT: lambda _, after: (
            f"accept interconnect {after.interconnect}" if after.interconnect else "leave out interconnect"
        ),
        ConstraintName.CPU: lambda _, after: f"lower cpuCores to {after.cpu_cores}",
        ConstraintName.MEMORY: lambda _, after: f"lower memoryMib to {after.memory_mib}",
        ConstraintName.DISK: lambda _, after: f"lower diskMib to {after.disk_mib}",
        ConstraintName.TRUST: lambda *_: "leave out trust, so that members and guests will do",
        ConstraintName.ISOLATION: lambda _, after: f"accept isolationLevel {after.isolation_level}",
        ConstraintName.PROVIDERS: lambda _, after: f"allow the machine {after.providers[-1]} too",
        ConstraintName.LABELS: _describe_labels,
        ConstraintName.ANTI_AFFINITY: lambda before, _: _describe_apart(before),
        ConstraintName.AVOID: _describe_avoided,
    }
)
