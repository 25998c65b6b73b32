"""Which seconds are billed, over any history of an attempt."""

import random
from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from qubix.schemas.states import Cause
from qubix_platform.attempts.billing import (
    RESUMED,
    SETTLED,
    Event,
    Occurrence,
    Stretch,
    attribute,
    billed_seconds,
    lost_seconds,
)
from qubix_platform.jobs.states import UNBILLED_CAUSES

BEGAN = datetime(2026, 11, 22, 6, tzinfo=UTC)
PLENTY = 10**6

seconds = st.integers(0, 100_000)
causes = st.sampled_from(Cause)


def after(passed: float) -> datetime:
    return BEGAN + timedelta(seconds=passed)


def ended(passed: float, cause: Cause = Cause.COMPLETED) -> list[Event]:
    return [Event(Occurrence.STARTED, BEGAN), Event(Occurrence.ENDED, after(passed), cause=cause)]


def attributed(events: list[Event], *, limit: int = PLENTY, covered: int = PLENTY) -> tuple[Stretch, ...]:
    return attribute(events, limit_seconds=limit, covered_seconds=covered)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Event], int, int, int]:
    """Events of an attempt that ended, how many of its seconds are paid already, its limit and what money covers."""
    total = draw(seconds)
    settled = draw(st.integers(0, total))
    cause = draw(causes)
    events = ended(total, cause)
    if settled:
        events.append(Event(Occurrence.SETTLED, after(settled), through=settled))
    for what in (Occurrence.CANCEL_REQUESTED, Occurrence.PREEMPTION_NOTICED):
        if draw(st.booleans()):
            events.append(Event(what, after(draw(st.integers(settled, 2 * 100_000)))))
    return (
        events,
        0 if cause in UNBILLED_CAUSES else settled,
        draw(st.integers(settled, 2 * 100_000)),
        draw(st.integers(settled, 2 * 100_000)),
    )


@given(history=histories(), seed=st.integers())
def test_stretches_divide_all_the_time_whatever_the_order_of_the_events(
    history: tuple[list[Event], int, int, int], seed: int
) -> None:
    events, settled, limit, covered = history
    stretches = attributed(events, limit=limit, covered=covered)
    shuffled = [*events, *events]
    random.Random(seed).shuffle(shuffled)
    assert attributed(shuffled, limit=limit, covered=covered) == stretches

    total = (max(event.at for event in events if event.what is Occurrence.ENDED) - BEGAN).seconds + (
        86_400 * (events[1].at - BEGAN).days
    )
    edges = [0, *(stretch.end for stretch in stretches)]
    assert [stretch.begin for stretch in stretches] == edges[:-1]
    assert edges[-1] == total
    assert [stretch.is_billed for stretch in stretches] == sorted((s.is_billed for s in stretches), reverse=True)

    billed = billed_seconds(stretches)
    assert settled <= billed <= max(settled, min(total, limit, covered))
    for event in events:
        if event.what in (Occurrence.CANCEL_REQUESTED, Occurrence.PREEMPTION_NOTICED):
            assert billed <= max(settled, (event.at - BEGAN) // timedelta(seconds=1))
    if events[1].cause in UNBILLED_CAUSES:
        assert billed == settled
    assert billed + lost_seconds(stretches) <= total


@given(first=seconds, second=seconds, cause=causes)
def test_a_history_that_goes_on_never_makes_what_was_billed_less(first: int, second: int, cause: Cause) -> None:
    assume(cause not in UNBILLED_CAUSES)
    sooner, later = sorted((first, second))
    assert billed_seconds(attributed(ended(sooner, cause))) <= billed_seconds(attributed(ended(later, cause)))


def test_each_stretch_names_its_cause() -> None:
    assert attributed(ended(90.7)) == (Stretch(0, 90, True, "COMPLETED"),)
    assert attributed(ended(60, Cause.PROVIDER_LOST)) == (Stretch(0, 60, False, "PROVIDER_LOST"),)
    settled = Event(Occurrence.SETTLED, after(3601), through=3600)
    assert attributed([*ended(5000, Cause.TIMEOUT), settled])[0] == Stretch(0, 3600, True, SETTLED)
    assert attributed([*ended(5000, Cause.PLATFORM_ERROR), settled]) == (Stretch(0, 5000, False, "PLATFORM_ERROR"),)
    resumed = Event(Occurrence.RESUMED, after(5000), through=3300)
    assert attributed([*ended(5000, Cause.PROVIDER_LOST), settled, resumed]) == (
        Stretch(0, 3300, True, RESUMED),
        Stretch(3300, 5000, False, "PROVIDER_LOST"),
    )
    cancel = Event(Occurrence.CANCEL_REQUESTED, after(40))
    assert attributed([*ended(45, Cause.CANCELLED), cancel]) == (
        Stretch(0, 40, True, "CANCELLED"),
        Stretch(40, 45, False, "CANCELLED"),
    )
    notice = Event(Occurrence.PREEMPTION_NOTICED, after(30))
    assert attributed([*ended(35, Cause.PREEMPTED), notice, cancel]) == (
        Stretch(0, 30, True, "PREEMPTED"),
        Stretch(30, 35, False, "PREEMPTED"),
    )
    assert attributed(ended(70, Cause.TIMEOUT), limit=60) == (
        Stretch(0, 60, True, "TIMEOUT"),
        Stretch(60, 70, False, "TIMEOUT"),
    )
    assert attributed(ended(70, Cause.OUT_OF_FUNDS), covered=60)[1] == Stretch(60, 70, False, "OUT_OF_FUNDS")


def test_what_never_ran_or_runs_still_costs_nothing() -> None:
    assert attributed([Event(Occurrence.ENDED, after(60), cause=Cause.COMPLETED)]) == ()
    assert attributed([Event(Occurrence.STARTED, BEGAN)]) == ()
    assert attributed([*ended(-5)]) == ()


@given(passed=seconds, saved=seconds, settled=seconds, cause=causes)
def test_what_a_later_attempt_went_on_from_was_not_lost(passed: int, saved: int, settled: int, cause: Cause) -> None:
    settled = min(settled, passed)
    events = ended(passed, cause)
    if settled:
        events.append(Event(Occurrence.SETTLED, after(settled), through=settled))
    resumed = Event(Occurrence.RESUMED, after(passed), through=saved)
    without, stretches = attributed(events), attributed([*events, resumed])
    if cause not in UNBILLED_CAUSES:
        assert stretches == without
        return
    assert billed_seconds(stretches) == min(saved, passed)
    assert lost_seconds(stretches) == passed - billed_seconds(stretches)
    assert {stretch.cause for stretch in stretches} <= {RESUMED, cause}


def test_limit_and_money_bound_what_was_resumed_too() -> None:
    resumed = Event(Occurrence.RESUMED, after(90), through=80)
    lost = [*ended(90, Cause.PROVIDER_LOST), resumed]
    assert attributed(lost) == (Stretch(0, 80, True, RESUMED), Stretch(80, 90, False, "PROVIDER_LOST"))
    assert billed_seconds(attributed(lost, limit=50)) == 50
    assert billed_seconds(attributed(lost, covered=40)) == 40
    cancel = Event(Occurrence.CANCEL_REQUESTED, after(30))
    assert billed_seconds(attributed([*lost, cancel])) == 30
