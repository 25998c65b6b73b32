"""A sample of usage as it is stored, one row each."""

from dataclasses import astuple, dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from qubix.schemas.hardware import ResourceUsage
from qubix.schemas.reports import ReportedMetric

_LARGEST = 1e30
"""The columns are single precision. No machine has more of anything, and a foolish report must not spoil a batch."""


@dataclass(frozen=True, slots=True)
class ProviderSample:
    """How busy a machine was at `at`: percent of the whole machine, °C and MiB of its busiest GPU."""

    table: ClassVar[str] = "provider_metrics"

    provider_id: UUID
    at: datetime
    cpu_percent: float
    ram_percent: float
    gpu_percent: float | None
    gpu_temp: float | None
    gpu_mem_used_mb: float | None

    @classmethod
    def of(cls, usage: ResourceUsage, *, provider_id: UUID, at: datetime) -> Self:
        """A sample from a machine's report, filed under the platform's own time."""
        return cls(
            provider_id,
            at,
            usage.cpu_percent,
            usage.ram_percent,
            usage.gpu_percent,
            usage.gpu_temp,
            _bounded(usage.gpu_mem_used_mb),
        )


@dataclass(frozen=True, slots=True)
class AttemptSample:
    """What an attempt used at `at`: percent of one core and of a GPU, MiB, °C."""

    table: ClassVar[str] = "attempt_metrics"

    attempt_id: UUID
    job_id: UUID
    at: datetime
    cpu_percent: float
    memory_mib: float
    gpu_percent: float | None
    gpu_memory_mib: float | None
    gpu_temperature: float | None

    @classmethod
    def of(cls, report: ReportedMetric, *, attempt_id: UUID, job_id: UUID) -> Self:
        """A sample from a runner's report."""
        return cls(
            attempt_id,
            job_id,
            report.at,
            report.cpu_percent,
            min(report.memory_mib, _LARGEST),
            report.gpu_percent,
            _bounded(report.gpu_memory_mib),
            report.gpu_temperature,
        )


Sample = ProviderSample | AttemptSample


def columns(kind: type[Sample]) -> list[str]:
    """The table's columns, in the order of `row`."""
    return [field.name for field in fields(kind)]


def row(sample: Sample) -> tuple[Any, ...]:
    """The sample as a row of its table."""
    return astuple(sample)


def _bounded(value: float | None) -> float | None:
    return None if value is None else min(value, _LARGEST)
