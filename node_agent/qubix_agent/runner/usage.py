"""Once a second: what an attempt uses, of its sandbox and of its cards."""

from collections.abc import Sequence
from datetime import UTC, datetime

from qubix.schemas.attempts import AttemptGpu
from qubix.schemas.reports import JobMetrics, ReportedMetric
from qubix_agent.hardware.nvidia import GpuUsage, NvidiaUsage
from qubix_agent.sandbox.outcome import Outcome, Usage

MEBIBYTE = 1 << 20


class UsageRecord:
    """Makes samples and keeps their averages.

    Args:
        gpus: the cards of the attempt; simulated ones have no usage.
        reader: asks the driver.
        memory_mib: the job's memory limit, which its averages are a percentage of.
    """

    def __init__(self, gpus: Sequence[AttemptGpu], reader: NvidiaUsage | None, *, memory_mib: int) -> None:
        self._uuids = [gpu.uuid for gpu in gpus if not gpu.simulated]
        self._reader = reader if self._uuids else None
        self._memory_mib = memory_mib
        self._count = 0
        self._cpu = self._ram = 0.0
        self._gpu: list[float] = []

    def sample(self, usage: Usage) -> ReportedMetric:
        """What is used now: CPU in percent of a core, memory in MiB, of several cards the mean, sum and maximum."""
        cards = list(self._reader.read(self._uuids).values()) if self._reader else []
        metric = _metric(usage.cpu_percent, usage.memory_bytes, cards)
        self._count += 1
        self._cpu += metric.cpu_percent
        self._ram += metric.memory_mib
        if metric.gpu_percent is not None:
            self._gpu.append(metric.gpu_percent)
        return metric

    def last(self, outcome: Outcome) -> list[ReportedMetric]:
        """A sample of a whole run that was too short for one by the second."""
        if self._count or not outcome.wall_seconds:
            return []
        percent = 100 * outcome.cpu_seconds / outcome.wall_seconds
        metric = _metric(percent, outcome.peak_memory_bytes, [])
        self._count, self._cpu, self._ram = 1, metric.cpu_percent, metric.memory_mib
        return [metric]

    def summary(self, outcome: Outcome) -> JobMetrics:
        """The run's averages: CPU in percent of a core, memory in percent of the limit."""
        count = self._count or 1
        return JobMetrics(
            processing_time_seconds=round(outcome.wall_seconds, 3),
            cpu_usage_avg=round(self._cpu / count, 2),
            ram_usage_avg=round(100 * self._ram / count / self._memory_mib, 2),
            gpu_usage_avg=round(sum(self._gpu) / len(self._gpu), 2) if self._gpu else None,
        )


def _metric(cpu_percent: float, memory_bytes: int, cards: Sequence[GpuUsage]) -> ReportedMetric:
    busy = [card.percent for card in cards if card.percent is not None]
    used = [card.memory_used_mib for card in cards if card.memory_used_mib is not None]
    heat = [card.temperature for card in cards if card.temperature is not None]
    return ReportedMetric(
        at=datetime.now(UTC),
        cpu_percent=round(min(cpu_percent, 1e6), 2),
        memory_mib=round(memory_bytes / MEBIBYTE, 2),
        gpu_percent=sum(busy) / len(busy) if busy else None,
        gpu_memory_mib=sum(used) if used else None,
        gpu_temperature=max(heat) if heat else None,
    )
