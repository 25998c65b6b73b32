"""What both clients do about reservations."""

from datetime import datetime, timedelta
from uuid import UUID

from qubix import reservation_endpoints
from qubix.calls import Page
from qubix.driver import AsyncDriver, Driver
from qubix.durations import seconds
from qubix.requests import built
from qubix.schemas.reservations import Reservation, ReservationCreate


class ReservationMethods:
    """Of the synchronous client."""

    _driver: Driver

    def reserve(
        self, provider: UUID | str, length: str | int | timedelta, *, starts_at: datetime | None = None
    ) -> Reservation:
        """Prepay a machine's time, cheaper the longer it is. Your jobs that end within it cost nothing more there.

        Args:
            provider: the machine's id or worker id.
            length: "1h" to "365d".
            starts_at: with its time zone; now where it is left out.

        Raises:
            Conflict: it is reserved, or jobs of others may run on it, for some of that time.
            InsufficientFunds: the available balance does not cover it.
            InvalidRequest: the time is over, or too short or too long.
        """
        return self._driver.send(reservation_endpoints.reserve(_wanted(provider, length, starts_at)))

    def reservations(self) -> Page[Reservation]:
        """Your reservations, newest first."""
        return self._driver.send(reservation_endpoints.reservations())

    def cancel_reservation(self, reservation_id: UUID | str) -> Reservation:
        """Give a reservation back: what was had is paid at list price, the rest is returned.

        Raises:
            NotFound: you have no such reservation.
        """
        return self._driver.send(reservation_endpoints.cancel_reservation(reservation_id))


class AsyncReservationMethods:
    """Of the asynchronous client; see `ReservationMethods`."""

    _driver: AsyncDriver

    async def reserve(
        self, provider: UUID | str, length: str | int | timedelta, *, starts_at: datetime | None = None
    ) -> Reservation:
        """Prepay a machine's time; see `Client.reserve`."""
        return await self._driver.send(reservation_endpoints.reserve(_wanted(provider, length, starts_at)))

    async def reservations(self) -> Page[Reservation]:
        """Your reservations, newest first."""
        return await self._driver.send(reservation_endpoints.reservations())

    async def cancel_reservation(self, reservation_id: UUID | str) -> Reservation:
        """Give a reservation back; see `Client.cancel_reservation`."""
        return await self._driver.send(reservation_endpoints.cancel_reservation(reservation_id))


def _wanted(provider: UUID | str, length: str | int | timedelta, starts_at: datetime | None) -> ReservationCreate:
    return built(
        ReservationCreate,
        f"Reserving {provider}",
        provider=str(provider),
        seconds=seconds(length),
        starts_at=starts_at,
    )
