"""Prices for reserved windows and spot bids, over any amounts."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from qubix_platform.pricing.rates import BASIS_POINTS, charge
from qubix_platform.pricing.rules import (
    DISCOUNTS,
    SPOT_FLOOR_BASIS_POINTS,
    Window,
    WindowEnd,
    discount,
    earned,
    is_outbid,
    owed,
    prepayment,
    spot_price,
)

START = datetime(2026, 11, 22, tzinfo=UTC)
prices = st.integers(0, 10**9)
lengths = st.integers(1, 365 * 86_400)


def window(*, price: int, seconds: int) -> Window:
    prepaid = prepayment(price_per_hour=price, seconds=seconds, discount_basis_points=discount(seconds))
    return Window(starts_at=START, ends_at=START + timedelta(seconds=seconds), price_per_hour=price, prepaid=prepaid)


@given(price=prices, seconds=lengths)
def test_a_prepayment_is_the_list_price_less_the_discount_rounded_down(price: int, seconds: int) -> None:
    exact = Fraction(price * seconds * (BASIS_POINTS - discount(seconds)), 3600 * BASIS_POINTS)
    assert 0 <= exact - window(price=price, seconds=seconds).prepaid < 1


@given(first=lengths, second=lengths)
def test_a_longer_window_never_has_a_smaller_discount(first: int, second: int) -> None:
    shorter, longer = sorted((first, second))
    assert discount(shorter) <= discount(longer) <= max(each.basis_points for each in DISCOUNTS)


@given(price=prices, seconds=lengths, passed=st.lists(st.integers(0, 366 * 86_400), min_size=2, max_size=2))
def test_what_is_owed_rises_with_the_time_and_never_beyond_what_was_prepaid(
    price: int, seconds: int, passed: list[int]
) -> None:
    reserved = window(price=price, seconds=seconds)
    sooner, later = (reserved.passed(START + timedelta(seconds=each)) for each in sorted(passed))
    for end in WindowEnd:
        assert 0 <= owed(reserved, passed=sooner, end=end) <= owed(reserved, passed=later, end=end) <= reserved.prepaid
    # What was paid out on the way is always within what is owed at the end, whichever end it is.
    assert earned(reserved, passed=sooner) <= min(owed(reserved, passed=later, end=end) for end in WindowEnd)
    assert owed(reserved, passed=seconds, end=WindowEnd.ENDED) == reserved.prepaid
    assert owed(reserved, passed=0, end=WindowEnd.CANCELLED) == owed(reserved, passed=0, end=WindowEnd.FAILED) == 0


def test_who_gives_back_pays_list_price_and_who_loses_the_machine_keeps_the_discount() -> None:
    reserved = window(price=1_000, seconds=100 * 3600)
    assert reserved.prepaid == 90_000
    half = 50 * 3600
    assert owed(reserved, passed=half, end=WindowEnd.CANCELLED) == charge(price_per_hour=1_000, seconds=half) == 50_000
    assert owed(reserved, passed=half, end=WindowEnd.FAILED) == 45_000
    assert owed(reserved, passed=95 * 3600, end=WindowEnd.CANCELLED) == 90_000


@given(bid=prices, price=prices)
def test_a_spot_bid_pays_itself_between_the_floor_and_the_list_price(bid: int, price: int) -> None:
    pays = spot_price(bid=bid, list_price=price)
    if Fraction(bid) < Fraction(price * SPOT_FLOOR_BASIS_POINTS, BASIS_POINTS):
        assert pays is None
    else:
        assert pays == min(bid, price)


@given(first=prices, second=prices)
def test_of_two_bids_at_most_one_makes_the_other_give_way(first: int, second: int) -> None:
    assert not (is_outbid(price=first, by=second) and is_outbid(price=second, by=first))
    assert not is_outbid(price=first, by=first)
