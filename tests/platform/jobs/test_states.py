"""The job's state machine and its estimates, as pure functions."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qubix.schemas.states import RETRIED_ON_REQUEST, AttemptStatus, Cause, JobStatus
from qubix_platform.attempts.transition import STATE_OF, AttemptChange
from qubix_platform.jobs.estimate import estimate
from qubix_platform.jobs.states import ALLOWED, FINAL_STATE_OF, RETRIED_CAUSES, JobChange, next_state


@pytest.mark.parametrize("status", list(JobStatus))
def test_final_states_lead_nowhere_and_all_others_to_an_end(status: JobStatus) -> None:
    if status.is_final:
        assert ALLOWED[status] == frozenset()
    else:
        assert {JobStatus.CANCELLED, JobStatus.FAILED} <= ALLOWED[status]


@pytest.mark.parametrize(("expected", "to"), list(product(JobStatus, JobStatus)))
def test_a_change_that_is_not_allowed_cannot_even_be_written_down(expected: JobStatus, to: JobStatus) -> None:
    if to in ALLOWED[expected]:
        assert JobChange(expected, to).to is to
    else:
        with pytest.raises(ValueError, match="never goes"):
            JobChange(expected, to)


def test_an_attempt_that_ended_never_runs_again() -> None:
    for status in AttemptStatus:
        if status.is_final:
            with pytest.raises(ValueError, match="never goes"):
                AttemptChange(status, AttemptStatus.RUNNING)


@given(
    cause=st.sampled_from(Cause),
    attempts=st.integers(1, 20),
    max_attempts=st.integers(1, 20),
    cancel_requested=st.booleans(),
    stop_cause=st.none() | st.just(Cause.OUT_OF_FUNDS),
    is_time_up=st.booleans(),
)
def test_only_what_is_not_the_jobs_fault_is_tried_again(
    cause: Cause,
    attempts: int,
    max_attempts: int,
    cancel_requested: bool,
    stop_cause: Cause | None,
    is_time_up: bool,
) -> None:
    to, final_cause = next_state(
        cause=cause,
        attempts=attempts,
        max_attempts=max_attempts,
        cancel_requested=cancel_requested,
        stop_cause=stop_cause,
        is_time_up=is_time_up,
    )
    may_go_on = attempts < max_attempts and not cancel_requested and not is_time_up
    assert (to is JobStatus.PENDING) == (cause in RETRIED_CAUSES and may_go_on)
    if to.is_final:
        assert FINAL_STATE_OF[final_cause] is to
    assert set(STATE_OF) == set(Cause)


@given(
    cause=st.sampled_from(Cause),
    attempts=st.integers(1, 5),
    cancel_requested=st.booleans(),
    is_time_up=st.booleans(),
    is_retried=st.booleans(),
)
def test_the_jobs_own_fault_is_tried_again_where_that_was_asked_for(
    cause: Cause, attempts: int, cancel_requested: bool, is_time_up: bool, is_retried: bool
) -> None:
    to, final_cause = next_state(
        cause=cause,
        attempts=attempts,
        max_attempts=3,
        cancel_requested=cancel_requested,
        is_time_up=is_time_up,
        is_retried=is_retried,
    )
    if cause in RETRIED_ON_REQUEST:
        assert (to is JobStatus.PENDING) == (is_retried and not cancel_requested and not is_time_up)
        assert final_cause in {cause, Cause.CANCELLED}
    else:
        unasked = next_state(
            cause=cause,
            attempts=attempts,
            max_attempts=3,
            cancel_requested=cancel_requested,
            is_time_up=is_time_up,
        )
        assert (to, final_cause) == unasked


@given(
    compute=st.floats(0, 1e12),
    speed=st.none() | st.floats(0.001, 1e5),
    price=st.integers(0, 10**9),
    limit=st.integers(1, 10**6),
    held=st.integers(0, 10**12),
)
def test_an_estimate_is_never_more_than_the_hold_nor_longer_than_the_limit(
    compute: float, speed: float | None, price: int, limit: int, held: int
) -> None:
    found = estimate(
        compute_needed=compute, fp32_tflops=speed, price_per_hour=price, time_limit_seconds=limit, held=held
    )
    assert 0 <= found.cost <= held
    assert found.seconds is None or 0 <= found.seconds <= limit
    if compute == 0 or speed is None:
        assert (found.seconds, found.cost) == (None, held)
