"""Intel cards, by `xpu-smi`."""

from collections.abc import Mapping
from typing import Any

from qubix.schemas.hardware import GpuInfo
from qubix_agent.hardware.detected import GpusFound
from qubix_agent.hardware.models import market_name
from qubix_agent.hardware.vendor_tool import ToolBroken, ask_json


def detect_intel() -> GpusFound:
    """All Intel cards that xpu-smi manages, each asked for its details."""
    try:
        listing = ask_json(["xpu-smi", "discovery", "-j"])
        if listing is None:
            return GpusFound()
        details = [ask_json(["xpu-smi", "discovery", "-d", str(index), "-j"]) for index in device_ids(listing)]
    except ToolBroken as error:
        return GpusFound(problem=f"Intel's cards could not be read: {error}")
    return parse_xpu_smi(details)


def device_ids(listing: Any) -> list[int]:
    """The ids in `xpu-smi discovery -j`: `{"device_list": [{"device_id": 0, …}]}`."""
    devices = listing.get("device_list") if isinstance(listing, Mapping) else None
    if not isinstance(devices, list):
        raise ToolBroken("xpu-smi's answer has no list of devices")
    return [int(device["device_id"]) for device in devices if isinstance(device, Mapping) and "device_id" in device]


def parse_xpu_smi(details: list[Any]) -> GpusFound:
    """The cards in the answers to `xpu-smi discovery -d N -j`."""
    gpus: list[GpuInfo] = []
    broken: list[str] = []
    for card in details:
        memory = str(card.get("memory_physical_size_byte", "")) if isinstance(card, Mapping) else ""
        name = card.get("device_name") if isinstance(card, Mapping) else None
        if not name or not memory.isdigit():
            broken.append("a card says neither its name nor its memory")
            continue
        vram_mib = int(memory) >> 20
        index = int(card.get("device_id", len(gpus)))
        gpus.append(
            GpuInfo(
                vendor="Intel",
                model=market_name(str(name), vram_mib=vram_mib),
                description=str(name),
                index=index,
                uuid=str(card.get("uuid") or f"INTEL-{index}"),
                vram_mib=vram_mib,
                driver=str(card["driver_version"]) if card.get("driver_version") else None,
                pcie=str(card["pci_bdf_address"]) if card.get("pci_bdf_address") else None,
            )
        )
    problem = f"Of Intel's cards, {'; '.join(broken)}: left out" if broken else None
    return GpusFound(gpus=tuple(gpus), problem=problem)
