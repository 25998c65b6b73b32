"""Machines reserved for a time."""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, status

from qubix.schemas.reservations import Reservation, ReservationCreate
from qubix_platform.reservations import service as reservations
from qubix_serve.dependencies import Context, MoneyUser, ReadUser, Session
from qubix_serve.paging import Listed

router = APIRouter(prefix="/api/reservations", tags=["reservations"])


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_reservation(request: ReservationCreate, session: Session, caller: MoneyUser) -> Reservation:
    """Prepay a machine's time. It takes no job of others that could run into it."""
    reservation_id = await reservations.reserve(
        session,
        caller=caller,
        provider_id=await reservations.machine_named(session, request.provider),
        length=timedelta(seconds=request.seconds),
        starts_at=request.starts_at,
    )
    return await reservations.get(session, caller=caller, reservation_id=reservation_id)


@router.get("")
async def list_reservations(session: Session, caller: ReadUser, whole: Listed) -> list[Reservation]:
    """The caller's reservations, newest first."""
    return whole.of(await reservations.of_user(session, caller.user_id))


@router.delete("/{reservation_id}")
async def cancel_reservation(
    reservation_id: UUID, session: Session, caller: MoneyUser, context: Context
) -> Reservation:
    """Give a reservation back: what was had is paid at list price, the rest is returned. Again changes nothing."""
    await reservations.cancel(session, caller=caller, reservation_id=reservation_id, policy=context.settings.policy)
    return await reservations.get(session, caller=caller, reservation_id=reservation_id)
