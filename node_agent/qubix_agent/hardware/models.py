"""Names and figures of GPU models, as their makers' data sheets give them."""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class GpuModel:
    """A model on the market: memory in MiB, CUDA compute capability where there is one."""

    name: str
    vram_mib: int
    compute_capability: str | None
    vendor: str = "NVIDIA"


# CUDA compute capability → model → memory in GiB.
_NVIDIA: Final[dict[str, dict[str, int]]] = {
    "6.0": {"P100-16GB": 16},
    "6.1": {"GTX 1080 Ti": 11},
    "7.0": {"V100-16GB": 16, "V100-32GB": 32},
    "7.5": {"T4": 16, "RTX 2060": 6, "RTX 2070": 8, "RTX 2080": 8, "RTX 2080 Ti": 11},
    "8.0": {"A30": 24, "A100-40GB": 40, "A100-80GB": 80},
    "8.6": {
        "RTX 3060": 12,
        "RTX 3060 Ti": 8,
        "RTX 3070": 8,
        "RTX 3070 Ti": 8,
        "RTX 3080": 10,
        "RTX 3080 Ti": 12,
        "RTX 3090": 24,
        "RTX 3090 Ti": 24,
        "RTX A4000": 16,
        "RTX A5000": 24,
        "RTX A6000": 48,
        "A10": 24,
        "A10G": 24,
        "A40": 48,
    },
    "8.9": {
        "RTX 4060": 8,
        "RTX 4060 Ti": 8,
        "RTX 4070": 12,
        "RTX 4070 Ti": 12,
        "RTX 4080": 16,
        "RTX 4080 SUPER": 16,
        "RTX 4090": 24,
        "RTX 6000 Ada": 48,
        "L4": 24,
        "L40": 48,
        "L40S": 48,
    },
    "9.0": {"H100-80GB": 80, "H100-94GB": 94, "H200": 141},
    "10.0": {"B200": 180},
    "12.0": {"RTX 5060 Ti": 16, "RTX 5070": 12, "RTX 5070 Ti": 16, "RTX 5080": 16, "RTX 5090": 32},
}
_OTHERS: Final[dict[str, dict[str, int]]] = {
    "AMD": {"MI210": 64, "MI250X": 64, "MI300X": 192, "RX 7900 XTX": 24},
    "Intel": {"Arc A770": 16, "Data Center GPU Max 1550": 128},
}

_MODELS: Final = [
    *(GpuModel(name, gib * 1024, cc) for cc, family in _NVIDIA.items() for name, gib in family.items()),
    *(GpuModel(name, gib * 1024, None, maker) for maker, family in _OTHERS.items() for name, gib in family.items()),
]

KNOWN_MODELS: Final = {model.name.casefold(): model for model in _MODELS}

# Sold with one size of memory, so that the bare name is unambiguous.
_ALIASES: Final = {"h100": "h100-80gb", "p100": "p100-16gb"}

_BRANDS: Final = re.compile(
    r"\b(NVIDIA|GeForce|Tesla|Quadro|AMD|Radeon|Instinct|Intel|Graphics|\(R\)|\(TM\))", re.IGNORECASE
)
_DATA_CENTRE: Final = re.compile(r"^(P100|V100|A100|H100|H200|B200)\b", re.IGNORECASE)


def known_model(name: str) -> GpuModel | None:
    """The model of that name, whatever its case, or None."""
    key = " ".join(name.split()).casefold()
    return KNOWN_MODELS.get(_ALIASES.get(key, key))


def market_name(reported: str, *, vram_mib: int) -> str:
    """The name under which the market lists a card that its driver calls `reported`.

    Makers' and brands' names go ("NVIDIA GeForce RTX 4090" is "RTX 4090"); a data centre card that is sold with several
    sizes of memory carries the size ("NVIDIA A100-SXM4-80GB" is "A100-80GB").
    """
    name = " ".join(_BRANDS.sub(" ", reported).split())
    if match := _DATA_CENTRE.match(name):
        family = match.group(1).upper()
        sizes = [model for model in _MODELS if model.name.split("-")[0] == family]
        nearest = min(sizes, key=lambda model: abs(model.vram_mib - vram_mib))
        # A driver reports a little less than the data sheet; one that is far off is a card that is not in the table.
        if abs(nearest.vram_mib - vram_mib) <= nearest.vram_mib * 0.06:
            return nearest.name
    return name or reported
