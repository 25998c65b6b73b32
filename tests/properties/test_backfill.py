"""Backfill: what is kept for the first in the queue stays kept, and the rest is used."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from qubix.schemas.resources import WHOLE_GPU_MILLI
from qubix_platform.placement.decide import decide
from qubix_platform.placement.model import (
    Assignment,
    Candidate,
    Decisions,
    PendingJob,
    Policy,
    Request,
    Running,
    Snapshot,
)
from qubix_platform.placement.ordering.policy import QueuePolicy
from tests.platform.placement.market import NOW, card, job, offer

_POLICY = Policy(queue=QueuePolicy(kept_places=2))
_LIMITS = st.sampled_from([60, 120, 300, 600])


@st.composite
def _machines(draw: st.DrawFn, number: int) -> tuple[Candidate, list[Running]]:
    """A machine, and attempts on some of it whose limits end between now and in ten minutes."""
    cores, memory = draw(st.integers(2, 6)), draw(st.sampled_from([4_096, 8_192]))
    disk = draw(st.sampled_from([5_000, 500_000]))
    cards = draw(st.integers(1, 4))
    milli = dict.fromkeys(range(cards), 0)
    cpu = ram = files = 0
    running = []
    for index in range(draw(st.integers(0, 4))):
        chosen = draw(st.sampled_from(range(cards)))
        share = draw(st.sampled_from([500, 1000]))
        if milli[chosen] + share > WHOLE_GPU_MILLI or cpu + 1 > cores or ram + 1024 > memory or files + 1500 > disk:
            continue
        milli[chosen] += share
        cpu, ram, files = cpu + 1, ram + 1024, files + 1500
        limit = draw(_LIMITS)
        running.append(
            Running(
                attempt_id=UUID(int=number * 100 + index),
                job_id=UUID(int=0x10000 + number * 100 + index),
                user_id=UUID(int=9),
                provider_id=UUID(int=number),
                cpu_cores=1,
                memory_mib=1024,
                limit_seconds=limit,
                started_at=NOW - timedelta(seconds=draw(st.integers(0, limit))),
                shares=((number * 100 + chosen, share),),
                disk_mib=1500,
            )
        )
    gpus = tuple(card(number * 100 + index, allocated_milli=milli[index]) for index in range(cards))
    whole = {"cpu_cores": cores, "ram_mib": memory, "disk_mib": disk}
    facts = whole | {"allocated_cpu": cpu, "allocated_memory_mib": ram, "allocated_disk_mib": files}
    return offer(number, gpus=gpus, price_per_hour=draw(st.sampled_from([100, 200])), **facts), running


@st.composite
def _markets(draw: st.DrawFn) -> Snapshot:
    machines = [draw(_machines(number)) for number in range(1, draw(st.integers(1, 3)) + 1)]
    jobs = []
    for number in range(draw(st.integers(1, 8))):
        count = draw(st.integers(1, 4))
        made = job(
            number,
            gpu_count=count,
            gpu_share_milli=draw(st.sampled_from([500, 1000])) if count == 1 else WHOLE_GPU_MILLI,
            max_price=10_000,
            cpu_cores=draw(st.integers(1, 3)),
            memory_mib=draw(st.sampled_from([1024, 4096])),
            disk_mib=draw(st.sampled_from([500, 3_000])),
        )
        queued = NOW - timedelta(seconds=100 - number)
        jobs.append(replace(made, queued_at=queued, limit_seconds=draw(_LIMITS)))
    return Snapshot(
        jobs=tuple(jobs),
        providers=tuple(machine for machine, _ in machines),
        running=tuple(attempt for _, attempts in machines for attempt in attempts),
    )


class _Then:
    """What is free of a machine at a later instant, if everything that runs or is assigned ends only at its limit."""

    def __init__(self, market: Snapshot, assigned: list[Assignment], machine: Candidate, at: datetime) -> None:
        jobs = {each.id: each for each in market.jobs}
        self.cpu, self.memory, self.disk = machine.cpu_cores, machine.ram_mib, machine.disk_mib
        self.milli = dict.fromkeys((gpu.id for gpu in machine.gpus), WHOLE_GPU_MILLI)
        for attempt in market.running:
            assert attempt.started_at is not None
            ends = max(NOW, attempt.started_at + timedelta(seconds=attempt.limit_seconds))
            if attempt.provider_id == machine.provider_id and ends > at:
                self._take(attempt, dict(attempt.shares))
        for one in assigned:
            made = jobs[one.job_id]
            if one.provider_id == machine.provider_id and NOW + timedelta(seconds=made.limit_seconds) > at:
                shares = {gpu.gpu_id: gpu.milli for gpu in one.gpus}
                self._take(made.request, shares)

    def _take(self, taker: Running | Request, shares: dict[int, int]) -> None:
        self.cpu -= taker.cpu_cores
        self.memory -= taker.memory_mib
        self.disk -= taker.disk_mib
        for gpu_id, milli in shares.items():
            self.milli[gpu_id] -= milli

    def has_room(self, made: PendingJob) -> bool:
        request = made.request
        free = sum(milli >= request.gpu_share_milli for milli in self.milli.values())
        has_memory = self.memory >= request.memory_mib and self.disk >= request.disk_mib
        return self.cpu >= request.cpu_cores and has_memory and free >= request.gpu_count


@settings(max_examples=400, deadline=None)
@given(market=_markets())
def test_what_is_kept_can_start_then_whatever_else_was_assigned(market: Snapshot) -> None:
    decisions = decide(market, NOW, _POLICY)
    jobs = {each.id: each for each in market.jobs}
    machines = {each.provider_id: each for each in market.providers}
    assert len({kept.provider_id for kept in decisions.reserved}) == len(decisions.reserved) <= 2
    for kept in decisions.reserved:
        assert kept.job_id in decisions.waiting
        then = _Then(market, list(decisions.assignments), machines[kept.provider_id], kept.starts_at)
        assert then.has_room(jobs[kept.job_id])


@settings(max_examples=400, deadline=None)
@given(market=_markets())
def test_the_first_that_waits_is_kept_the_earliest_start_that_there_was_in_its_turn(market: Snapshot) -> None:
    decisions = decide(market, NOW, _POLICY)
    order = sorted(market.jobs, key=lambda each: (each.queued_at, each.id))
    first = next((each for each in order if each.id in decisions.waiting), None)
    if first is None:
        return
    before = {each.id for each in order[: order.index(first)]}
    # Without matching together: which machines those before it took is as it was in its turn.
    alone = decide(market, NOW, replace(_POLICY, together=False))
    assigned = [one for one in alone.assignments if one.job_id in before]
    instants = {
        max(NOW, (attempt.started_at or NOW) + timedelta(seconds=attempt.limit_seconds)) for attempt in market.running
    } | {NOW + timedelta(seconds=each.limit_seconds) for each in market.jobs if each.id in before}
    possible = [
        at for at in sorted(instants) if any(_Then(market, assigned, m, at).has_room(first) for m in market.providers)
    ]
    kept = next((one for one in alone.reserved if one.job_id == first.id), None)
    assert (kept and kept.starts_at) == (possible[0] if possible else None)


@settings(max_examples=300, deadline=None)
@given(market=_markets(), together=st.booleans())
def test_a_job_waits_only_where_it_would_delay_what_is_kept(market: Snapshot, together: bool) -> None:
    decisions = decide(market, NOW, replace(_POLICY, together=together))
    jobs = {each.id: each for each in market.jobs}
    for job_id in decisions.waiting:
        assert not _could_start(jobs[job_id], market, decisions)


def _could_start(made: PendingJob, market: Snapshot, decisions: Decisions) -> bool:
    """Whether a job has room somewhere to its end, on top of everything else, and nothing kept there is delayed."""
    ends = NOW + timedelta(seconds=made.limit_seconds)
    order = [each.id for each in sorted(market.jobs, key=lambda each: (each.queued_at, each.id))]
    for machine in market.providers:
        now = _Then(market, list(decisions.assignments), machine, NOW - timedelta(microseconds=1))
        if not now.has_room(made):
            continue
        here = [one for one in decisions.reserved if one.provider_id == machine.provider_id]
        if not any(kept.starts_at < ends and order.index(kept.job_id) <= order.index(made.id) for kept in here):
            return True
    return False


def test_a_short_job_uses_what_is_kept_and_a_long_one_does_not() -> None:
    running = Running(
        attempt_id=UUID(int=1),
        job_id=UUID(int=2),
        user_id=UUID(int=3),
        provider_id=UUID(int=1),
        cpu_cores=1,
        memory_mib=1024,
        limit_seconds=600,
        started_at=NOW,
        shares=((100, 1000),),
    )
    machine = offer(1, gpus=(card(100, allocated_milli=1000), card(101)), allocated_cpu=1, allocated_memory_mib=1024)
    wide, long, short = job(0, gpu_count=2, max_price=1000), job(1), job(2)
    market = Snapshot(
        jobs=(wide, replace(long, limit_seconds=601), replace(short, limit_seconds=600)),
        providers=(machine,),
        running=(running,),
    )
    decisions = decide(market, NOW, _POLICY)
    assert [one.job_id for one in decisions.assignments] == [short.id]
    assert [(kept.job_id, kept.starts_at) for kept in decisions.reserved] == [(wide.id, NOW + timedelta(seconds=600))]
    alone = decide(replace(market, jobs=market.jobs[:2]), NOW, _POLICY)
    report = alone.waiting[long.id]
    assert [(reason.constraint, reason.removed) for reason in report.reasons] == [("kept", 1)]
    assert report.summary == "the only offer fits but is kept for jobs that go before it"
    assert alone.assignments == ()


@settings(max_examples=60, deadline=None)
@given(market=_markets())
def test_a_job_that_is_told_when_an_offer_is_free_has_a_place_then_and_not_before(market: Snapshot) -> None:
    for waiting in market.jobs:
        alone = replace(market, jobs=(waiting,))
        report = decide(alone, NOW, Policy()).waiting.get(waiting.id)
        if report is None:
            continue
        if report.free_at is None:
            assert not decide(_ended_by(alone, NOW + timedelta(days=1)), NOW, Policy()).assignments
            continue
        assert decide(_ended_by(alone, report.free_at), NOW, Policy()).assignments
        assert not decide(_ended_by(alone, report.free_at - timedelta(minutes=1)), NOW, Policy()).assignments


def _ended_by(market: Snapshot, at: datetime) -> Snapshot:
    """The market without the attempts whose limits end until then."""
    ended = [
        one for one in market.running if max(NOW, (one.started_at or NOW) + timedelta(seconds=one.limit_seconds)) <= at
    ]
    return replace(market, providers=tuple(_without(machine, ended) for machine in market.providers))


def _without(machine: Candidate, ended: list[Running]) -> Candidate:
    there = [one for one in ended if one.provider_id == machine.provider_id]
    return replace(
        machine,
        allocated_cpu=machine.allocated_cpu - sum(one.cpu_cores for one in there),
        allocated_memory_mib=machine.allocated_memory_mib - sum(one.memory_mib for one in there),
        allocated_disk_mib=machine.allocated_disk_mib - sum(one.disk_mib for one in there),
        gpus=tuple(
            replace(gpu, allocated_milli=gpu.allocated_milli - sum(dict(one.shares).get(gpu.id, 0) for one in there))
            for gpu in machine.gpus
        ),
    )
