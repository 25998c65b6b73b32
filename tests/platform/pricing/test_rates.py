"""Rounding, over any amounts."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from qubix.schemas.base import MAX_QU
from qubix_platform.pricing.rates import charge, hold, hourly_price, split, whole_seconds

prices = st.integers(0, 10**9)
seconds = st.integers(0, 30 * 86_400)


@given(held=st.integers(0, MAX_QU), charged=st.integers(0, MAX_QU), basis_points=st.integers(0, 10_000))
def test_the_three_parts_always_sum_to_the_hold(held: int, charged: int, basis_points: int) -> None:
    parts = split(held=held, charged=charged, fee_basis_points=basis_points)
    assert parts.provider + parts.fee + parts.refund == held
    assert min(parts.provider, parts.fee, parts.refund) >= 0
    assert parts.provider + parts.fee == min(held, charged)
    assert 0 <= Fraction(min(held, charged) * basis_points, 10_000) - parts.fee < 1


@given(cap=prices, paid=prices, limit=seconds, used=seconds)
def test_the_hold_covers_every_charge_within_cap_and_limit(cap: int, paid: int, limit: int, used: int) -> None:
    assert charge(price_per_hour=min(paid, cap), seconds=min(used, limit)) <= hold(max_price=cap, seconds=limit)


@given(price=prices, first=seconds, second=seconds)
def test_a_charge_is_never_more_than_the_exact_price(price: int, first: int, second: int) -> None:
    assert 0 <= Fraction(price * first, 3600) - charge(price_per_hour=price, seconds=first) < 1
    if first <= second:
        assert charge(price_per_hour=price, seconds=first) <= charge(price_per_hour=price, seconds=second)


@given(price=prices, count=st.integers(0, 64), share=st.integers(1, 1000))
def test_shares_and_several_gpus_pay_their_part_rounded_up(price: int, count: int, share: int) -> None:
    exact = Fraction(price * count * share, 1000) if count else Fraction(price)
    assert 0 <= hourly_price(price_per_hour=price, gpu_count=count, share_milli=share) - exact < 1


@given(offset=st.floats(-1000, 1_000_000))
def test_only_seconds_that_passed_in_full_count(offset: float) -> None:
    start = datetime(2026, 11, 22, tzinfo=UTC)
    end = start + timedelta(seconds=offset)
    counted = whole_seconds(start=start, end=end)
    assert counted == max(0, int((end - start).total_seconds() // 1))
