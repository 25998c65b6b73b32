"""The course of long jobs, over any price, limit and wallet: nobody works unpaid, nobody pays more than was agreed."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from qubix_platform.pricing.policy import MarketPolicy
from qubix_platform.pricing.rates import charge, hold, split
from qubix_platform.pricing.sessions import (
    Funding,
    Meter,
    affordable_seconds,
    covered,
    due,
    first_hold,
    funding,
    increment,
    top_up,
)

prices = st.integers(0, 10**9)
policies = st.builds(
    MarketPolicy,
    settle_every_seconds=st.integers(60, 7200),
    settle_margin_seconds=st.integers(31, 1200),
    stop_ahead_seconds=st.integers(0, 30),
)


@given(
    policy=policies,
    price=prices,
    above=st.integers(0, 10**6),
    limit=st.integers(1, 200_000),
    steps=st.lists(st.tuples(st.integers(1, 9000), st.booleans()), max_size=30),
)
def test_whatever_passes_and_whenever_it_is_looked_at_the_money_adds_up(
    policy: MarketPolicy, price: int, above: int, limit: int, steps: list[tuple[int, bool]]
) -> None:
    cap = price + above
    held = first_hold(max_price=cap, time_limit_seconds=limit, policy=policy)
    meter = Meter(elapsed=0, settled=0, limit=limit, price_per_hour=price, max_price=cap, escrow=held)
    paid = 0
    for passed, can_pay in steps:
        meter = replace(meter, elapsed=min(limit, meter.elapsed + passed))
        missing = top_up(meter, policy)
        if can_pay:
            held += missing
            meter = replace(meter, escrow=meter.escrow + missing)
        through = min(due(meter, policy), covered(meter))
        assert meter.settled <= through <= meter.elapsed
        part = increment(price_per_hour=price, before=meter.settled, through=through)
        assert 0 <= part <= meter.escrow
        meter, paid = replace(meter, settled=through, escrow=meter.escrow - part), paid + part
        assert meter.escrow == held - paid
        assert held <= hold(max_price=cap, seconds=limit)
        if can_pay and meter.elapsed < limit:
            assert top_up(meter, policy) == 0
            assert funding(meter, policy) is Funding.COVERED
        if funding(meter, policy) is Funding.EXHAUSTED:
            assert covered(meter) <= meter.elapsed <= limit
    end = min(meter.elapsed, covered(meter))
    rest = increment(price_per_hour=price, before=meter.settled, through=end)
    assert rest <= meter.escrow
    assert paid + rest == charge(price_per_hour=price, seconds=end)


@given(policy=policies, cap=prices, limit=st.integers(1, 200_000))
def test_a_short_job_is_held_for_in_full_and_needs_nothing_more(policy: MarketPolicy, cap: int, limit: int) -> None:
    short = min(limit, policy.funded_seconds)
    held = first_hold(max_price=cap, time_limit_seconds=short, policy=policy)
    assert held == hold(max_price=cap, seconds=short)
    meter = Meter(elapsed=short, settled=0, limit=short, price_per_hour=cap, max_price=cap, escrow=held)
    assert top_up(meter, policy) == 0
    assert funding(meter, policy) is Funding.COVERED


@given(price=prices, parts=st.lists(st.integers(0, 10_000), max_size=20), basis_points=st.integers(0, 10_000))
def test_parts_of_a_charge_and_of_the_fee_sum_to_what_one_settlement_would_have_been(
    price: int, parts: list[int], basis_points: int
) -> None:
    settled = charged = provider = fee = 0
    for seconds in parts:
        part = increment(price_per_hour=price, before=settled, through=settled + seconds)
        divided = split(held=part, charged=part, charged_before=charged, fee_basis_points=basis_points)
        assert min(divided.provider, divided.fee) >= 0
        settled, charged = settled + seconds, charged + part
        provider, fee = provider + divided.provider, fee + divided.fee
    whole = charge(price_per_hour=price, seconds=settled)
    once = split(held=whole, charged=whole, fee_basis_points=basis_points)
    assert (charged, provider, fee) == (whole, once.provider, once.fee)


@given(balance=st.integers(0, 10**12), price=prices)
def test_a_balance_lasts_for_as_long_as_it_pays(balance: int, price: int) -> None:
    lasts = affordable_seconds(balance=balance, price_per_hour=price)
    if lasts is None:
        assert price == 0
    else:
        assert charge(price_per_hour=price, seconds=lasts) <= balance
        assert price * (lasts + 1) > balance * 3600
