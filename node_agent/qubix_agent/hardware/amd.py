"""AMD cards, by `rocm-smi --json`."""

from collections.abc import Mapping
from typing import Any

from qubix.schemas.hardware import GpuInfo
from qubix_agent.hardware.detected import GpusFound
from qubix_agent.hardware.models import market_name
from qubix_agent.hardware.vendor_tool import ToolBroken, ask_json

_COMMAND = [
    "rocm-smi",
    "--showproductname",
    "--showmeminfo",
    "vram",
    "--showuniqueid",
    "--showdriverversion",
    "--showbus",
]


def detect_amd() -> GpusFound:
    """All AMD cards that ROCm manages."""
    try:
        answer = ask_json([*_COMMAND, "--json"])
    except ToolBroken as error:
        return GpusFound(problem=f"AMD's cards could not be read: {error}")
    return parse_rocm_smi(answer) if answer is not None else GpusFound()


def parse_rocm_smi(answer: Any) -> GpusFound:
    """The cards in rocm-smi's JSON: `{"card0": {…}, "system": {…}}`. Its keys' names vary between releases."""
    if not isinstance(answer, Mapping):
        return GpusFound(problem="AMD's cards could not be read: rocm-smi's answer is not a list of cards")
    driver = _first(answer.get("system", {}), "Driver version")
    cards = sorted(
        (int(key[4:]), card) for key, card in answer.items() if key[:4] == "card" and key[4:].isdigit() and card
    )
    gpus: list[GpuInfo] = []
    broken: list[str] = []
    for index, card in cards:
        name = _first(card, "Card Series", "Card series", "Card Model", "Card model", "Device Name")
        memory = _first(card, "VRAM Total Memory (B)")
        if name is None or memory is None or not memory.isdigit():
            broken.append(f"card {index} says neither its name nor its memory")
            continue
        vram_mib = int(memory) >> 20
        gpus.append(
            GpuInfo(
                vendor="AMD",
                model=market_name(name, vram_mib=vram_mib),
                description=name,
                index=index,
                uuid=_first(card, "Unique ID") or f"AMD-{index}",
                vram_mib=vram_mib,
                driver=driver,
                pcie=_first(card, "PCI Bus"),
            )
        )
    problem = f"AMD's {'; '.join(broken)}: left out" if broken else None
    return GpusFound(gpus=tuple(gpus), problem=problem)


def _first(card: Any, *names: str) -> str | None:
    if not isinstance(card, Mapping):
        return None
    return next((str(card[name]) for name in names if card.get(name) not in (None, "", "N/A")), None)
