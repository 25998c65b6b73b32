"""Machines reserved for a time."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from qubix.schemas.base import RequestModel, Slug, WireModel


class ReservationStatus(StrEnum):
    """Life of a reservation. All but the first are final."""

    ACTIVE = "ACTIVE"
    ENDED = "ENDED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


class ReservationCreate(RequestModel):
    """A whole machine (its id or worker id) for so many seconds, an hour to a year; from now on without `startsAt`."""

    provider: Slug
    seconds: Annotated[int, Field(ge=3600, le=365 * 86_400)]
    starts_at: AwareDatetime | None = None


class Reservation(WireModel):
    """A machine's time that the caller prepaid. Amounts in QU; `pricePerHour` is the list price, of which
    `discountBasisPoints` ten-thousandths were taken off.

    Within it the machine takes no other's jobs, and the caller's that end with it, by their limit, cost nothing more.
    `paid` is what the provider has had of `prepaid` with the platform's fee, `refunded` what came back.
    """

    id: UUID
    provider_id: UUID
    worker_id: str
    status: ReservationStatus
    starts_at: datetime
    ends_at: datetime
    price_per_hour: int
    discount_basis_points: int
    prepaid: int
    paid: int
    refunded: int
    created_at: datetime
    closed_at: datetime | None
