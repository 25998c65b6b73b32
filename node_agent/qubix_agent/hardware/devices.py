"""The device nodes that a job needs for the cards it was given."""

import contextlib
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qubix.errors import Unavailable
from qubix.schemas.hardware import GpuInfo
from qubix_agent.hardware.amd import detect_amd
from qubix_agent.hardware.intel import detect_intel
from qubix_agent.hardware.nvidia import load_nvml
from qubix_agent.sandbox.view import nvidia_devices

_RENDER_NODES = Path("/dev/dri/by-path")
_AMD_COMPUTE = "/dev/kfd"


class GpuMissing(Unavailable):
    """A card that this machine offered is not there any more."""

    code = "gpu_missing"


def device_nodes(uuids: Sequence[str], *, nvml: Any = None) -> tuple[str, ...]:
    """Exactly the device nodes of these cards, with those that their driver needs besides.

    Raises:
        GpuMissing: one of the cards does not answer.
    """
    if not uuids:
        return ()
    nvidia = [uuid for uuid in uuids if uuid.startswith(("GPU-", "MIG-"))]
    others = [uuid for uuid in uuids if uuid not in nvidia]
    nodes = list(nvidia_devices(_minors(nvidia, nvml or load_nvml()))) if nvidia else []
    for uuid in others:
        nodes += [node for node in _render_nodes(uuid) if node not in nodes]
    return tuple(nodes)


def _minors(uuids: Sequence[str], nvml: Any) -> list[int]:
    asked = f"Finding {', '.join(uuids)}"
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        raise _missing(asked, f"NVIDIA's driver does not work ({error})") from error
    try:
        return [int(nvml.nvmlDeviceGetMinorNumber(nvml.nvmlDeviceGetHandleByUUID(uuid))) for uuid in uuids]
    except nvml.NVMLError as error:
        raise _missing(asked, f"NVIDIA's driver does not find it ({error})") from error
    finally:
        with contextlib.suppress(nvml.NVMLError):  # the answer is known already
            nvml.nvmlShutdown()


@functools.cache
def _cards_by_uuid() -> dict[str, GpuInfo]:
    return {gpu.uuid: gpu for found in (detect_amd(), detect_intel()) for gpu in found.gpus if gpu.uuid}


def _render_nodes(uuid: str) -> list[str]:
    card = _cards_by_uuid().get(uuid)
    address = (card.pcie or "").split(" ")[0].lower() if card else ""
    node = _RENDER_NODES / f"pci-{address}-render"
    if card is None or not node.exists():
        raise _missing(f"Finding {uuid}", "no driver of this machine knows it")
    compute = [_AMD_COMPUTE] if card.vendor == "AMD" and Path(_AMD_COMPUTE).exists() else []
    return [*compute, str(node.resolve())]


def _missing(asked: str, obstacle: str) -> GpuMissing:
    return GpuMissing(
        asked=asked, obstacle=obstacle, remedy="Start the agent of this machine again, so that it looks anew."
    )
