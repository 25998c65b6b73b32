"""Hardware as detected, reported and offered."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from qubix.schemas.base import RequestModel, Text, WireModel

Percent = Annotated[float, Field(ge=0, le=100)]
ShortText = Annotated[Text, Field(max_length=200)]


class GpuInfo(RequestModel):
    """One GPU as its machine, or a browser, reports it.

    `vram` is in GiB as in the founding documents; `vramMib` is exact and wins where both are given.
    """

    vendor: ShortText | None = None
    model: ShortText | None = None
    renderer: ShortText | None = None
    architecture: ShortText | None = None
    device: ShortText | None = None
    description: ShortText | None = None
    vram: Annotated[float, Field(ge=0, le=4096)] | None = None
    type: Literal["webgpu", "webgl", "native"] = "native"
    index: Annotated[int, Field(ge=0, le=63)] = 0
    uuid: ShortText | None = None
    vram_mib: Annotated[int, Field(ge=0, le=4_194_304)] | None = None
    driver: ShortText | None = None
    compute_capability: Annotated[str, Field(pattern=r"^\d{1,2}\.\d$")] | None = None
    pcie: ShortText | None = None
    is_software: bool = False
    simulated: bool = False


class CpuInfo(RequestModel):
    """The machine's processor. `cores` are logical cores."""

    model: ShortText = "unknown"
    cores: Annotated[int, Field(ge=1, le=4096)]


class RamInfo(RequestModel):
    """The machine's memory in MiB."""

    total_mib: Annotated[int, Field(ge=1, le=268_435_456)]


class BenchmarkResult(RequestModel):
    """A short honest benchmark, run by the agent on its own machine.

    `fp32Tflops` is the fp32 matrix product rate in TFLOP/s of one GPU (of the CPU where there is none);
    `memoryGbps` the copy bandwidth in GB/s; `engine` names what measured it.
    """

    fp32_tflops: Annotated[float, Field(gt=0, le=100_000)]
    memory_gbps: Annotated[float, Field(gt=0, le=1_000_000)] | None = None
    engine: ShortText
    seconds: Annotated[float, Field(ge=0, le=3600)]


class ResourceUsage(RequestModel):
    """How busy a machine is at `timestamp`. Percent of the whole machine; `gpu*` of the busiest GPU."""

    cpu_percent: Percent
    ram_percent: Percent
    ram_used_gb: Annotated[float, Field(ge=0, le=1e6)]
    ram_total_gb: Annotated[float, Field(ge=0, le=1e6)]
    gpu_percent: Percent | None = None
    gpu_temp: Annotated[float, Field(ge=-50, le=250)] | None = None
    gpu_mem_used_mb: Annotated[float, Field(ge=0, le=1e9)] | None = None
    gpu_mem_total_mb: Annotated[float, Field(ge=0, le=1e9)] | None = None
    timestamp: AwareDatetime


class ProviderMetric(WireModel):
    """One stored sample of a provider's usage."""

    cpu_percent: float
    ram_percent: float
    gpu_percent: float | None = None
    gpu_temp: float | None = None
    gpu_mem_used_mb: float | None = None
    timestamp: datetime


class HardwareReport(RequestModel):
    """What a browser (or any client) found out about its machine; every field may be missing."""

    gpus: Annotated[list[GpuInfo], Field(max_length=64)] = []
    gpu: GpuInfo | None = None
    cpu: CpuInfo | None = None
    ram: RamInfo | None = None
    user_agent: Annotated[Text, Field(max_length=1000)] | None = None


class HardwareAssessment(WireModel):
    """What a hardware report amounts to as an offer, or the fallback that remains and why.

    `suggestedPricePerHour` is in QU per hour.
    """

    detected: bool
    verified: bool
    can_join_as: list[Literal["browser", "native", "ray"]]
    gpus: list[GpuInfo]
    cpu: CpuInfo | None
    ram: RamInfo | None
    suggested_price_per_hour: int | None
    fallback: Literal["none", "native-installer", "manual-entry", "cpu-only"]
    explanation: str
