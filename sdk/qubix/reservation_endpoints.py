"""The endpoints of reservations, as calls. No I/O."""

from urllib.parse import quote
from uuid import UUID

from qubix.calls import Call, Page, body_of, one, several
from qubix.schemas.reservations import Reservation, ReservationCreate

_PATH = "/api/reservations"


def reserve(request: ReservationCreate) -> Call[Reservation]:
    """Prepay a machine's time."""
    return Call(
        asked=f"Reserving {request.provider}", method="POST", path=_PATH, parse=one(Reservation), **body_of(request)
    )


def reservations() -> Call[Page[Reservation]]:
    """The caller's reservations, newest first."""
    return Call(asked="Listing your reservations", method="GET", path=_PATH, parse=several(Reservation))


def cancel_reservation(reservation_id: UUID | str) -> Call[Reservation]:
    """Give a reservation back."""
    path = f"{_PATH}/{quote(str(reservation_id), safe='')}"
    return Call(asked=f"Cancelling reservation {reservation_id}", method="DELETE", path=path, parse=one(Reservation))
