"""Reserved windows: nobody but the holder gets the machine, and the holder pays once."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from qubix_platform.placement.decide import decide
from qubix_platform.placement.model import Policy, ReservedWindow, Running, Snapshot
from qubix_platform.placement.ordering.policy import QueuePolicy
from tests.platform.placement.market import CONSUMER, NOW, card, job, offer

_POLICY = Policy(queue=QueuePolicy(kept_places=2))
_USERS = st.sampled_from([CONSUMER, UUID(int=7)])
_MINUTE = timedelta(minutes=1)


@st.composite
def _markets(draw: st.DrawFn) -> Snapshot:
    windows, machines, running = [], [], []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        is_busy = draw(st.booleans())
        gpus = (card(number * 100, allocated_milli=1000 * is_busy), card(number * 100 + 1))
        machines.append(
            offer(number, gpus=gpus, price_per_hour=draw(st.sampled_from([100, 200])), allocated_cpu=is_busy)
        )
        if is_busy:
            running.append(
                Running(
                    attempt_id=UUID(int=number),
                    job_id=UUID(int=0x100 + number),
                    user_id=UUID(int=9),
                    provider_id=UUID(int=number),
                    cpu_cores=1,
                    memory_mib=0,
                    limit_seconds=60 * draw(st.integers(1, 20)),
                    started_at=NOW,
                    shares=((number * 100, 1000),),
                )
            )
        begin = NOW + draw(st.integers(-20, 40)) * _MINUTE
        if draw(st.booleans()):
            length = draw(st.integers(1, 60)) * _MINUTE
            windows.append(
                ReservedWindow(
                    provider_id=UUID(int=number), user_id=draw(_USERS), starts_at=begin, ends_at=begin + length
                )
            )
    jobs = tuple(
        replace(
            job(number, user_id=draw(_USERS), gpu_count=draw(st.integers(1, 2)), max_price=draw(st.integers(1, 500))),
            queued_at=NOW - timedelta(seconds=10 - number),
            limit_seconds=60 * draw(st.integers(1, 40)),
        )
        for number in range(draw(st.integers(1, 6)))
    )
    return Snapshot(jobs=jobs, providers=tuple(machines), running=tuple(running), windows=tuple(windows))


@settings(max_examples=400, deadline=None)
@given(market=_markets())
def test_a_reserved_machine_is_its_holders_alone_and_costs_them_nothing_more(market: Snapshot) -> None:
    decisions = decide(market, NOW, _POLICY)
    jobs = {each.id: each for each in market.jobs}
    prices = {each.provider_id: each.price_per_hour for each in market.providers}
    begins = {(one.job_id, one.provider_id): NOW for one in decisions.assignments}
    begins |= {(one.job_id, one.provider_id): one.starts_at for one in decisions.reserved}
    for (job_id, provider_id), begin in begins.items():
        made = jobs[job_id]
        end = begin + timedelta(seconds=made.limit_seconds)
        for window in market.windows:
            if window.provider_id == provider_id and window.user_id != made.request.user_id:
                assert end <= window.starts_at or begin >= window.ends_at
    for one in decisions.assignments:
        made = jobs[one.job_id]
        end = NOW + timedelta(seconds=made.limit_seconds)
        is_prepaid = any(
            window.provider_id == one.provider_id
            and window.user_id == made.request.user_id
            and window.starts_at <= NOW
            and end <= window.ends_at
            for window in market.windows
        )
        assert one.price_per_hour == (0 if is_prepaid else prices[one.provider_id] * made.request.gpu_count)


def test_the_holders_job_goes_to_the_machine_that_is_paid_for_though_another_is_cheaper() -> None:
    window = ReservedWindow(
        provider_id=UUID(int=1), user_id=CONSUMER, starts_at=NOW - _MINUTE, ends_at=NOW + 60 * _MINUTE
    )
    market = Snapshot(
        jobs=(job(0, max_price=10), job(1, max_price=500)),
        providers=(offer(1, price_per_hour=400), offer(2, price_per_hour=100)),
        windows=(window,),
    )
    decisions = decide(market, NOW, Policy())
    found = {one.job_id: (one.worker_id, one.price_per_hour) for one in decisions.assignments}
    assert found == {market.jobs[0].id: ("machine-1", 0), market.jobs[1].id: ("machine-2", 100)}


def test_who_waits_for_a_reserved_machine_is_told() -> None:
    window = ReservedWindow(
        provider_id=UUID(int=1), user_id=UUID(int=7), starts_at=NOW + 30 * _MINUTE, ends_at=NOW + 60 * _MINUTE
    )
    market = Snapshot(jobs=(replace(job(0), limit_seconds=1801),), providers=(offer(1),), windows=(window,))
    (report,) = decide(market, NOW, Policy()).waiting.values()
    assert report.summary == "the only offer is reserved by others for some of the time that the job may take"
    short = replace(market, jobs=(replace(job(0), limit_seconds=1800),))
    assert len(decide(short, NOW, Policy()).assignments) == 1
