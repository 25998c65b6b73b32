"""The same seed goes wrong in the same way, and rates are what they say."""

import pytest

from qubix.errors import InvalidRequest
from qubix_platform.qubic.devnet.faults import Fault, FaultPlan, Misfortune


def history(seed: int, *, rate: float = 0.3) -> list[bool]:
    misfortune = Misfortune(FaultPlan(seed=seed, rates={Fault.DROP: rate}))
    return [misfortune.strikes(Fault.DROP, subject=str(number % 50)) for number in range(500)]


def test_same_seed_has_the_same_history() -> None:
    assert history(1) == history(1)
    assert history(1) != history(2)


def test_rate_is_about_what_it_says() -> None:
    assert 100 < sum(history(3)) < 200
    assert sum(history(3, rate=0.0)) == 0
    assert sum(history(3, rate=1.0)) == 500


def test_other_subjects_do_not_change_a_subjects_fate() -> None:
    plan = FaultPlan(rates={Fault.DROP: 0.5})
    alone, crowded = Misfortune(plan), Misfortune(plan)
    fate = [alone.strikes(Fault.DROP, subject="a") for _ in range(20)]
    among_others = []
    for number in range(20):
        crowded.strikes(Fault.DROP, subject=f"b{number}")
        among_others.append(crowded.strikes(Fault.DROP, subject="a"))

    assert fate == among_others


def test_ordered_fault_strikes_as_often_as_ordered() -> None:
    misfortune = Misfortune(FaultPlan())
    misfortune.order(Fault.SERVER_ERROR, times=2)

    assert [misfortune.strikes(Fault.SERVER_ERROR, subject="x") for _ in range(3)] == [True, True, False]


def test_plan_is_read_as_it_was_written() -> None:
    plan = FaultPlan(seed=4, rates={Fault.DROP: 0.5}, archive_lag=0, balance_lag=2, replica_lag=3, stopped=True)

    assert FaultPlan.from_json(plan.to_json()) == plan
    assert FaultPlan.from_json({}) == FaultPlan()


def test_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidRequest, match="relayThenLose"):
        FaultPlan.from_json({"rates": {"lose": 0.1}})
