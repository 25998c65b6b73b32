"""The events that tell the market about a provider, each in the transaction that makes it true."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.base import JsonObject
from qubix.schemas.hardware import ResourceUsage
from qubix.schemas.providers import Provider
from qubix.schemas.states import EventType, ProviderStatus
from qubix_platform.events import service as events


async def announce_registered(session: AsyncSession, provider: Provider) -> None:
    """A machine is new on the market. `provider` must be the public view: everybody reads this."""
    data = _identity(provider.id, provider.worker_id) | {"provider": provider.wire()}
    await events.record(session, type=EventType.PROVIDER_REGISTERED, topics=_topics(provider.worker_id), data=data)


async def announce_status(
    session: AsyncSession,
    *,
    provider_id: UUID,
    worker_id: str,
    previous: ProviderStatus,
    status: ProviderStatus,
    reason: str,
) -> None:
    """A machine came, drains or left, and why."""
    data = _identity(provider_id, worker_id) | {
        "status": status.value,
        "previous": previous.value,
        "isOnline": status is not ProviderStatus.OFFLINE,
        "reason": reason,
    }
    await events.record(session, type=EventType.PROVIDER_STATUS_CHANGED, topics=_topics(worker_id), data=data)
    await announce_change(session, provider_id=provider_id, worker_id=worker_id, change="status")


async def announce_change(session: AsyncSession, *, provider_id: UUID, worker_id: str, change: str) -> None:
    """What the market shows of a machine is not what it was: `registered`, `status`, `offer` or `removed`."""
    data = _identity(provider_id, worker_id) | {"change": change}
    await events.record(session, type=EventType.MARKETPLACE_UPDATE, topics=_topics(worker_id), data=data)


async def announce_usage(session: AsyncSession, *, provider_id: UUID, worker_id: str, usage: ResourceUsage) -> None:
    """A fresh sample, for those who watch this machine."""
    data = _identity(provider_id, worker_id) | {"usage": usage.wire()}
    await events.record(session, type=EventType.GPU_METRICS_UPDATE, topics=[f"provider:{worker_id}"], data=data)


def _identity(provider_id: UUID, worker_id: str) -> JsonObject:
    return {"providerId": str(provider_id), "workerId": worker_id}


def _topics(worker_id: str) -> list[str]:
    return ["marketplace", f"provider:{worker_id}", "scheduler"]
