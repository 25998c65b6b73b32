"""What one reported GPU is: its name on the market, its memory, and how sure that is."""

from dataclasses import dataclass
from typing import Final

from qubix.schemas.hardware import GpuInfo
from qubix_platform.hardware.naming import Named, is_masked, is_software, name_gpu

# Drivers keep some memory to themselves and some tools round, so a figure within a quarter of the data sheet agrees.
_AGREES_WITHIN: Final = 0.25


@dataclass(frozen=True, kw_only=True)
class Identity:
    """One real GPU.

    Attributes:
        model: the market's name; `None` where the browser hides it or nothing was said.
        vram_mib: memory in MiB, 0 where unknown.
        vram_source: the publication that the memory was looked up in; `None` where it was reported, or is unknown.
        doubts: why this is not verified, each the rest of a sentence about this GPU. Empty: nothing was guessed.
    """

    model: str | None
    vram_mib: int
    vram_source: str | None
    doubts: tuple[str, ...]


def identify(gpu: GpuInfo) -> Identity | None:
    """Say what a reported GPU is; `None` where it is a software adapter, which is never one."""
    texts = [text for text in (gpu.model, gpu.renderer, gpu.description, gpu.device) if text and text.strip()]
    if gpu.is_software or any(is_software(text) for text in texts):
        return None
    reported = gpu.vram_mib or (round(gpu.vram * 1024) if gpu.vram else 0)
    masked = any(is_masked(text) for text in texts)
    named = None if masked else _named(texts, reported)
    vram_mib, source = _memory(named, reported)
    return Identity(
        model=named.name if named else None,
        vram_mib=vram_mib,
        vram_source=source,
        doubts=tuple(_doubts(gpu, named=named, masked=masked, reported=reported, source=source)),
    )


def _named(texts: list[str], reported: int) -> Named | None:
    names = [named for text in texts if (named := name_gpu(text, vram_mib=reported or None))]
    return next((named for named in names if named.card), names[0] if names else None)


def _memory(named: Named | None, reported: int) -> tuple[int, str | None]:
    if reported:
        return reported, None
    if named is None or named.card is None or named.is_slice:
        return 0, None
    return (named.vram_gib or named.card.vram_gib[0]) * 1024, named.card.source


def _doubts(gpu: GpuInfo, *, named: Named | None, masked: bool, reported: int, source: str | None) -> list[str]:
    doubts = []
    if gpu.simulated:
        doubts.append("is simulated")
    if masked:
        doubts.append("has its model hidden by the browser")
    elif named is None:
        doubts.append("says no model")
    if gpu.type != "native":
        doubts.append("was seen by a browser, which cannot be checked")
    if source:
        doubts.append(f"reports no memory, so the least from {source} was taken")
    elif not reported:
        doubts.append("reports no memory")
    elif named and named.card and not named.is_slice:
        expected = named.card.nearest_gib(reported) * 1024
        if abs(reported - expected) > _AGREES_WITHIN * expected:
            doubts.append(f"reports {reported} MiB of memory where {named.card.source} say {expected} MiB")
    return doubts
