"""When a job starts behind others."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

from qubix_platform.placement.decide import newest_job
from qubix_platform.placement.forecasting import MOST_PASSES, forecast
from qubix_platform.placement.model import PendingJob, Policy, Running, Snapshot
from qubix_platform.placement.ordering.policy import QueuePolicy
from tests.platform.placement.market import NOW, card, job, offer, request

_POLICY = Policy(queue=QueuePolicy())


def _attempt(machine: int, *, limit: int) -> Running:
    return Running(
        attempt_id=UUID(int=0x9000 + machine),
        job_id=UUID(int=0x8000 + machine),
        user_id=UUID(int=9),
        provider_id=UUID(int=machine),
        cpu_cores=1,
        memory_mib=1024,
        limit_seconds=limit,
        started_at=NOW,
        shares=((machine * 100, 1000),),
    )


def _market(*limits: int, ahead: tuple[PendingJob, ...] = ()) -> Snapshot:
    full = tuple(
        offer(number, gpus=(card(number * 100, allocated_milli=1000),), allocated_cpu=1, allocated_memory_mib=1024)
        for number in range(1, len(limits) + 1)
    )
    running = tuple(_attempt(number, limit=limit) for number, limit in enumerate(limits, start=1))
    return Snapshot(jobs=ahead, providers=full, running=running)


def _start(market: Snapshot, *, limit: int = 60) -> timedelta | None:
    asked = newest_job(request(), NOW, limit_seconds=limit)
    at = forecast(replace(market, jobs=(*market.jobs, asked)), asked, NOW, _POLICY)
    return None if at is None else at - NOW


def _waits(number: int, *, limit: int, workers: int = 1) -> PendingJob:
    made = job(number, user_id=UUID(int=number))
    return replace(made, queued_at=NOW - timedelta(seconds=100 - number), limit_seconds=limit, workers=workers)


def test_it_starts_when_the_first_card_is_free_that_nobody_before_it_takes() -> None:
    assert _start(_market()) is None
    assert _start(_market(100, 200)) == timedelta(seconds=100)
    assert _start(_market(100, 200, ahead=(_waits(1, limit=500),))) == timedelta(seconds=200)
    assert _start(_market(100, ahead=(_waits(1, limit=500), _waits(2, limit=50)))) == timedelta(seconds=650)


def test_who_waits_for_what_it_never_has_is_in_nobodys_way() -> None:
    never = replace(_waits(1, limit=500), request=request(gpu_models=("H100",)))
    assert _start(_market(100, ahead=(never,))) == timedelta(seconds=100)


def test_a_short_job_goes_before_a_gang_that_has_to_wait_longer_and_a_long_one_behind_it() -> None:
    gang = _waits(1, limit=500, workers=2)
    assert _start(_market(100, 400, ahead=(gang,)), limit=300) == timedelta(seconds=100)
    assert _start(_market(100, 400, ahead=(gang,)), limit=301) == timedelta(seconds=900)


def test_what_takes_too_long_to_find_out_is_not_known() -> None:
    market = _market(100, ahead=(_waits(1, limit=500),))
    asked = newest_job(request(), NOW, limit_seconds=60)
    market = replace(market, jobs=(*market.jobs, asked))
    for passes, known in ((2, False), (3, True)):
        late = iter([False] * passes + [True])
        found = forecast(market, asked, NOW, _POLICY, is_late=partial(next, late))
        assert (found is not None) is known


def test_of_what_is_too_far_away_nothing_is_said() -> None:
    assert _start(_market(10, ahead=tuple(_waits(number, limit=10) for number in range(1, MOST_PASSES + 1)))) is None
