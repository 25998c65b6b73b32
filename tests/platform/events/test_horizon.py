"""When a stalled horizon is an alarm."""

from qubix_platform.events.horizon import HorizonWatch
from qubix_platform.events.models import Tail


def seen(horizon: int, *, is_waiting: bool = True) -> Tail:
    return Tail(newest=None, horizon=horizon, is_waiting=is_waiting)


def alarms(*observations: tuple[float, Tail]) -> list[float]:
    """The times at which an alarm was due."""
    watch, due = HorizonWatch(), []
    for now, tail in observations:
        watch, stalled_s = watch.observe(tail, now=now)
        if stalled_s is not None:
            due.append(now)
    return due


def test_a_stall_of_more_than_two_seconds_is_an_alarm() -> None:
    assert alarms((0, seen(5)), (1.9, seen(5)), (2.1, seen(5))) == [2.1]


def test_a_horizon_that_moves_is_none_however_much_waits() -> None:
    assert alarms(*((float(second), seen(second)) for second in range(60))) == []


def test_a_still_horizon_that_nothing_waits_for_is_none() -> None:
    assert alarms((0, seen(5, is_waiting=False)), (100, seen(5, is_waiting=False)), (101, seen(5))) == []


def test_the_alarm_is_repeated_now_and_then_only() -> None:
    assert alarms(*((float(second), seen(5)) for second in range(25))) == [3, 13, 23]


def test_a_new_stall_is_a_new_alarm() -> None:
    assert alarms((0, seen(5)), (3, seen(5)), (4, seen(6)), (7, seen(6))) == [3, 7]
