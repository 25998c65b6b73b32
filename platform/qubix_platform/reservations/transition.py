"""The only place where a reservation's status changes."""

from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import EventType
from qubix_platform.events import service as events
from qubix_platform.pricing.rules import WindowEnd

_TRANSITION: Final = text("""
    update reservations set status = :to, closed_at = clock_timestamp() where id = :id and status = 'ACTIVE'
    returning user_id
""")


async def close(session: AsyncSession, reservation_id: UUID, *, end: WindowEnd) -> bool:
    """Compare-and-set a reservation from ACTIVE to its end, with the event; False where it had ended."""
    user_id = (await session.execute(_TRANSITION, {"id": reservation_id, "to": end.value})).scalar_one_or_none()
    if user_id is None:
        return False
    data = {"reservationId": str(reservation_id), "reservationStatus": end.value}
    await events.record(session, type=EventType.BALANCE_CHANGED, topics=[f"user:{user_id}"], data=dict(data))
    return True
