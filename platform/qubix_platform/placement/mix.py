"""The requests that are expected to come, which the market is kept useful for."""

from dataclasses import dataclass
from typing import Final

from qubix.schemas.resources import WHOLE_GPU_MILLI


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """A kind of request that is expected to come, `weight` times as often as one of weight 1."""

    weight: float
    gpu_count: int = 0
    gpu_share_milli: int = WHOLE_GPU_MILLI
    gpu_models: tuple[str, ...] = ()
    min_vram_mib: int = 0
    cpu_cores: int = 1


# An assumption, until a market has a history of its own: mostly whole cards, some shares, few large jobs.
USUAL_MIX: Final = (
    Expected(weight=0.10, cpu_cores=4),
    Expected(weight=0.12, gpu_count=1, gpu_share_milli=250, cpu_cores=2),
    Expected(weight=0.18, gpu_count=1, gpu_share_milli=500, cpu_cores=4),
    Expected(weight=0.30, gpu_count=1, cpu_cores=4),
    Expected(weight=0.15, gpu_count=1, cpu_cores=8),
    Expected(weight=0.08, gpu_count=2, cpu_cores=16),
    Expected(weight=0.04, gpu_count=4, cpu_cores=32),
    Expected(weight=0.03, gpu_count=8, cpu_cores=64),
)
