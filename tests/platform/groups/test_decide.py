"""How many workers a group is to have, for any queue, bounds and history."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from qubix.schemas.states import JobStatus
from qubix_platform.groups.decide import MAX_FAILURES, Bounds, Load, Worker, has_time, plan, target

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@st.composite
def bounds(draw: st.DrawFn) -> Bounds:
    high = draw(st.integers(1, 50))
    return Bounds(
        min_workers=draw(st.integers(0, high)),
        max_workers=high,
        items_per_worker=draw(st.integers(1, 20)),
        idle=timedelta(seconds=draw(st.integers(0, 120))),
    )


loads = st.builds(
    Load,
    items=st.integers(0, 500),
    workers=st.integers(0, 60),
    surplus_since=st.none() | st.integers(0, 300).map(lambda ago: NOW - timedelta(seconds=ago)),
    is_draining=st.booleans(),
)


@given(bounds=bounds(), load=loads)
def test_the_target_lies_between_the_bounds_and_serves_the_queue(bounds: Bounds, load: Load) -> None:
    wanted = target(bounds, load, now=NOW)
    served = min(bounds.max_workers, -(-load.items // bounds.items_per_worker))

    assert wanted.workers <= bounds.max_workers
    assert wanted.workers >= served
    assert wanted.workers >= (0 if load.is_draining else bounds.min_workers)
    if load.items and bounds.max_workers:
        assert wanted.workers >= 1


@given(bounds=bounds(), load=loads, more=st.integers(0, 100))
def test_a_longer_queue_never_has_fewer_workers(bounds: Bounds, load: Load, more: int) -> None:
    longer = Load(
        items=load.items + more,
        workers=load.workers,
        surplus_since=load.surplus_since,
        is_draining=load.is_draining,
    )
    assert target(bounds, longer, now=NOW).workers >= target(bounds, load, now=NOW).workers


@given(bounds=bounds(), items=st.integers(0, 500), workers=st.integers(0, 60))
def test_a_target_that_was_reached_stays(bounds: Bounds, items: int, workers: int) -> None:
    """From any size the group comes to one that it keeps for as long as its queue does not change."""
    load, now = Load(items=items, workers=workers), NOW
    for _ in range(3):
        reached = target(bounds, load, now=now)
        load = Load(items=items, workers=reached.workers, surplus_since=reached.surplus_since)
        now += bounds.idle
    assert target(bounds, load, now=now).workers == load.workers
    assert load.workers == max(bounds.min_workers, min(bounds.max_workers, -(-items // bounds.items_per_worker)))


@given(bounds=bounds(), items=st.integers(0, 500), workers=st.integers(0, 60), passed=st.integers(0, 119))
def test_nobody_leaves_before_fewer_would_have_done_for_a_while(
    bounds: Bounds, items: int, workers: int, passed: int
) -> None:
    since = NOW - timedelta(seconds=passed)
    wanted = target(bounds, Load(items=items, workers=workers, surplus_since=since), now=NOW)
    if timedelta(seconds=passed) < bounds.idle and workers <= bounds.max_workers:
        assert wanted.workers >= workers


@st.composite
def teams(draw: st.DrawFn) -> list[Worker]:
    return [
        Worker(
            job_id=UUID(int=number),
            status=(status := draw(st.sampled_from([JobStatus.PENDING, JobStatus.ASSIGNED, JobStatus.RUNNING]))),
            is_busy=status is JobStatus.RUNNING and draw(st.booleans()),
            created_at=NOW - timedelta(seconds=draw(st.integers(0, 1000))),
            asked_to_leave_at=draw(st.none() | st.integers(0, 200).map(lambda ago: NOW - timedelta(seconds=ago))),
            is_stopping=draw(st.booleans()) and draw(st.booleans()),
        )
        for number in range(draw(st.integers(0, 12)))
    ]


@given(bounds=bounds(), team=teams(), items=st.integers(0, 60), failures=st.integers(0, 5), draining=st.booleans())
def test_a_plan_brings_the_group_to_its_target_and_stops_nobody_who_works(
    bounds: Bounds, team: list[Worker], items: int, failures: int, draining: bool
) -> None:
    staying = [worker for worker in team if not worker.is_leaving]
    load = Load(items=items, workers=len(staying), is_draining=draining)
    decided = plan(bounds, load, team, failures=failures, now=NOW)
    by_id = {worker.job_id: worker for worker in team}
    going = {job_id for job_id in (*decided.end, *decided.ask) if not by_id[job_id].is_leaving}
    wanted = target(bounds, load, now=NOW).workers

    assert not any(by_id[job_id].is_busy for job_id in (*decided.end, *decided.stop))
    assert all(by_id[job_id].status is JobStatus.PENDING for job_id in decided.end)
    assert all(by_id[job_id].status is not JobStatus.PENDING for job_id in (*decided.ask, *decided.stop))
    if failures < MAX_FAILURES:
        assert len(staying) - len(going) + decided.start == min(wanted, len(staying) - len(going) + 20)
    else:
        assert decided.start == 0
    if going and any(by_id[job_id].is_busy for job_id in going):
        assert all(by_id[job_id].is_busy for job_id in {worker.job_id for worker in staying} - going)
    assert decided.is_over == (draining and not items and not team)


def test_a_worker_takes_nothing_that_its_time_limit_would_cut_off() -> None:
    assert has_time(left_s=500, limit_s=600, longest_s=0)
    assert not has_time(left_s=500, limit_s=600, longest_s=500)
    assert not has_time(left_s=60, limit_s=600, longest_s=1)
