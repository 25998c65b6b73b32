"""What the database believes to run, held against what the nodes say."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from qubix.schemas.states import AttemptStatus, Cause, ProviderType
from qubix_platform.attempts.repository import LiveAttempt
from qubix_platform.scheduling.reconciliation import (
    CANCEL_GRACE_S,
    GONE_AFTER_S,
    LAUNCH_AFTER_S,
    LIMIT_GRACE_S,
    UNBEGUN_AFTER_S,
    UNHEARD_AFTER_S,
    UNKNOWN_AFTER_S,
    Cancel,
    End,
    Launch,
    Lose,
    MarkLaunched,
    Plan,
    Sighting,
    Stop,
    reconcile,
)

_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_ID = UUID(int=1)


def _attempt(**changes: Any) -> LiveAttempt:
    facts: dict[str, Any] = {
        "id": _ID,
        "job_id": UUID(int=2),
        "number": 1,
        "provider_id": UUID(int=3),
        "worker_id": "machine",
        "provider_type": ProviderType.RAY,
        "ray_node_id": None,
        "status": AttemptStatus.RUNNING,
        "lease_expires_at": _NOW,
        "lease_expired": False,
        "launched_at": _NOW,
        "created_at": _NOW,
        "limit_seconds": 600,
        "age_seconds": 10.0,
        "running_seconds": 5.0,
        "cancelled_seconds": None,
        "cancel_requested": False,
    }
    return LiveAttempt(**facts | changes)


_RUNS_IT = Sighting(is_in_cluster=True, running=frozenset({_ID}))
_RUNS_NOTHING = Sighting(is_in_cluster=True, running=frozenset())
_NO_ANSWER = Sighting(is_in_cluster=True)
_GONE = Sighting(is_in_cluster=False)


def _plan(
    attempt: LiveAttempt | None,
    sighting: Sighting,
    *,
    after: float = 0.0,
    in_hand: frozenset[UUID] = frozenset(),
    leases_count: bool = True,
) -> Plan:
    """The plan when the same was seen for `after` seconds."""
    live = [] if attempt is None else [attempt]
    sightings = {"machine": sighting}
    first = reconcile(live, sightings, in_hand=in_hand, leases_count=leases_count, amiss_since={}, now=100.0)
    return reconcile(
        live,
        sightings,
        in_hand=in_hand,
        leases_count=leases_count,
        amiss_since=first.amiss_since,
        now=100.0 + after,
    )


def test_what_runs_where_it_should_is_left_alone() -> None:
    assert _plan(_attempt(), _RUNS_IT, after=1000.0) == Plan(steps=(), amiss_since={})


def test_a_lease_that_ran_out_ends_the_attempt() -> None:
    expired = _attempt(lease_expired=True)
    lose = (Lose(expired, "its lease ran out, since nothing was heard of it"),)
    assert _plan(expired, _NO_ANSWER).steps == lose
    assert _plan(_attempt(lease_expired=True, provider_type=ProviderType.NATIVE), _GONE).steps[0] == Lose(
        _attempt(lease_expired=True, provider_type=ProviderType.NATIVE), lose[0].reason
    )


def test_leases_do_not_count_while_there_was_nobody_to_renew_them_with() -> None:
    guest = _attempt(lease_expired=True, provider_type=ProviderType.NATIVE)
    assert _plan(guest, _GONE, after=1000.0, leases_count=False).steps == ()
    assert _plan(_attempt(lease_expired=True), _NO_ANSWER, after=1000.0, leases_count=False).steps == ()


def test_what_its_runner_knows_to_run_is_not_dead_although_nothing_is_heard_of_it() -> None:
    expired = _attempt(lease_expired=True)
    assert _plan(expired, _RUNS_IT, after=UNHEARD_AFTER_S - 0.1).steps == ()
    assert _plan(expired, _RUNS_IT, after=UNHEARD_AFTER_S).steps == (
        Lose(expired, "it runs, but its reports do not arrive"),
    )


def test_a_node_that_is_not_in_the_cluster_ends_the_attempt_soon() -> None:
    attempt = _attempt()
    assert _plan(attempt, _GONE, after=GONE_AFTER_S - 0.1).steps == ()
    assert _plan(attempt, _GONE, after=GONE_AFTER_S).steps == (Lose(attempt, "its node is not in the cluster"),)


def test_a_machine_that_was_not_seen_at_all_is_not_in_the_cluster() -> None:
    attempt = _attempt()
    plan = reconcile([attempt], {}, in_hand=frozenset(), leases_count=True, amiss_since={_ID: 0.0}, now=100.0)
    assert plan.steps == (Lose(attempt, "its node is not in the cluster"),)


def test_no_answer_decides_nothing() -> None:
    assert _plan(_attempt(), _NO_ANSWER, after=1000.0).steps == ()
    assert _plan(_attempt(launched_at=None), _NO_ANSWER, after=1000.0).steps == ()


def test_an_attempt_that_was_never_handed_over_is_launched() -> None:
    attempt = _attempt(launched_at=None, status=AttemptStatus.ASSIGNED)
    assert _plan(attempt, _RUNS_NOTHING, after=LAUNCH_AFTER_S - 0.1).steps == ()
    assert _plan(attempt, _RUNS_NOTHING, after=LAUNCH_AFTER_S).steps == (Launch(attempt),)


def test_an_attempt_that_is_being_handed_over_is_left_to_that() -> None:
    attempt = _attempt(launched_at=None, status=AttemptStatus.ASSIGNED)
    assert _plan(attempt, _RUNS_NOTHING, after=1000.0, in_hand=frozenset({_ID})).steps == ()


def test_a_launch_that_was_not_written_down_is() -> None:
    attempt = _attempt(launched_at=None)
    assert _plan(attempt, _RUNS_IT).steps == (MarkLaunched(attempt),)


def test_an_attempt_that_its_runner_does_not_know_ends_after_a_grace() -> None:
    attempt = _attempt()
    assert _plan(attempt, _RUNS_NOTHING, after=UNKNOWN_AFTER_S - 0.1).steps == ()
    assert _plan(attempt, _RUNS_NOTHING, after=UNKNOWN_AFTER_S).steps == (
        Lose(attempt, "its node's runner does not know it"),
    )


def test_a_cancel_is_told_again_for_as_long_as_it_runs() -> None:
    attempt = _attempt(cancel_requested=True)
    assert _plan(attempt, _RUNS_IT).steps == (Cancel(attempt),)


def test_what_was_given_up_but_still_runs_is_stopped() -> None:
    assert _plan(None, _RUNS_IT, after=UNKNOWN_AFTER_S - 0.1).steps == ()
    assert _plan(None, _RUNS_IT, after=UNKNOWN_AFTER_S).steps == (Stop("machine", _ID),)


def test_a_guest_has_nothing_but_its_lease() -> None:
    guest = _attempt(provider_type=ProviderType.NATIVE, launched_at=None, cancel_requested=True)
    assert _plan(guest, _GONE, after=1000.0).steps == ()


@pytest.mark.parametrize("kind", list(ProviderType))
def test_whoever_overstays_the_limit_is_ended_however_alive_it_says_to_be(kind: ProviderType) -> None:
    in_time = _attempt(running_seconds=600 + LIMIT_GRACE_S - 0.1, provider_type=kind)
    assert _plan(in_time, _RUNS_IT, after=1000.0).steps == ()
    late = _attempt(running_seconds=600 + LIMIT_GRACE_S, provider_type=kind)
    assert _plan(late, _RUNS_IT).steps == (
        End(late, Cause.TIMEOUT, "its machine did not end it at its limit of 600 s"),
    )


@pytest.mark.parametrize("running_seconds", [None, 5.0])
def test_whoever_does_not_heed_a_cancel_is_ended(running_seconds: float | None) -> None:
    guest = {"provider_type": ProviderType.NATIVE, "cancel_requested": True, "running_seconds": running_seconds}
    assert _plan(_attempt(cancelled_seconds=CANCEL_GRACE_S - 0.1, **guest), _GONE).steps == ()
    deaf = _attempt(cancelled_seconds=CANCEL_GRACE_S, **guest)
    assert _plan(deaf, _GONE).steps == (End(deaf, Cause.CANCELLED, "its machine did not stop it within 60 s"),)


def test_what_is_never_begun_runs_elsewhere() -> None:
    guest = {"provider_type": ProviderType.NATIVE, "status": AttemptStatus.ASSIGNED, "running_seconds": None}
    assert _plan(_attempt(age_seconds=UNBEGUN_AFTER_S - 0.1, **guest), _GONE).steps == ()
    idle = _attempt(age_seconds=UNBEGUN_AFTER_S, **guest)
    assert _plan(idle, _GONE).steps == (Lose(idle, "it was not begun within an hour"),)
    assert _plan(_attempt(age_seconds=UNBEGUN_AFTER_S), _GONE, leases_count=False).steps == ()


def test_nobody_is_late_while_there_was_nobody_to_report_to() -> None:
    late = _attempt(running_seconds=10_000.0)
    assert _plan(late, _RUNS_IT, leases_count=False).steps == ()


@pytest.mark.parametrize("better", [_RUNS_IT, _NO_ANSWER])
def test_what_was_amiss_and_is_no_longer_is_forgotten(better: Sighting) -> None:
    attempt = _attempt()
    first = reconcile(
        [attempt], {"machine": _RUNS_NOTHING}, in_hand=frozenset(), leases_count=True, amiss_since={}, now=0.0
    )
    assert first.amiss_since == {_ID: 0.0}
    second = reconcile(
        [attempt],
        {"machine": better},
        in_hand=frozenset(),
        leases_count=True,
        amiss_since=first.amiss_since,
        now=2.0,
    )
    assert second.amiss_since == {}
