"""Claims and bills of the demo: it must notice what is wrong."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from qubix.schemas.attempts import Attempt
from qubix.schemas.states import AttemptStatus, Cause
from qubix_serve.demo.bill import Bill, elapsed_seconds, expected_bill, seconds_of
from qubix_serve.demo.checks import Check, Checklist

START = datetime(2026, 11, 22, tzinfo=UTC)


def attempt(status: AttemptStatus, *, seconds: float, price: int = 7200) -> Attempt:
    return Attempt(
        id=uuid4(),
        number=1,
        provider_id=uuid4(),
        worker_id="worker",
        status=status,
        cause=Cause.COMPLETED,
        error=None,
        exit_code=0,
        progress=100.0,
        price_per_hour=price,
        billable_seconds=0,
        cost=0,
        gpus=[],
        simulated=True,
        created_at=START,
        started_at=START,
        ended_at=START + timedelta(seconds=seconds),
    )


def test_a_checklist_passes_when_everything_held_and_something_was_checked() -> None:
    told: list[Check] = []
    checklist = Checklist(told.append)
    checklist.equal("equal", expected=[1], actual=[1])
    checklist.within("between", low=0.9, high=1, actual=0.9)
    checklist.holds("holds", expected="yes", actual="yes", passed=True)
    assert checklist.passed
    assert told == checklist.checks
    assert [check.to_json()["passed"] for check in told] == [True] * 3
    assert not Checklist(told.append).passed


@pytest.mark.parametrize("claim", ["equal", "within", "nan", "holds"])
def test_one_claim_that_does_not_hold_fails_it(claim: str) -> None:
    checklist = Checklist(lambda _: None)
    checklist.equal("right", expected=1, actual=1)
    match claim:
        case "equal":
            checklist.equal(claim, expected=1, actual=2)
        case "within":
            checklist.within(claim, low=0, high=1, actual=1.01)
        case "nan":
            checklist.within(claim, low=0, high=1, actual=float("nan"))
        case _:
            checklist.holds(claim, expected="x", actual="y", passed=False)
    assert not checklist.passed


def test_the_bill_counts_whole_seconds_of_what_was_not_lost() -> None:
    lost, finished = attempt(AttemptStatus.LOST, seconds=9.9), attempt(AttemptStatus.COMPLETED, seconds=20.999)
    assert (seconds_of(lost), elapsed_seconds(lost), seconds_of(finished)) == (0, 9, 20)
    bill = expected_bill([lost, finished], max_price=10_001, limit_seconds=601, fee_basis_points=500)
    assert bill == Bill(hold=1670, cost=40, provider_amount=38, fee=2, refund=1630)
    assert bill.provider_amount + bill.fee + bill.refund == bill.hold


def test_the_bill_counts_what_another_attempt_went_on_from() -> None:
    lost = attempt(AttemptStatus.LOST, seconds=30).model_copy(update={"resumed_seconds": 19})
    finished = attempt(AttemptStatus.COMPLETED, seconds=19)
    bill = expected_bill([lost, finished], max_price=10_001, limit_seconds=601, fee_basis_points=500)
    assert (bill.cost, bill.fee) == (76, 2), "the fee of each attempt is rounded for itself"


def test_an_attempt_that_never_started_ran_for_no_time() -> None:
    assert elapsed_seconds(attempt(AttemptStatus.LOST, seconds=5).model_copy(update={"started_at": None})) == 0
