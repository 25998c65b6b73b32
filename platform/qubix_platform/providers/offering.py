"""What a registration amounts to as an offer. Pure."""

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import Row

from qubix.schemas.hardware import GpuInfo
from qubix.schemas.providers import QuickRegister
from qubix.schemas.states import ProviderType
from qubix_platform.hardware.identity import Identity, identify
from qubix_platform.hardware.suggested_price import suggested_cpu_price, suggested_gpu_price
from qubix_platform.providers.errors import DuplicateGpu

_UNKNOWN_CORES: Final = 1
_UNKNOWN_RAM_MIB: Final = 1024
"""A browser tells neither, so the least that a job may ask for is assumed, and the offer is marked as unverified."""


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """A card as it is stored. Memory in MiB."""

    index: int
    uuid: str
    model: str
    vram_mib: int
    driver: str | None
    compute_capability: str | None
    pcie: str | None
    simulated: bool


def gpus_of(request: QuickRegister) -> list[Gpu]:
    """The real cards of a registration by index, under the market's names. A software adapter is none.

    Raises:
        DuplicateGpu: two cards with one index.
    """
    found = sorted(_identified(request), key=lambda pair: pair[0].index)
    for (gpu, _), (other, _) in pairwise(found):
        if gpu.index == other.index:
            raise DuplicateGpu(
                asked=f"Registering the machine {request.worker_id}",
                obstacle=f"two of its GPUs have the index {gpu.index}",
                remedy="Give each GPU an index of its own, counted from 0.",
            )
    return [
        Gpu(
            index=gpu.index,
            uuid=gpu.uuid or f"{request.worker_id}-gpu-{gpu.index}",
            model=identity.model or "Unknown GPU",
            vram_mib=identity.vram_mib,
            driver=gpu.driver,
            compute_capability=gpu.compute_capability,
            pcie=gpu.pcie,
            simulated=gpu.simulated or request.simulated,
        )
        for gpu, identity in found
    ]


def machine_of(request: QuickRegister, *, gpus: list[Gpu], known: Row[Any] | None) -> dict[str, Any]:
    """The machine's columns. `known` is its present row, whose price, name and location stay unless given anew."""
    first = gpus[0] if gpus else None
    benchmark = request.benchmark
    simulated = request.simulated or any(gpu.simulated for gpu in gpus)
    return {
        "type": ProviderType(request.type.upper()).value,
        "name": request.name or (known.name if known else request.worker_id),
        "gpu_model": first.model if first else None,
        "gpu_vram_mib": first.vram_mib if first else 0,
        "cpu_model": request.cpu.model if request.cpu else "unknown",
        "cpu_cores": request.cpu.cores if request.cpu else max(_UNKNOWN_CORES, known.allocated_cpu if known else 0),
        "ram_mib": request.ram.total_mib
        if request.ram
        else max(_UNKNOWN_RAM_MIB, known.allocated_memory_mib if known else 0),
        # Free space: what running jobs wrote of theirs is not in it, and the rest of theirs is nobody else's.
        "disk_mib": max(request.disk_mib or 0, known.allocated_disk_mib if known else 0),
        "location": request.location or (known.location if known else None),
        "price_per_hour": _price(request, gpus=gpus, known=known),
        "isolation_level": request.isolation_level.value,
        "benchmark": json.dumps(benchmark.wire()) if benchmark else None,
        "fp32_tflops": benchmark.fp32_tflops if benchmark else None,
        "labels": json.dumps(request.labels),
        "interconnect": request.interconnect.value if request.interconnect and len(gpus) > 1 else None,
        "simulated": simulated,
        "verified": _is_verified(request) and not simulated,
    }


def _identified(request: QuickRegister) -> list[tuple[GpuInfo, Identity]]:
    return [(gpu, identity) for gpu in request.gpus if (identity := identify(gpu))]


def _is_verified(request: QuickRegister) -> bool:
    if not request.verified or request.type == "browser" or request.cpu is None or request.ram is None:
        return False
    return not any(identity.doubts for _, identity in _identified(request))


def _price(request: QuickRegister, *, gpus: list[Gpu], known: Row[Any] | None) -> int:
    """QU per hour of one GPU, of the machine where there is none: as given, as it was, or as suggested."""
    if request.price_per_hour is not None:
        return request.price_per_hour
    if known is not None:
        return int(known.price_per_hour)
    suggested = [price for gpu in gpus if (price := suggested_gpu_price(model=gpu.model, vram_mib=gpu.vram_mib))]
    return min(suggested) if suggested else suggested_cpu_price(cores=request.cpu.cores if request.cpu else 1)
