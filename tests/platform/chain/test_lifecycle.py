"""The one rule: nothing is signed again before its tick is processed and it is not in it."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qubix_platform.chain.transactions.lifecycle import (
    PAUSE_TICKS,
    TRIES,
    Candidate,
    ChainTime,
    Life,
    Sight,
    Step,
    affordable,
    after_drop,
    next_step,
    target_tick,
)
from qubix_platform.chain.transactions.states import ALLOWED, ChainStatus, Direction, confirmations

TICK = 1_000
AFTER_SIGNING = (ChainStatus.SIGNED, ChainStatus.BROADCAST)


def life(status: ChainStatus, *, direction: Direction = Direction.OUT, not_before: int = 0) -> Life:
    return Life(direction=direction, status=status, tick=TICK, not_before_tick=not_before)


@given(
    status=st.sampled_from(AFTER_SIGNING),
    tick=st.integers(TICK - 50, TICK + 50),
    lag=st.integers(0, 40),
    sight=st.none() | st.sampled_from(Sight),
)
def test_it_is_dropped_only_when_its_tick_is_processed_for_good_and_it_is_not_in_it(
    status: ChainStatus, tick: int, lag: int, sight: Sight | None
) -> None:
    step = next_step(life(status), ChainTime(tick=tick, processed=tick - lag), sight)
    assert step is not Step.SIGN
    if step in (Step.DROP, Step.FAIL, Step.CONFIRM):
        assert tick - lag >= TICK + 2
    assert (step is Step.DROP) == (tick - lag >= TICK + 2 and sight is Sight.ABSENT)


@pytest.mark.parametrize("processed", [TICK - 1, TICK, TICK + 1])
@pytest.mark.parametrize("status", AFTER_SIGNING)
def test_nothing_ends_before_three_confirmations(status: ChainStatus, processed: int) -> None:
    assert next_step(life(status), ChainTime(tick=TICK + 5, processed=processed)) is Step.WAIT


def test_it_is_broadcast_while_its_tick_is_still_to_come() -> None:
    before, at = (ChainTime(tick=tick, processed=tick - 1) for tick in (TICK - 1, TICK))
    assert next_step(life(ChainStatus.SIGNED), before) is Step.BROADCAST
    assert next_step(life(ChainStatus.SIGNED), at) is Step.WAIT
    assert next_step(life(ChainStatus.BROADCAST), before) is Step.WAIT


def test_what_comes_in_is_confirmed_by_who_reads_the_ticks() -> None:
    done = ChainTime(tick=TICK + 5, processed=TICK + 5)
    assert next_step(life(ChainStatus.BROADCAST, direction=Direction.IN), done, Sight.MOVED) is Step.WAIT
    assert next_step(life(ChainStatus.BROADCAST), done, Sight.MOVED) is Step.CONFIRM


def test_a_queued_one_waits_for_its_pause_to_end() -> None:
    queued = life(ChainStatus.QUEUED, not_before=TICK)
    assert next_step(queued, ChainTime(tick=TICK - 1, processed=0)) is Step.WAIT
    assert next_step(queued, ChainTime(tick=TICK, processed=0)) is Step.SIGN


def test_three_tries_at_once_and_then_with_growing_pauses() -> None:
    now = ChainTime(tick=TICK, processed=TICK)
    retries = [after_drop(tries=tries, now=now) for tries in range(1, TRIES + 30)]
    assert [retry.is_late for retry in retries[:TRIES]] == [False] * (TRIES - 1) + [True]
    pauses = [retry.not_before_tick - TICK for retry in retries]
    assert pauses[: TRIES + 1] == [0] * (TRIES - 1) + [PAUSE_TICKS, 2 * PAUSE_TICKS]
    assert pauses == sorted(pauses)
    assert pauses[-1] <= 3600


def test_each_try_aims_further_ahead_up_to_a_bound() -> None:
    now = ChainTime(tick=TICK, processed=TICK)
    aims = [target_tick(now, ahead=15, tries=tries) - TICK for tries in range(10)]
    assert aims[:3] == [15, 30, 45]
    assert aims == sorted(aims)
    assert aims[-1] == 90


def test_final_states_are_final() -> None:
    assert [status for status, to in ALLOWED.items() if not to] == [ChainStatus.CONFIRMED, ChainStatus.FAILED]


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_confirmations_are_none_to_three_and_never_go_back(tick: int, processed: int) -> None:
    assert 0 <= confirmations(tick=tick, processed=processed) <= 3
    assert confirmations(tick=tick, processed=processed) <= confirmations(tick=tick, processed=processed + 1)
    assert (confirmations(tick=tick, processed=processed) == 3) == (processed >= tick + 2)


@given(st.lists(st.integers(1, 100), max_size=20), st.integers(0, 300), st.integers(0, 100))
def test_a_source_never_signs_for_more_than_it_holds(amounts: list[int], balance: int, on_the_way: int) -> None:
    queue = [Candidate(uuid4(), amount) for amount in amounts]
    chosen = affordable(queue, balance=balance, on_the_way=on_the_way)
    assert sum(candidate.amount for candidate in chosen) <= max(0, balance - on_the_way)
    left = balance - on_the_way - sum(candidate.amount for candidate in chosen)
    assert all(candidate.amount > left for candidate in queue if candidate not in chosen)
