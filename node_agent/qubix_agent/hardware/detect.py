"""Finding out what this machine has."""

from collections.abc import Callable, Sequence
from pathlib import Path

from qubix.schemas.hardware import GpuInfo
from qubix.schemas.states import Interconnect
from qubix_agent.hardware.amd import detect_amd
from qubix_agent.hardware.detected import GpusFound, Machine
from qubix_agent.hardware.host import free_disk_mib, read_cpu, read_ram
from qubix_agent.hardware.intel import detect_intel
from qubix_agent.hardware.nvidia import detect_nvidia
from qubix_agent.hardware.simulate import simulated_interconnect

GpuDetector = Callable[[], GpusFound]

DETECTORS: tuple[tuple[str, GpuDetector], ...] = (
    ("NVIDIA", detect_nvidia),
    ("AMD", detect_amd),
    ("Intel", detect_intel),
)


def detect_machine(
    *, home: Path, detectors: Sequence[tuple[str, GpuDetector]] = DETECTORS, simulated: tuple[GpuInfo, ...] = ()
) -> Machine:
    """What this machine has. Never raises: a vendor whose tools are broken leaves a sentence in `problems`.

    Args:
        home: the folder on whose disk jobs keep their files.
        detectors: one per vendor.
        simulated: declared cards that take the place of detected ones.
    """
    problems: list[str] = []
    gpus: list[GpuInfo] = list(simulated)
    links: list[Interconnect | None] = [simulated_interconnect(simulated)] if simulated else []
    if not simulated:
        for vendor, detector in detectors:
            found = _guarded(vendor, detector)
            gpus += found.gpus
            links += [found.interconnect] if found.gpus else []
            problems += [found.problem] if found.problem else []
    # Several vendors each count from 0; a machine has one row of cards.
    cards = [gpu if gpu.index == index else gpu.model_copy(update={"index": index}) for index, gpu in enumerate(gpus)]
    return Machine(
        gpus=tuple(cards),
        cpu=read_cpu(),
        ram=read_ram(),
        disk_mib=free_disk_mib(home),
        simulated=bool(simulated),
        interconnect=_interconnect(gpus, links),
        problems=tuple(problems),
    )


def _interconnect(gpus: Sequence[GpuInfo], links: Sequence[Interconnect | None]) -> Interconnect | None:
    """By what any two cards reach each other at least. What nothing better is known of shares the machine's bus."""
    if len(gpus) < 2:
        return None
    return (links[0] if len(links) == 1 else None) or Interconnect.PCIE


def _guarded(vendor: str, detector: GpuDetector) -> GpusFound:
    try:
        return detector()
    except Exception as error:  # noqa: BLE001 - a vendor's library can fail in any way, and the machine may still join
        return GpusFound(problem=f"{vendor}'s cards could not be read: {type(error).__name__}: {error}")
