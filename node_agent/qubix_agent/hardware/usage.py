"""How busy the machine is."""

from collections.abc import Sequence
from datetime import UTC, datetime

import psutil

from qubix.schemas.hardware import GpuInfo, ResourceUsage
from qubix_agent.hardware.host import memory_total_bytes
from qubix_agent.hardware.nvidia import GpuUsage, NvidiaUsage

GIBIBYTE = 1 << 30


class MachineUsage:
    """Reads the whole machine's usage, for the heartbeat. Percentages are since the last look."""

    def __init__(self, gpus: Sequence[GpuInfo], *, nvidia: NvidiaUsage | None = None) -> None:
        self._uuids = [gpu.uuid for gpu in gpus if gpu.uuid and gpu.vendor == "NVIDIA" and not gpu.simulated]
        self._nvidia = nvidia or (NvidiaUsage() if self._uuids else None)
        psutil.cpu_percent(interval=None)  # the first look has nothing to compare with

    def read(self) -> ResourceUsage:
        """Usage now. GPU figures are of the busiest card, and None where there is none to ask."""
        memory = psutil.virtual_memory()
        total = memory_total_bytes()
        used = min(int(memory.total - memory.available), total)
        busiest = self.busiest()
        return ResourceUsage(
            cpu_percent=_percent(psutil.cpu_percent(interval=None)),
            ram_percent=_percent(100 * used / total),
            ram_used_gb=used / GIBIBYTE,
            ram_total_gb=total / GIBIBYTE,
            gpu_percent=busiest.percent if busiest else None,
            gpu_temp=busiest.temperature if busiest else None,
            gpu_mem_used_mb=busiest.memory_used_mib if busiest else None,
            gpu_mem_total_mb=busiest.memory_total_mib if busiest else None,
            timestamp=datetime.now(UTC),
        )

    def busiest(self) -> GpuUsage | None:
        """The card with the most work."""
        if self._nvidia is None:
            return None
        cards = self._nvidia.read(self._uuids).values()
        return max(cards, key=lambda card: card.percent or 0.0, default=None)

    def hottest(self) -> float | None:
        """The temperature of the hottest card, degrees Celsius; None where there is none to ask."""
        if self._nvidia is None:
            return None
        cards = self._nvidia.read(self._uuids).values()
        return max((card.temperature for card in cards if card.temperature is not None), default=None)

    def close(self) -> None:
        """End the session with the driver."""
        if self._nvidia is not None:
            self._nvidia.close()


def _percent(value: float) -> float:
    return round(min(100.0, max(0.0, value)), 2)
