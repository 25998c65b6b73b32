"""The only place where an escrow's status changes."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.base import JsonObject
from qubix.schemas.states import EventType
from qubix_platform.chain.escrows.model import Escrow
from qubix_platform.chain.escrows.repository import read
from qubix_platform.chain.escrows.states import ALLOWED, EscrowStatus
from qubix_platform.events import service as events

_TRANSITION = text("""
    update escrows set
        status = :to,
        job_id = coalesce(cast(:job_id as uuid), job_id),
        provider_user_id = coalesce(cast(:provider_user_id as uuid), provider_user_id),
        provider_amount = coalesce(cast(:provider_amount as bigint), provider_amount),
        refund_amount = coalesce(cast(:refund_amount as bigint), refund_amount),
        expires_at = coalesce(now() + cast(:lasts as interval), expires_at),
        updated_at = clock_timestamp()
     where id = :id and status = :expected returning *
""")


@dataclass(frozen=True, kw_only=True)
class EscrowChange:
    """A transition and what goes with it. Fields that are None are left as they are."""

    expected: EscrowStatus
    to: EscrowStatus
    job_id: UUID | None = None
    provider_user_id: UUID | None = None
    provider_amount: int | None = None
    refund_amount: int | None = None
    lasts: timedelta | None = None


async def transition(session: AsyncSession, *, escrow_id: UUID, change: EscrowChange) -> Escrow | None:
    """Compare-and-set an escrow's status, with its event in the same transaction.

    Returns:
        The escrow as it is now, or None where its status was not the expected one: nothing was changed then.
    """
    if change.to not in ALLOWED[change.expected]:
        raise ValueError(f"an escrow never goes from {change.expected} to {change.to}")
    values = {
        "id": escrow_id,
        "expected": change.expected.value,
        "to": change.to.value,
        "job_id": change.job_id,
        "provider_user_id": change.provider_user_id,
        "provider_amount": change.provider_amount,
        "refund_amount": change.refund_amount,
        "lasts": change.lasts,
    }
    row = (await session.execute(_TRANSITION, values)).one_or_none()
    if row is None:
        return None
    escrow = read(row)
    await announce(session, escrow)
    return escrow


async def announce(session: AsyncSession, escrow: Escrow) -> None:
    """Tell the consumer how their escrow stands."""
    data: JsonObject = {
        "escrowId": str(escrow.id),
        "escrowStatus": escrow.status.value,
        "amount": escrow.amount,
        "paid": escrow.paid,
        "jobId": str(escrow.job_id) if escrow.job_id else None,
    }
    await events.record(session, type=EventType.ESCROW_PROGRESS, topics=[f"user:{escrow.user_id}"], data=data)
