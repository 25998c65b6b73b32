"""Refusals about reservations."""

from uuid import UUID

from qubix.errors import Conflict, InvalidRequest, NotFound


class ReservationNotFound(NotFound):
    """No such reservation, or it is somebody else's: which of the two is not told."""

    code = "reservation_not_found"

    @classmethod
    def of(cls, reservation_id: UUID, *, asked: str) -> "ReservationNotFound":
        """The refusal for one reservation."""
        return cls(asked=asked, obstacle=f"you have no reservation {reservation_id}", remedy="Check its id.")


class WindowNotUsable(InvalidRequest):
    """The time that is to be reserved is over, too short or too long."""

    code = "window_not_usable"


class MachineNotToReserve(Conflict):
    """The machine is not on the market, is the caller's own, or is reserved already for some of that time."""

    code = "machine_not_to_reserve"
