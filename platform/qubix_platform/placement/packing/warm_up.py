"""Loading the compiler and the compiled arithmetic ahead of the first decision that needs them."""

from datetime import UTC, datetime
from uuid import UUID

from qubix.schemas.states import IsolationLevel, ProviderStatus, ProviderType, Trust
from qubix_platform.placement.decide import decide
from qubix_platform.placement.model import Candidate, GpuState, PendingJob, Policy, Request, Snapshot

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_NOBODY = UUID(int=0)


def warm_up() -> None:
    """Decide once in a small market. A second where the compiled code is on disk already, some seconds where not."""
    jobs = tuple(
        PendingJob(id=UUID(int=number), queued_at=_NOW, request=request)
        for number, request in enumerate(
            (Request(user_id=_NOBODY, gpu_count=1, gpu_share_milli=500), Request(user_id=_NOBODY, gpu_count=1))
        )
    )
    decide(Snapshot(jobs=jobs, providers=(_machine(1), _machine(2))), _NOW, Policy())


def _machine(number: int) -> Candidate:
    return Candidate(
        provider_id=UUID(int=number),
        worker_id=f"machine-{number}",
        user_id=_NOBODY,
        type=ProviderType.RAY,
        trust=Trust.MEMBER,
        status=ProviderStatus.ONLINE,
        is_available=True,
        cpu_cores=8,
        ram_mib=16_384,
        disk_mib=16_384,
        price_per_hour=1,
        isolation_level=IsolationLevel.BWRAP,
        reliability=1.0,
        gpus=(GpuState(id=number, index=0, model="RTX 4090", vram_mib=24_564),),
    )
