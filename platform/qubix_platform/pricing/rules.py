"""Prices other than the list price, as rules: what is prepaid for a reserved window, and what a spot bid pays.

All amounts whole QU, prices QU per hour. Who gets a machine, and who has to make room, is for placement to decide; what
is owed then is decided here and, for an attempt's seconds, in `attempts.billing`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from qubix_platform.pricing.rates import BASIS_POINTS, SECONDS_PER_HOUR, charge, whole_seconds

_HOUR: Final = SECONDS_PER_HOUR
_DAY: Final = 24 * _HOUR


@dataclass(frozen=True, kw_only=True)
class Discount:
    """What is taken off the list price, in ten-thousandths, for a window of at least so many seconds."""

    seconds: int
    basis_points: int


DISCOUNTS: Final = (
    Discount(seconds=30 * _DAY, basis_points=2_500),
    Discount(seconds=7 * _DAY, basis_points=1_500),
    Discount(seconds=_DAY, basis_points=1_000),
    Discount(seconds=_HOUR, basis_points=500),
)
"""The longest first."""
SPOT_FLOOR_BASIS_POINTS: Final = 2_000
"""A machine is not let for less than this part of its list price."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """A machine's time that is reserved, and what was prepaid for it.

    Attributes:
        starts_at, ends_at: the time.
        price_per_hour: the list price when it was reserved.
        prepaid: what was paid in advance, at the discount.
    """

    starts_at: datetime
    ends_at: datetime
    price_per_hour: int
    prepaid: int

    @property
    def seconds(self) -> int:
        """How long it is."""
        return whole_seconds(start=self.starts_at, end=self.ends_at)

    def passed(self, now: datetime) -> int:
        """How many of its seconds have passed."""
        return min(self.seconds, whole_seconds(start=self.starts_at, end=now))


class WindowEnd(StrEnum):
    """How a reservation ends."""

    ENDED = "ENDED"
    """Its time is over."""
    CANCELLED = "CANCELLED"
    """Its consumer gave it back."""
    FAILED = "FAILED"
    """The machine is gone, or the platform could not keep it free."""


def discount(seconds: int) -> int:
    """What is taken off the list price for a window, in ten-thousandths; nothing below an hour."""
    return next((each.basis_points for each in DISCOUNTS if seconds >= each.seconds), 0)


def prepayment(*, price_per_hour: int, seconds: int, discount_basis_points: int) -> int:
    """What a window costs in advance, rounded down, as every charge is."""
    return price_per_hour * seconds * (BASIS_POINTS - discount_basis_points) // (SECONDS_PER_HOUR * BASIS_POINTS)


def earned(window: Window, *, passed: int) -> int:
    """What of the prepaid amount is the provider's after so many seconds of the window: it rises evenly."""
    return window.prepaid * passed // window.seconds if passed < window.seconds else window.prepaid


def owed(window: Window, *, passed: int, end: WindowEnd) -> int:
    """What a reservation costs in all when it ends after so many seconds; the rest of the prepaid amount goes back.

    Time that was had is paid, whether it was used or not. Who gives the rest back pays list price for what was had, as
    the discount was for the whole; who loses it to the provider or the platform keeps the discount.
    """
    had = earned(window, passed=passed)
    if end is WindowEnd.CANCELLED:
        at_list_price = charge(price_per_hour=window.price_per_hour, seconds=passed)
        return max(had, min(window.prepaid, at_list_price))
    return had


def spot_price(*, bid: int, list_price: int) -> int | None:
    """What a spot bid pays per hour: the bid, never more than the list price; None where it is below the floor."""
    if bid * BASIS_POINTS < list_price * SPOT_FLOOR_BASIS_POINTS:
        return None
    return min(bid, list_price)


def paid(*, list_price: int, is_spot: bool, bid: int) -> int:
    """What a job pays per hour at this list price: that, or what it bids where it is a spot job and bids less."""
    return min(bid, list_price) if is_spot else list_price


def least_bid(list_price: int) -> int:
    """The least that a spot bid has to be for a machine of this list price, QU per hour."""
    return -(-list_price * SPOT_FLOOR_BASIS_POINTS // BASIS_POINTS)


def highest_list_price(bid: int) -> int:
    """The highest list price, QU per hour, of a machine that a spot bid gets."""
    return bid * BASIS_POINTS // SPOT_FLOOR_BASIS_POINTS


def is_outbid(*, price: int, by: int) -> bool:
    """Whether who pays `price` has to make room for who would pay `by`: only for more, so that nobody is moved to and
    fro between equals."""
    return by > price
