"""A price to start from, in whole QU per hour. An owner may ask anything else.

Assumption: a million QU to the US dollar, a fixed figure for suggestions only; nothing converts money by it. The
prices by model are medians per GPU of 67 offers that were public on Vast.ai in November 2026, without the models that
had a single offer far from its peers. A model without one is priced by its memory, a machine without a GPU by its
cores.
"""

from typing import Final

QU_PER_DOLLAR: Final = 1_000_000
PER_GIB_HOUR: Final = 10_000
PER_CORE_HOUR: Final = 10_000

_CENTS: Final = {
    "B200": 471,
    "H200": 263,
    "H100-94GB": 217,
    "H100-80GB": 187,
    "A100-80GB": 87,
    "A100-40GB": 76,
    "RTX PRO 6000": 113,
    "L40S": 60,
    "A40": 67,
    "RTX A6000": 43,
    "RTX 6000 Ada": 37,
    "V100-16GB": 11,
    "RTX 5090": 47,
    "RTX 4090": 40,
    "RTX 4070 Ti SUPER": 18,
    "RTX 3090": 17,
    "RTX 4060 Ti": 13,
    "RTX 3080": 9,
}


def suggested_gpu_price(*, model: str, vram_mib: int) -> int | None:
    """QU per hour for one GPU; `None` where neither the model nor its memory says anything."""
    if model in _CENTS:
        return _CENTS[model] * QU_PER_DOLLAR // 100
    return vram_mib * PER_GIB_HOUR // 1024 or None


def suggested_cpu_price(*, cores: int) -> int:
    """QU per hour for a machine that offers its cores."""
    return cores * PER_CORE_HOUR
