"""The life of a withdrawal, as its owner is told it."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from qubix.schemas.chain import WithdrawalStatus
from qubix_platform.chain.transactions.states import ALLOWED, ChainStatus
from qubix_platform.chain.withdrawals.life import Moment, steps_of

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
STRAIGHT = (ChainStatus.QUEUED, ChainStatus.SIGNED, ChainStatus.BROADCAST, ChainStatus.CONFIRMED)
DROPPED = (ChainStatus.QUEUED, ChainStatus.SIGNED, ChainStatus.BROADCAST, ChainStatus.DROPPED)


def life(*statuses: ChainStatus) -> list[Moment]:
    return [Moment(status, BEGAN + timedelta(seconds=place), None, None) for place, status in enumerate(statuses)]


def test_signed_and_broadcast_are_one_step() -> None:
    steps = steps_of(life(*STRAIGHT))
    assert [step.status for step in steps] == [
        WithdrawalStatus.QUEUED,
        WithdrawalStatus.SENT,
        WithdrawalStatus.CONFIRMED,
    ]
    assert [(step.at - BEGAN).seconds for step in steps] == [0, 1, 3]


def test_what_the_network_dropped_three_times_is_delayed() -> None:
    told = [step.status for step in steps_of(life(*DROPPED * 3, *STRAIGHT))]
    assert told == [
        *[WithdrawalStatus.QUEUED, WithdrawalStatus.SENT] * 3,
        WithdrawalStatus.DELAYED,
        WithdrawalStatus.SENT,
        WithdrawalStatus.CONFIRMED,
    ]


@given(st.data())
def test_no_step_is_told_twice_in_a_row_and_the_end_is_told(data: st.DataObject) -> None:
    lived = [ChainStatus.QUEUED]
    while len(lived) < 30 and (nexts := sorted(ALLOWED[lived[-1]])):
        lived.append(data.draw(st.sampled_from(nexts)))
    steps = [step.status for step in steps_of(life(*lived))]
    assert all(one is not other for one, other in itertools.pairwise(steps))
    assert steps[0] is WithdrawalStatus.QUEUED
    if lived[-1] is ChainStatus.FAILED:
        assert steps[-1] is WithdrawalStatus.RETURNED
