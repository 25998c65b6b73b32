"""NVIDIA cards, by NVML."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Any, TypeVar

from qubix.schemas.hardware import GpuInfo
from qubix.schemas.states import Interconnect
from qubix_agent.hardware.detected import GpusFound
from qubix_agent.hardware.models import market_name

MEBIBYTE = 1 << 20

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuUsage:
    """How busy one card is: percent, MiB, °C. None where its driver does not say."""

    percent: float | None
    memory_used_mib: float | None
    memory_total_mib: float | None
    temperature: float | None


def load_nvml() -> Any:
    """NVIDIA's own binding. A function, so that a caller can put another in its place."""
    import pynvml

    return pynvml


def detect_nvidia(nvml: Any = None) -> GpusFound:
    """All NVIDIA cards. A machine without NVIDIA's driver has none, which is no problem; a broken driver is one."""
    nvml = nvml or load_nvml()
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        return GpusFound(problem=_why_no_nvml(nvml, error))
    try:
        return _read_all(nvml)
    except nvml.NVMLError as error:
        return GpusFound(problem=f"NVIDIA's driver stopped answering while its cards were read: {error}")
    finally:
        with contextlib.suppress(nvml.NVMLError):  # nothing rests on it: the process ends the session anyway
            nvml.nvmlShutdown()


def _why_no_nvml(nvml: Any, error: Exception) -> str | None:
    absent = tuple(
        kind
        for name in ("NVMLError_LibraryNotFound", "NVMLError_DriverNotLoaded")
        if (kind := getattr(nvml, name, None))
    )
    if isinstance(error, absent):
        return None
    return f"NVIDIA's driver is installed but does not work ({error}): reinstall it or restart the machine"


def _read_all(nvml: Any) -> GpusFound:
    driver = _optional(nvml, lambda: _text(nvml.nvmlSystemGetDriverVersion()))
    gpus: list[GpuInfo] = []
    broken: list[str] = []
    for index in range(nvml.nvmlDeviceGetCount()):
        try:
            gpus.append(_read_one(nvml, index, driver))
        except nvml.NVMLError as error:
            broken.append(f"GPU {index} does not answer ({error})")
    problem = f"{'; '.join(broken)}: left out, restart the machine to get it back" if broken else None
    link = Interconnect.NVLINK if len(gpus) > 1 and not broken and _all_linked(nvml, len(gpus)) else None
    return GpusFound(gpus=tuple(gpus), problem=problem, interconnect=link)


def _all_linked(nvml: Any, count: int) -> bool:
    """Whether NVLink, or a switch of it, joins each two cards. A driver that does not say so says no."""
    handles = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(count)]
    return all(
        _optional(nvml, partial(nvml.nvmlDeviceGetP2PStatus, one, other, nvml.NVML_P2P_CAPS_INDEX_NVLINK))
        == nvml.NVML_P2P_STATUS_OK
        for one, other in combinations(handles, 2)
    )


def _read_one(nvml: Any, index: int, driver: str | None) -> GpuInfo:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    name = _text(nvml.nvmlDeviceGetName(handle))
    vram_mib = int(nvml.nvmlDeviceGetMemoryInfo(handle).total) // MEBIBYTE
    capability = _optional(nvml, lambda: nvml.nvmlDeviceGetCudaComputeCapability(handle))
    return GpuInfo(
        vendor="NVIDIA",
        model=market_name(name, vram_mib=vram_mib),
        description=name,
        type="native",
        index=index,
        uuid=_text(nvml.nvmlDeviceGetUUID(handle)),
        vram_mib=vram_mib,
        driver=driver,
        compute_capability=f"{capability[0]}.{capability[1]}" if capability else None,
        pcie=_optional(nvml, lambda: _pcie(nvml, handle)),
    )


def _pcie(nvml: Any, handle: Any) -> str:
    bus = _text(nvml.nvmlDeviceGetPciInfo(handle).busId)
    generation = nvml.nvmlDeviceGetMaxPcieLinkGeneration(handle)
    width = nvml.nvmlDeviceGetMaxPcieLinkWidth(handle)
    return f"{bus} Gen{generation} x{width}"


def _optional(nvml: Any, read: Callable[[], T]) -> T | None:
    try:
        return read()
    except nvml.NVMLError:
        return None  # older cards and some virtual ones do not know every question


def _text(value: str | bytes) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value


class NvidiaUsage:
    """Reads how busy cards are, keeping NVML open between looks."""

    def __init__(self, nvml: Any = None) -> None:
        self._nvml = nvml or load_nvml()
        self._handles: dict[str, Any] = {}
        self._open = False

    def read(self, uuids: list[str]) -> dict[str, GpuUsage]:
        """The usage of those of the given cards that answer."""
        return {uuid: usage for uuid in uuids if (usage := self._read(uuid)) is not None}

    def _read(self, uuid: str) -> GpuUsage | None:
        nvml = self._nvml
        try:
            if not self._open:
                nvml.nvmlInit()
                self._open = True
            if uuid not in self._handles:
                self._handles[uuid] = nvml.nvmlDeviceGetHandleByUUID(uuid)
        except nvml.NVMLError:
            return None
        return self._ask(self._handles[uuid])

    def _ask(self, handle: Any) -> GpuUsage:
        nvml = self._nvml
        rates = _optional(nvml, lambda: nvml.nvmlDeviceGetUtilizationRates(handle))
        memory = _optional(nvml, lambda: nvml.nvmlDeviceGetMemoryInfo(handle))
        celsius = _optional(nvml, lambda: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU))
        return GpuUsage(
            percent=float(rates.gpu) if rates else None,
            memory_used_mib=memory.used / MEBIBYTE if memory else None,
            memory_total_mib=memory.total / MEBIBYTE if memory else None,
            temperature=float(celsius) if celsius is not None else None,
        )

    def close(self) -> None:
        """End the session with the driver."""
        if self._open:
            with contextlib.suppress(self._nvml.NVMLError):  # a driver that died meanwhile has ended it already
                self._nvml.nvmlShutdown()
            self._open = False
            self._handles.clear()
