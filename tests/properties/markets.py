"""Random markets for properties: machines, jobs, and what happens to them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st

from qubix.schemas.resources import WHOLE_GPU_MILLI
from qubix.schemas.states import (
    AffinityScope,
    Interconnect,
    IsolationLevel,
    Preference,
    ProviderStatus,
    ProviderType,
    Trust,
)
from qubix_platform.placement.model import (
    AntiAffinity,
    Candidate,
    Due,
    GpuState,
    OfferOrder,
    PendingJob,
    Policy,
    Request,
)
from qubix_platform.placement.standby import beside

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

_MODELS = ("RTX 4090", "NVIDIA GeForce RTX 4090", "A100-80GB", "H100")
_CAPABILITIES = st.sampled_from([None, (7, 5), (8, 0), (8, 9)])
_LOCATIONS = st.sampled_from(["DE", "US"])
_LABELS = st.sampled_from([(), (), (), (("disk", "nvme"),), (("disk", "nvme"), ("site", "de-1")), (("site", "US"),)])
_APART = st.sampled_from([None, None, None, *(AntiAffinity(group="replicas", scope=scope) for scope in AffinityScope)])
_USERS = st.integers(1, 3).map(lambda number: UUID(int=number))

moments = st.integers(-10, 10).map(lambda seconds: NOW + timedelta(seconds=seconds))
policies = st.sampled_from(OfferOrder).map(lambda order: Policy(order=order))


@st.composite
def _cards(draw: st.DrawFn, number: int) -> tuple[GpuState, ...]:
    return tuple(
        GpuState(
            id=number * 10 + index,
            index=index,
            model=draw(st.sampled_from(_MODELS)),
            vram_mib=draw(st.sampled_from([8_192, 24_564, 81_920])),
            compute_capability=draw(_CAPABILITIES),
            allocated_milli=draw(st.sampled_from([0, 0, 250, 500, 1000])),
        )
        for index in range(draw(st.integers(0, 3)))
    )


@st.composite
def candidates(draw: st.DrawFn, number: int | None = None) -> Candidate:
    """A machine in any state; `number` fixes which one it is."""
    number = draw(st.integers(1, 6)) if number is None else number
    return Candidate(
        provider_id=UUID(int=number),
        worker_id=f"machine-{number}",
        user_id=draw(_USERS),
        type=draw(st.sampled_from([ProviderType.RAY, ProviderType.RAY, ProviderType.NATIVE, ProviderType.BROWSER])),
        trust=draw(st.sampled_from(Trust)),
        status=draw(st.sampled_from([ProviderStatus.ONLINE, ProviderStatus.ONLINE, *ProviderStatus])),
        is_available=draw(st.sampled_from([True, True, True, False])),
        reachable=draw(st.sampled_from([True, True, True, False])),
        shunned_until=draw(st.none() | moments),
        cpu_cores=draw(st.sampled_from([2, 8])),
        ram_mib=draw(st.sampled_from([2_048, 8_192])),
        disk_mib=draw(st.sampled_from([1_000, 10_000])),
        allocated_cpu=draw(st.integers(0, 2)),
        allocated_memory_mib=draw(st.sampled_from([0, 1_024])),
        allocated_disk_mib=draw(st.sampled_from([0, 0, 990])),
        price_per_hour=draw(st.sampled_from([0, 50, 100, 101])),
        isolation_level=draw(st.sampled_from(IsolationLevel)),
        reliability=draw(st.sampled_from([0.5, 0.9, 1.0])),
        location=draw(st.none() | _LOCATIONS),
        fp32_tflops=draw(st.sampled_from([None, 10.0, 20.0])),
        gpus=draw(_cards(number)),
        labels=draw(_LABELS),
        interconnect=draw(st.sampled_from([None, *Interconnect])),
    )


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """What a job may ask for."""
    count = draw(st.integers(0, 2))
    return Request(
        user_id=draw(_USERS),
        max_price=draw(st.sampled_from([0, 50, 100, 1_000])),
        gpu_models=draw(st.sampled_from([(), (), ("rtx4090",), ("H100", "A100-80GB")])),
        gpu_count=count,
        gpu_share_milli=WHOLE_GPU_MILLI if count > 1 else draw(st.sampled_from([250, 500, 1000])),
        min_vram_mib=draw(st.sampled_from([0, 0, 16_384])),
        min_compute_capability=draw(_CAPABILITIES),
        cpu_cores=draw(st.sampled_from([1, 2, 4])),
        memory_mib=draw(st.sampled_from([512, 4_096])),
        disk_mib=draw(st.sampled_from([16, 600, 5_000])),
        locations=draw(st.sampled_from([(), (), ("de",), ("US", "FR")])),
        min_reliability=draw(st.sampled_from([0.0, 0.0, 0.95])),
        isolation_level=draw(st.sampled_from(IsolationLevel)),
        trust=draw(st.sampled_from([None, None, *Trust])),
        providers=draw(st.sampled_from([(), (), (), ("machine-1", "machine-2")])),
        prefer=draw(st.sampled_from([Preference.CHEAPEST, *Preference])),
        labels=draw(_LABELS),
        avoid=draw(st.sampled_from([(), (), (), ("machine-1", "machine-3")])),
        anti_affinity=draw(_APART),
        interconnect=draw(st.sampled_from([None, None, None, *Interconnect])),
        due=draw(st.sampled_from([None, None, Due(at=NOW + timedelta(seconds=60), compute=600.0)])),
    )


@st.composite
def jobs(draw: st.DrawFn, number: int | None = None) -> PendingJob:
    """A pending job, or one that a machine is to stand by for; `number` fixes which one it is."""
    number = draw(st.integers(1, 8)) if number is None else number
    job = PendingJob(
        id=UUID(int=0x1000 + number),
        queued_at=draw(moments),
        request=draw(requests()),
        tried=draw(st.sampled_from([(), (), (UUID(int=1),), (UUID(int=2), UUID(int=3))])),
    )
    if draw(st.integers(0, 4)):
        return job
    return beside(job, owner=draw(_USERS), site=draw(st.sampled_from([None, "us", "DE", "de-1"])))
