"""The only place where a reservation's status changes."""

from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.base import JsonObject
from qubix.schemas.states import EventType
from qubix_platform.events import service as events
from qubix_platform.pricing.rules import WindowEnd

_TRANSITION: Final = text("""
    update reservations set status = :to, closed_at = clock_timestamp() where id = :id and status = 'ACTIVE'
    returning user_id
""")


async def close(session: AsyncSession, reservation_id: UUID, *, end: WindowEnd, refund: int) -> bool:
    """Compare-and-set a reservation from ACTIVE to its end, with the event; False where it had ended.

    Args:
        session: the caller's transaction.
        reservation_id: the reservation.
        end: how it ended.
        refund: what its holder gets back, QU.
    """
    user_id = (await session.execute(_TRANSITION, {"id": reservation_id, "to": end.value})).scalar_one_or_none()
    if user_id is None:
        return False
    data: JsonObject = {
        "change": refund,
        "reason": "a reservation ended",
        "reservationId": str(reservation_id),
        "reservationStatus": end.value,
    }
    await events.record(session, type=EventType.BALANCE_CHANGED, topics=[f"user:{user_id}"], data=data)
    return True
