"""Who makes room: enough of them, at the least price, and only who has to."""

from dataclasses import replace
from datetime import timedelta
from itertools import chain, combinations, count
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from qubix_platform.placement.amounts import Amount
from qubix_platform.placement.decide import decide
from qubix_platform.placement.model import Candidate, Policy, Running, Snapshot
from qubix_platform.placement.ordering.policy import QueuePolicy
from qubix_platform.placement.preempting import EXACT, Evictable, cheapest_sufficient, cost
from tests.platform.placement.market import NOW, card, job, offer

_POLICY = Policy(queue=QueuePolicy(notice_s=30))
_NOTICE = timedelta(seconds=30)


@st.composite
def _attempts(draw: st.DrawFn, *, least: int, most: int) -> list[Evictable]:
    return [
        Evictable(
            attempt_id=UUID(int=number),
            price_per_hour=draw(st.integers(1, 9)),
            amount=Amount(
                cpu=draw(st.integers(0, 2)),
                memory=draw(st.integers(0, 2)),
                disk=draw(st.integers(0, 2)),
                cards={draw(st.integers(0, 3)): draw(st.sampled_from([250, 500, 1000]))},
            ),
        )
        for number in range(draw(st.integers(least, most)))
    ]


_NEEDS = st.builds(
    Amount,
    cpu=st.integers(0, 4),
    memory=st.integers(0, 4),
    disk=st.integers(0, 4),
    cards=st.dictionaries(st.integers(0, 3), st.sampled_from([500, 1000]), max_size=2),
)


def _covers(needed: Amount, freed: Amount) -> bool:
    return needed.beyond(freed) == Amount()


def _freed(attempts: tuple[Evictable, ...]) -> Amount:
    return sum((each.amount for each in attempts), Amount())


@settings(max_examples=200, deadline=None)
@given(attempts=_attempts(least=0, most=6), needed=_NEEDS)
def test_the_chosen_suffice_and_no_others_pay_less(attempts: list[Evictable], needed: Amount) -> None:
    chosen = cheapest_sufficient(attempts, lambda freed: _covers(needed, freed))
    sets = chain.from_iterable(combinations(attempts, count) for count in range(1, len(attempts) + 1))
    sufficient = [each for each in sets if _covers(needed, _freed(each))]
    if chosen is None:
        assert sufficient == []
    else:
        assert _covers(needed, _freed(chosen))
        assert cost(chosen) == min(map(cost, sufficient))


@settings(max_examples=100, deadline=None)
@given(attempts=_attempts(least=EXACT + 1, most=EXACT + 8), needed=_NEEDS)
def test_of_many_none_leaves_who_might_stay(attempts: list[Evictable], needed: Amount) -> None:
    chosen = cheapest_sufficient(attempts, lambda freed: _covers(needed, freed))
    if chosen is None:
        assert not _covers(needed, _freed(tuple(attempts)))
        return
    assert _covers(needed, _freed(chosen))
    for each in chosen:
        rest = tuple(other for other in chosen if other is not each)
        assert not rest or not _covers(needed, _freed(rest))


def _spot(number: int, *, gpu: int, price: int, milli: int = 1000, **changes: object) -> Running:
    facts: dict[str, object] = {
        "attempt_id": UUID(int=number),
        "job_id": UUID(int=0x100 + number),
        "user_id": UUID(int=9),
        "provider_id": UUID(int=gpu // 100),
        "cpu_cores": 1,
        "memory_mib": 1024,
        "limit_seconds": 3600,
        "started_at": NOW,
        "shares": ((gpu, milli),),
        "price_per_hour": price,
        "is_spot": True,
    }
    return Running(**facts | changes)  # type: ignore[arg-type]  # built by name


def _full(number: int, *, gpus: int) -> Candidate:
    cards = tuple(card(number * 100 + index, allocated_milli=1000) for index in range(gpus))
    return offer(number, gpus=cards, allocated_cpu=gpus, allocated_memory_mib=1024 * gpus)


def test_the_cheapest_leaves_for_who_pays_the_list_price_and_is_not_followed_there_by_another() -> None:
    market = Snapshot(
        jobs=(job(0), job(1, is_spot=True, max_price=90)),
        providers=(_full(1, gpus=2), _full(2, gpus=1)),
        running=(_spot(1, gpu=100, price=80), _spot(2, gpu=101, price=40), _spot(3, gpu=200, price=60)),
    )
    decisions = decide(market, NOW, _POLICY)
    assert decisions.assignments == ()
    assert [(one.attempt_id, one.for_job_id) for one in decisions.preemptions] == [(UUID(int=2), market.jobs[0].id)]
    (kept,) = [one for one in decisions.reserved if one.job_id == market.jobs[0].id]
    assert (kept.provider_id, kept.starts_at) == (UUID(int=1), NOW + _NOTICE)

    asked = replace(market, running=(market.running[0], replace(market.running[1], noticed_at=NOW), market.running[2]))
    again = decide(asked, NOW + timedelta(seconds=1), _POLICY)
    assert again.preemptions == ()
    assert kept in again.reserved

    # It left, and waits again since before the other came: who pays the list price goes first all the same.
    freed = (card(100, allocated_milli=1000), card(101))
    victim = replace(job(-5, is_spot=True, max_price=40))
    after = Snapshot(
        jobs=(victim, *market.jobs),
        providers=(offer(1, gpus=freed, allocated_cpu=1, allocated_memory_mib=1024), _full(2, gpus=1)),
        running=(market.running[0], market.running[2]),
    )
    assert [one.job_id for one in decide(after, NOW + _NOTICE, _POLICY).assignments] == [market.jobs[0].id]


def test_nobody_leaves_for_a_bid_or_who_pays_the_list_price_already_or_is_gone_soon_enough() -> None:
    full = _full(1, gpus=1)
    bidding = Snapshot(
        jobs=(job(0, is_spot=True, max_price=99),), providers=(full,), running=(_spot(1, gpu=100, price=30),)
    )
    assert decide(bidding, NOW, _POLICY).preemptions == ()
    paying = replace(bidding, jobs=(job(0),), running=(_spot(1, gpu=100, price=100),))
    assert decide(paying, NOW, _POLICY).preemptions == ()
    ending = replace(paying, running=(_spot(1, gpu=100, price=30, limit_seconds=20),))
    assert decide(ending, NOW, _POLICY).preemptions == ()
    staying = replace(paying, running=(_spot(1, gpu=100, price=30),))
    assert len(decide(staying, NOW, _POLICY).preemptions) == 1
    assert decide(staying, NOW, Policy()).preemptions == ()


@settings(max_examples=200, deadline=None)
@given(
    prices=st.lists(st.tuples(st.integers(1, 3), st.integers(20, 99), st.booleans()), min_size=1, max_size=6),
    wanted=st.lists(st.tuples(st.integers(1, 3), st.booleans()), min_size=1, max_size=4),
)
def test_once_they_left_whoever_they_left_for_has_room(
    prices: list[tuple[int, int, bool]], wanted: list[tuple[int, bool]]
) -> None:
    on = {machine: [each for each in prices if each[0] == machine] for machine in (1, 2, 3)}
    machines = [_full(machine, gpus=len(each)) for machine, each in on.items() if each]
    running = [
        _spot(machine * 10 + index, gpu=machine * 100 + index, price=price, is_spot=is_spot)
        for machine, each in on.items()
        for index, (_, price, is_spot) in enumerate(each)
    ]
    jobs = tuple(
        job(number, gpu_count=count, is_spot=is_spot, max_price=1000) for number, (count, is_spot) in enumerate(wanted)
    )
    decisions = decide(Snapshot(jobs=jobs, providers=tuple(machines), running=tuple(running)), NOW, _POLICY)
    leaving = {one.attempt_id for one in decisions.preemptions}
    by_id = {one.attempt_id: one for one in running}
    assert len(leaving) == len(decisions.preemptions)
    assert all(by_id[attempt_id].is_spot for attempt_id in leaving)
    for made in jobs:
        mine = [by_id[one.attempt_id] for one in decisions.preemptions if one.for_job_id == made.id]
        if not mine:
            continue
        assert not made.request.is_spot
        (kept,) = [one for one in decisions.reserved if one.job_id == made.id]
        assert {one.provider_id for one in mine} == {kept.provider_id}
        assert len(mine) == made.request.gpu_count  # as each holds one card: not one too many
        assert kept.starts_at == NOW + _NOTICE


_CARDS = st.lists(  # a machine's: on each card one attempt, or two with half of it each, spot or not
    st.lists(st.tuples(st.integers(20, 120), st.booleans()), min_size=1, max_size=2), min_size=1, max_size=3
)


def _sufficient(cards: list[list[Running]], gpus: int, milli: int) -> list[int]:
    """What they pay in sum, of each set of a machine's attempts that may be asked to leave and free enough."""
    askable = [one for card in cards for one in card if one.is_spot and one.price_per_hour < one.shares[0][1] // 10]
    sums = []
    for chosen in chain.from_iterable(combinations(askable, size) for size in range(1, len(askable) + 1)):
        freed = [sum(one.shares[0][1] for one in card if one in chosen) for card in cards]
        if sum(each >= milli for each in freed) >= gpus:
            sums.append(sum(one.price_per_hour for one in chosen))
    return sums


@settings(max_examples=150, deadline=None)
@given(drawn=st.lists(_CARDS, min_size=1, max_size=4), asked=st.sampled_from([(1, 500), (1, 1000), (2, 1000)]))
def test_on_no_machine_would_others_have_left_who_pay_less(
    drawn: list[list[list[tuple[int, bool]]]], asked: tuple[int, int]
) -> None:
    number = count(1)
    machines = [
        [
            [
                _spot(next(number), gpu=at * 100 + index, price=price, milli=1000 // len(card), is_spot=is_spot)
                for price, is_spot in card
            ]
            for index, card in enumerate(cards)
        ]
        for at, cards in enumerate(drawn, start=1)
    ]
    running = tuple(one for cards in machines for card in cards for one in card)
    wanted = job(0, gpu_count=asked[0], gpu_share_milli=asked[1])
    full = tuple(_full(at, gpus=len(cards)) for at, cards in enumerate(machines, start=1))
    decisions = decide(Snapshot(jobs=(wanted,), providers=full, running=running), NOW, _POLICY)
    leaving = {one.attempt_id for one in decisions.preemptions}
    paying = sum(one.price_per_hour for one in running if one.attempt_id in leaving)
    possible = sorted(chain.from_iterable(_sufficient(cards, *asked) for cards in machines))
    assert [paying] * bool(leaving) == possible[:1]


@settings(max_examples=100, deadline=None)
@given(bid=st.integers(0, 600), price=st.integers(0, 600), gpus=st.integers(1, 3))
def test_a_bid_is_what_is_paid_from_a_fifth_of_the_list_price_on(bid: int, price: int, gpus: int) -> None:
    asked = job(0, is_spot=True, max_price=bid, gpu_count=gpus)
    market = Snapshot(jobs=(asked,), providers=(offer(1, gpus=gpus, price_per_hour=price),))
    assignments = decide(market, NOW, _POLICY).assignments
    if bid * 5 < price * gpus:
        (report,) = decide(market, NOW, _POLICY).waiting.values()
        assert assignments == ()
        assert report.suggestion is not None
        least = job(0, is_spot=True, max_price=-(-price * gpus // 5), gpu_count=gpus)
        assert len(decide(replace(market, jobs=(least,)), NOW, _POLICY).assignments) == 1
    else:
        assert [one.price_per_hour for one in assignments] == [min(bid, price * gpus)]
