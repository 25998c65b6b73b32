"""A sample of a machine's usage as it is stored, one row each."""

from dataclasses import astuple, dataclass, fields
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from qubix.schemas.hardware import ResourceUsage


@dataclass(frozen=True, slots=True)
class ProviderSample:
    """How busy a machine was at `at`: percent of the whole machine, °C and MiB of its busiest GPU."""

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
            usage.gpu_mem_used_mb,
        )


def columns() -> list[str]:
    """The table's columns, in the order of `row`."""
    return [field.name for field in fields(ProviderSample)]


def row(sample: ProviderSample) -> tuple[Any, ...]:
    """The sample as a row of its table."""
    return astuple(sample)
