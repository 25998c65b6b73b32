"""From what a driver or a browser calls a GPU to the name that the market uses."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from qubix_platform.hardware.catalogue import CARDS, Card

MAX_NAME: Final = 100

_ANGLE: Final = re.compile(r"^\s*ANGLE \((?P<inside>.*)\)\s*$", re.IGNORECASE | re.DOTALL)
_METAL: Final = re.compile(r"^ANGLE Metal Renderer:\s*", re.IGNORECASE)
_BACKEND: Final = re.compile(
    r"\s*(?:Direct3D|OpenGL|Vulkan|Metal\b|vs_\d|ps_\d|/PCIe|/SSE).*$", re.IGNORECASE | re.DOTALL
)
_BRACKETS: Final = re.compile(r"\([^()]*\)?|\[[^\[\]]*\]?")
_BRANDS: Final = re.compile(
    r"\b(?:NVIDIA|GeForce|AMD|ATI|Advanced Micro Devices|Intel|Corporation|Inc|Tesla|Mesa|Generation|GPU)\b[.,]?",
    re.IGNORECASE,
)
_SOFTWARE: Final = re.compile(
    r"swiftshader|llvmpipe|lavapipe|softpipe|swrast|software|basic render|basic display|mesa offscreen|"
    r"apple paravirtual|svga3d|virgl|virtio|virtualbox|parallels|vmware|\bqxl\b|hyper-v|aspeed|matrox",
    re.IGNORECASE,
)
_MASKED: Final = re.compile(r",?\s*or similar\b", re.IGNORECASE)
_MARKS: Final = re.compile(r"\((?:R|TM|C)\)|[®™©]", re.IGNORECASE)
_SERIES: Final = re.compile(r"\b(RTX|GTX|RX|ARC|QUADRO|RADEON|PRO)(?=[A-Z]?\d|PRO|RTX)")
_VARIANT: Final = re.compile(r"(?<=\d)(TI|SUPER|XTX|XT|GRE|D)(?=\b|SUPER)")
_NOT_A_WORD: Final = re.compile(r"[^A-Z0-9]+")
_GIGABYTES: Final = re.compile(r"^(\d{1,3})G(?:I?B)?$")
_APPLE: Final = re.compile(r"\bAPPLE (M\d{1,2})(?: (PRO|MAX|ULTRA))?\b")

Words = tuple[str, ...]


@dataclass(frozen=True)
class Named:
    """A name that was understood. `card` is `None` for a GPU that the catalogue does not hold.

    `vram_gib` is the size of memory that the name itself states; `is_slice` marks a part of a card (MIG), whose memory
    is not the card's.
    """

    name: str
    card: Card | None
    vram_gib: int | None
    is_slice: bool = False


def is_software(text: str) -> bool:
    """Whether this names something that draws on the CPU, or a virtual machine's display: never a GPU to rent."""
    return bool(_SOFTWARE.search(text))


def is_masked(text: str) -> bool:
    """Whether a browser put a whole class of GPUs in the place of the model ("…, or similar")."""
    return bool(_MASKED.search(text))


def name_gpu(text: str, *, vram_mib: int | None = None) -> Named | None:
    """Understand what a driver or a browser calls a GPU; `None` where nothing is left of the text.

    Args:
        text: NVML's name, a WebGL renderer, a person's words.
        vram_mib: memory as reported, which tells an A100-40GB from an A100-80GB.
    """
    words = _words(_MARKS.sub(" ", text).upper())
    if (card := _card(words)) is not None:
        stated = _stated_gib(words, card)
        size = card.nearest_gib(vram_mib) if vram_mib else stated or card.vram_gib[0]
        is_slice = "MIG" in words
        name = card.market_name(stated or size if is_slice else size) + (" MIG" if is_slice else "")
        return Named(_as_laptop(name, words), card, stated, is_slice or _is_unlisted_laptop(name, words))
    if apple := _APPLE.search(" ".join(words)):
        return Named(" ".join(["Apple", apple[1], *([apple[2].title()] if apple[2] else [])]), None, None)
    return Named(name, None, None) if (name := _cleaned(text)) else None


def market_name(text: str, *, vram_mib: int | None = None) -> str:
    """The market's name of a GPU, or the text itself, tidied, where nobody knows it. Never empty, at most 100 long."""
    named = name_gpu(text, vram_mib=vram_mib)
    return named.name if named else "Unknown GPU"


@lru_cache(maxsize=4096)
def models_meant(text: str) -> tuple[str, ...]:
    """Every market name that a person may mean: "a100" is the A100-40GB and the A100-80GB, "rtx4090" the RTX 4090."""
    named = name_gpu(text)
    if named is None:
        return (text.strip()[:MAX_NAME],)
    if named.card and named.vram_gib is None and not named.is_slice:
        return named.card.market_names
    return (named.name,)


def _words(upper: str) -> Words:
    separated = _SERIES.sub(r"\1 ", _SERIES.sub(r"\1 ", upper))
    separated = _VARIANT.sub(r" \1 ", separated).replace("MAX-Q", "LAPTOP")
    return tuple(_NOT_A_WORD.sub(" ", separated).split())


_CARDS_BY_WORDS: Final = {_words(card.name.upper()): card for card in CARDS}
_LONGEST: Final = max(map(len, _CARDS_BY_WORDS))


def _card(words: Words) -> Card | None:
    """The card whose name stands in the words, the longest name first; "Laptop" may stand anywhere after it."""
    is_laptop = "LAPTOP" in words
    for length in range(_LONGEST, 0, -1):
        for start in range(len(words) - length + 1):
            found = words[start : start + length]
            if is_laptop and (laptop := _CARDS_BY_WORDS.get((*found, "LAPTOP"))):
                return laptop
            if card := _CARDS_BY_WORDS.get(found):
                return card
    return None


def _stated_gib(words: Words, card: Card) -> int | None:
    sizes = [int(match[1]) for word in words if (match := _GIGABYTES.match(word))]
    if "NVL" in words and card.name == "H100":
        sizes.append(94)
    return next((size for size in sizes if size in card.vram_gib), None)


def _is_unlisted_laptop(name: str, words: Words) -> bool:
    return "LAPTOP" in words and not name.endswith("Laptop")


def _as_laptop(name: str, words: Words) -> str:
    return f"{name} Laptop" if _is_unlisted_laptop(name, words) else name


def _cleaned(text: str) -> str:
    inside = _ANGLE.match(text)
    if inside:
        parts = inside["inside"].split(", ")
        text = _METAL.sub("", parts[1] if len(parts) > 1 else parts[0])
    text = _MASKED.sub("", _MARKS.sub(" ", text))
    text = _BRANDS.sub(" ", _BRACKETS.sub(" ", _BACKEND.sub("", text)))
    return " ".join(word for word in text.split() if word.isprintable()).strip(" ,;:/-")[:MAX_NAME].strip()
