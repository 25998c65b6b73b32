"""The only place where a provider's status changes."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import ProviderStatus
from qubix_platform.providers.announcements import announce_status
from qubix_platform.providers.lifecycle import is_allowed

_TRANSITION = text("update providers set status = :to where id = :id and status = :expected returning worker_id")


async def transition(
    session: AsyncSession, *, provider_id: UUID, expected: ProviderStatus, to: ProviderStatus, reason: str
) -> bool:
    """Compare-and-set a provider's status and tell the market.

    Args:
        session: the caller's transaction.
        provider_id: the machine.
        expected: what its status has to be.
        to: what it becomes.
        reason: why, as the rest of the sentence "It is offline: …".

    Returns:
        False where its status was not the expected one: nothing was changed then.

    Raises:
        ValueError: a provider never goes from the one status to the other.
    """
    if not is_allowed(expected=expected, to=to):
        raise ValueError(f"a provider never goes from {expected} to {to}")
    values = {"id": provider_id, "expected": expected.value, "to": to.value}
    worker_id: str | None = (await session.execute(_TRANSITION, values)).scalar_one_or_none()
    if worker_id is None:
        return False
    await announce_status(
        session, provider_id=provider_id, worker_id=worker_id, previous=expected, status=to, reason=reason
    )
    return True
