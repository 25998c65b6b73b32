"""The cards that the market knows, with their memory as the vendors' data sheets state it.

Each group names the publication that its figures come from. A card that was sold with several sizes of memory lists
them in rising order. Memory is in GiB of one GPU as software sees it: a board with two GPUs counts half.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

GEFORCE: Final = "NVIDIA's GeForce specifications"
DATA_CENTRE: Final = "NVIDIA's data sheets for data-centre GPUs"
WORKSTATION: Final = "NVIDIA's data sheets for RTX and Quadro workstation GPUs"
RADEON: Final = "AMD's Radeon specifications"
INSTINCT: Final = "AMD's Instinct data sheets"
INTEL: Final = "Intel's product specifications (ARK)"

_GEFORCE: Final = """
    RTX 5090: 32, RTX 5090 D: 32, RTX 5080: 16, RTX 5070 Ti: 16, RTX 5070: 12,
    RTX 5060 Ti: 8/16, RTX 5060: 8, RTX 5050: 8,
    RTX 5090 Laptop: 24, RTX 5080 Laptop: 16, RTX 5070 Ti Laptop: 12, RTX 5070 Laptop: 8,
    RTX 5060 Laptop: 8, RTX 5050 Laptop: 8,
    RTX 4090: 24, RTX 4090 D: 24, RTX 4080 SUPER: 16, RTX 4080: 16,
    RTX 4070 Ti SUPER: 16, RTX 4070 Ti: 12, RTX 4070 SUPER: 12, RTX 4070: 12,
    RTX 4060 Ti: 8/16, RTX 4060: 8,
    RTX 4090 Laptop: 16, RTX 4080 Laptop: 12, RTX 4070 Laptop: 8, RTX 4060 Laptop: 8,
    RTX 4050 Laptop: 6,
    RTX 3090 Ti: 24, RTX 3090: 24, RTX 3080 Ti: 12, RTX 3080: 10/12, RTX 3070 Ti: 8,
    RTX 3070: 8, RTX 3060 Ti: 8, RTX 3060: 8/12, RTX 3050: 6/8,
    RTX 3080 Ti Laptop: 16, RTX 3080 Laptop: 8/16, RTX 3070 Ti Laptop: 8, RTX 3070 Laptop: 8,
    RTX 3060 Laptop: 6, RTX 3050 Ti Laptop: 4, RTX 3050 Laptop: 4/6,
    RTX 2080 Ti: 11, RTX 2080 SUPER: 8, RTX 2080: 8, RTX 2070 SUPER: 8, RTX 2070: 8,
    RTX 2060 SUPER: 8, RTX 2060: 6/12,
    GTX 1660 Ti: 6, GTX 1660 SUPER: 6, GTX 1660: 6, GTX 1650 SUPER: 4, GTX 1650: 4,
    GTX 1080 Ti: 11, GTX 1080: 8, GTX 1070 Ti: 8, GTX 1070: 8, GTX 1060: 3/6,
    GTX 1050 Ti: 4, GTX 1050: 2/3, GTX 980 Ti: 6, GTX 980: 4, GTX 970: 4,
    TITAN RTX: 24, TITAN V: 12, TITAN Xp: 12, MX150: 2/4, MX250: 2, MX350: 2
"""
_DATA_CENTRE: Final = """
    B200: 180, GH200: 96/144, H200: 141, H100: 80/94, A100: 40/80, V100: 16/32,
    L40S: 48, L40: 48, L4: 24, A40: 48, A30: 24, A16: 16, A10G: 24,
    A10: 24, A2: 16, T4: 16, P100: 12/16, P40: 24, P4: 8, M60: 8, K80: 12
"""
_WORKSTATION: Final = """
    RTX PRO 6000: 96, RTX PRO 5000: 48, RTX PRO 4500: 32, RTX PRO 4000: 24,
    RTX 6000 Ada: 48, RTX 5000 Ada: 32, RTX 4500 Ada: 24, RTX 4000 Ada: 20,
    RTX 2000 Ada: 16, RTX A6000: 48, RTX A5500: 24, RTX A5000: 24, RTX A4500: 20,
    RTX A4000: 16, RTX A2000: 6/12, Quadro RTX 8000: 48, Quadro RTX 6000: 24,
    Quadro RTX 5000: 16, Quadro RTX 4000: 8
"""
_RADEON: Final = """
    RX 9070 XT: 16, RX 9070: 16, RX 9060 XT: 8/16,
    RX 7900 XTX: 24, RX 7900 XT: 20, RX 7900 GRE: 16, RX 7800 XT: 16, RX 7700 XT: 12,
    RX 7600 XT: 16, RX 7600: 8,
    RX 6950 XT: 16, RX 6900 XT: 16, RX 6800 XT: 16, RX 6800: 16, RX 6750 XT: 12,
    RX 6700 XT: 12, RX 6700: 10, RX 6650 XT: 8, RX 6600 XT: 8, RX 6600: 8,
    RX 5700 XT: 8, RX 5700: 8, RX 580: 4/8, RX 570: 4/8,
    Radeon VII: 16, PRO W7900: 48, PRO W7800: 32, PRO W6800: 32
"""
_INSTINCT: Final = """
    MI325X: 256, MI300X: 192, MI250X: 64, MI250: 64, MI210: 64, MI100: 32
"""
_INTEL: Final = """
    Arc B580: 12, Arc B570: 10, Arc A770: 8/16, Arc A750: 8, Arc A580: 8, Arc A380: 6,
    Data Center GPU Max 1550: 128, Data Center GPU Max 1100: 48, Data Center GPU Flex 170: 16
"""

# Of these each size of memory is an offer of its own, and is named by it: A100-40GB, A100-80GB.
_NAMED_BY_MEMORY: Final = frozenset({"A100", "V100", "H100", "GH200", "P100"})


@dataclass(frozen=True, kw_only=True)
class Card:
    """A model of GPU: the sizes of memory it was sold with, in rising GiB, and the publication they stand in."""

    name: str
    vram_gib: tuple[int, ...]
    source: str

    @property
    def is_named_by_memory(self) -> bool:
        """Whether the market's name carries the size of the memory."""
        return self.name in _NAMED_BY_MEMORY

    def market_name(self, vram_gib: int) -> str:
        """The name under which this card with this much memory is offered."""
        return f"{self.name}-{vram_gib}GB" if self.is_named_by_memory else self.name

    @property
    def market_names(self) -> tuple[str, ...]:
        """Every name under which this card is offered."""
        return tuple(dict.fromkeys(self.market_name(size) for size in self.vram_gib))

    def nearest_gib(self, vram_mib: int) -> int:
        """The size closest to what a driver reported, which is a little less than the data sheet says."""
        return min(self.vram_gib, key=lambda size: abs(size * 1024 - vram_mib))


def _cards(source: str, table: str) -> Iterator[Card]:
    for entry in table.split(","):
        name, sizes = entry.strip().split(": ")
        yield Card(name=name, vram_gib=tuple(int(size) for size in sizes.split("/")), source=source)


CARDS: Final = (
    *_cards(GEFORCE, _GEFORCE),
    *_cards(DATA_CENTRE, _DATA_CENTRE),
    *_cards(WORKSTATION, _WORKSTATION),
    *_cards(RADEON, _RADEON),
    *_cards(INSTINCT, _INSTINCT),
    *_cards(INTEL, _INTEL),
)
