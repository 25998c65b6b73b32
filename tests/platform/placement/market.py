"""Offers and jobs to decide on, as tests want them: an ordinary one, with what differs."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from qubix.schemas.states import IsolationLevel, ProviderStatus, ProviderType, Trust
from qubix.schemas.waiting import WaitingReport
from qubix_platform.placement.decide import explain_next, newest_job
from qubix_platform.placement.model import (
    Candidate,
    GpuState,
    PendingJob,
    Policy,
    Request,
    ReservedWindow,
    Running,
    Snapshot,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CONSUMER = UUID(int=1)
OWNER = UUID(int=2)


def card(number: int, **changes: Any) -> GpuState:
    """GPU number `number` of the test's market: an RTX 4090 that is free."""
    facts: dict[str, Any] = {
        "id": number,
        "index": number % 100,
        "model": "NVIDIA GeForce RTX 4090",
        "vram_mib": 24_564,
        "compute_capability": (8, 9),
    }
    return GpuState(**facts | changes)


def offer(number: int, *, gpus: int | tuple[GpuState, ...] = 1, **changes: Any) -> Candidate:
    """Machine number `number`: online, a member, 100 QU an hour, with this many RTX 4090 (or these cards)."""
    cards = tuple(card(number * 100 + index) for index in range(gpus)) if isinstance(gpus, int) else gpus
    facts: dict[str, Any] = {
        "provider_id": UUID(int=number),
        "worker_id": f"machine-{number}",
        "user_id": OWNER,
        "type": ProviderType.RAY,
        "trust": Trust.MEMBER,
        "status": ProviderStatus.ONLINE,
        "is_available": True,
        "cpu_cores": 16,
        "ram_mib": 65_536,
        "disk_mib": 500_000,
        "price_per_hour": 100,
        "isolation_level": IsolationLevel.BWRAP_CGROUP,
        "reliability": 0.98,
        "location": "DE",
        "gpus": cards,
    }
    return Candidate(**facts | changes)


def request(**changes: Any) -> Request:
    """What an ordinary job asks for: one RTX 4090 at up to 500 QU per hour."""
    facts: dict[str, Any] = {
        "user_id": CONSUMER,
        "max_price": 500,
        "gpu_count": 1,
        "gpu_models": ("RTX 4090",),
    }
    return Request(**facts | changes)


def job(number: int, *, tried: tuple[int, ...] = (), **changes: Any) -> PendingJob:
    """Job number `number`, queued that many seconds after the others; `changes` are of its request."""
    return PendingJob(
        id=UUID(int=0x1000 + number),
        queued_at=NOW + timedelta(seconds=number),
        request=request(**changes),
        tried=tuple(UUID(int=machine) for machine in tried),
    )


def explain(
    candidates: Sequence[Candidate],
    request: Request,
    now: datetime,
    policy: Policy,
    *,
    running: Iterable[Running] = (),
    reserved: Iterable[ReservedWindow] = (),
    limit_seconds: int = 3600,
) -> tuple[tuple[Candidate, ...], WaitingReport]:
    """How a request stands in the market, without a job.

    Args:
        candidates: the machines.
        request: what is asked for.
        now: the instant.
        policy: the order in which offers are tried.
        running: what takes room of them, to say when it ends.
        reserved: whose time of which machine is reserved.
        limit_seconds: how long a job with this request may run.

    Returns:
        The offers that could take it now, in the policy's order, and the counted reasons why the others cannot.
    """
    market = Snapshot(providers=tuple(candidates), running=tuple(running), windows=tuple(reserved))
    return explain_next(market, newest_job(request, now, limit_seconds=limit_seconds), now, policy)
