"""Gangs that wait: places are kept for all of their workers at once, and the cheapest leave for them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations
from random import Random
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from qubix_platform.placement.decide import decide
from qubix_platform.placement.model import Assignment, Candidate, PendingJob, Policy, Running, Snapshot
from qubix_platform.placement.ordering.policy import QueuePolicy
from tests.platform.placement.market import NOW, card, job, offer

_POLICY = Policy(queue=QueuePolicy(kept_places=2, notice_s=30))


class _World:
    """A market where every attempt lasts to its limit, or to the end of the notice that it was given."""

    def __init__(self, cards: list[int], random: Random) -> None:
        self.now = NOW
        self.cards = cards
        self.running: list[Running] = []
        self.jobs: dict[UUID, PendingJob] = {}
        self.random = random

    def fill(self, *, is_spot: bool) -> None:
        """Have something run on each card."""
        for machine, cards in enumerate(self.cards, start=1):
            for index in range(cards):
                shares = ((machine * 100 + index, 1000),)
                self._start(UUID(int=machine * 100 + index), machine, shares, is_spot=is_spot)

    def _start(self, number: UUID, machine: int, shares: tuple[tuple[int, int], ...], *, is_spot: bool) -> None:
        self.running.append(
            Running(
                attempt_id=number,
                job_id=UUID(int=0x90000 + number.int),
                user_id=UUID(int=9),
                provider_id=UUID(int=machine),
                cpu_cores=1,
                memory_mib=1024,
                limit_seconds=self.random.choice([60, 120, 300, 600]),
                started_at=self.now,
                shares=shares,
                disk_mib=2048,
                price_per_hour=self.random.choice([10, 20, 30, 50]) if is_spot else 100,
                is_spot=is_spot,
            )
        )

    def snapshot(self) -> Snapshot:
        taken = {gpu: milli for one in self.running for gpu, milli in one.shares}
        count = Counter(one.provider_id.int for one in self.running)
        providers = tuple(
            offer(
                machine,
                gpus=tuple(
                    card(machine * 100 + index, allocated_milli=taken.get(machine * 100 + index, 0))
                    for index in range(cards)
                ),
                allocated_cpu=count[machine],
                allocated_memory_mib=1024 * count[machine],
                allocated_disk_mib=2048 * count[machine],
                disk_mib=2048 * cards,
            )
            for machine, cards in enumerate(self.cards, start=1)
        )
        return Snapshot(jobs=tuple(self.jobs.values()), providers=providers, running=tuple(self.running))

    def carry_out(self, assignments: Iterable[Assignment]) -> None:
        for one in assignments:
            made = self.jobs[one.job_id]
            self.running.append(
                Running(
                    attempt_id=UUID(int=one.job_id.int * 100 + one.rank),
                    job_id=one.job_id,
                    user_id=made.request.user_id,
                    provider_id=one.provider_id,
                    cpu_cores=made.request.cpu_cores,
                    memory_mib=made.request.memory_mib,
                    limit_seconds=made.limit_seconds,
                    started_at=self.now,
                    shares=tuple((gpu.gpu_id, gpu.milli) for gpu in one.gpus),
                    price_per_hour=one.price_per_hour,
                    disk_mib=made.request.disk_mib,
                )
            )
        for job_id in {one.job_id for one in assignments}:
            del self.jobs[job_id]

    def go_on(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.running = [one for one in self.running if _ends(one) > self.now]


def _ends(one: Running) -> datetime:
    assert one.started_at is not None
    limit = one.started_at + timedelta(seconds=one.limit_seconds)
    return limit if one.noticed_at is None else min(limit, one.noticed_at + timedelta(seconds=30))


def _gang(workers: int) -> PendingJob:
    made = job(0, max_price=1_000)
    return replace(made, workers=workers, queued_at=NOW - timedelta(seconds=1))


_CARDS = st.lists(st.integers(1, 3), min_size=2, max_size=4)


@settings(max_examples=60, deadline=None)
@given(cards=_CARDS, workers=st.integers(2, 5), seed=st.integers(0, 2**32))
def test_a_stream_of_small_jobs_never_delays_a_gang_beyond_the_start_that_was_kept_for_it(
    cards: list[int], workers: int, seed: int
) -> None:
    random = Random(seed)
    world = _World(cards, random)
    world.fill(is_spot=False)
    gang = _gang(min(workers, sum(cards)))
    world.jobs[gang.id] = gang
    promised: datetime | None = None
    for number in range(1, 60):
        small = job(number, max_price=1_000)
        small = replace(small, queued_at=world.now, limit_seconds=random.choice([30, 90, 600]))
        world.jobs[small.id] = small
        decisions = decide(world.snapshot(), world.now, _POLICY)
        if gang.id in {one.job_id for one in decisions.assignments}:
            assert promised is None or world.now <= promised + timedelta(seconds=15)
            assert sorted(one.rank for one in decisions.assignments if one.job_id == gang.id) == list(
                range(gang.workers)
            )
            return
        kept = [one for one in decisions.reserved if one.job_id == gang.id]
        assert sum(one.workers for one in kept) == gang.workers
        (starts_at,) = {one.starts_at for one in kept}
        assert promised is None or starts_at <= max(promised, world.now)
        promised = starts_at
        world.carry_out(decisions.assignments)
        world.go_on(15)
    raise AssertionError("it never started")


@settings(max_examples=100, deadline=None)
@given(cards=_CARDS, workers=st.integers(2, 5), seed=st.integers(0, 2**32))
def test_a_gang_alone_is_kept_the_first_instant_at_which_all_of_it_has_room(
    cards: list[int], workers: int, seed: int
) -> None:
    world = _World(cards, Random(seed))
    world.fill(is_spot=False)
    gang = _gang(workers)
    world.jobs[gang.id] = gang
    decisions = decide(world.snapshot(), world.now, _POLICY)
    ends = sorted(map(_ends, world.running))
    if workers > sum(cards):
        assert decisions.reserved == ()
        return
    assert {one.starts_at for one in decisions.reserved} == {ends[workers - 1]}
    report = decisions.waiting[gang.id]
    assert report.free_at is not None
    assert report.free_at >= ends[workers - 1]


@settings(max_examples=100, deadline=None)
@given(cards=_CARDS, workers=st.integers(2, 5), seed=st.integers(0, 2**32))
def test_those_who_pay_least_leave_for_a_gang_on_as_many_machines_as_it_takes(
    cards: list[int], workers: int, seed: int
) -> None:
    world = _World(cards, Random(seed))
    world.fill(is_spot=True)
    gang = _gang(workers)
    world.jobs[gang.id] = gang
    decisions = decide(world.snapshot(), world.now, _POLICY)
    leaving = {one.attempt_id for one in decisions.preemptions}
    if workers > sum(cards):
        assert not leaving
        return
    prices = {one.attempt_id: one.price_per_hour for one in world.running}
    least = min(sum(chosen) for chosen in combinations(prices.values(), workers))
    assert sum(prices[one] for one in leaving) == least
    assert len(leaving) == workers
    world.running = [replace(one, noticed_at=NOW) if one.attempt_id in leaving else one for one in world.running]
    world.go_on(30)
    started = decide(world.snapshot(), world.now, _POLICY)
    assert {one.job_id for one in started.assignments} == {gang.id}


def test_workers_of_one_machine_and_of_several_are_weighed_against_each_other() -> None:
    def spot(number: int, gpu: int, price: int, cores: int = 1) -> Running:
        return Running(
            attempt_id=UUID(int=number),
            job_id=UUID(int=number),
            user_id=UUID(int=9),
            provider_id=UUID(int=gpu // 100),
            cpu_cores=cores,
            memory_mib=1024,
            limit_seconds=3600,
            started_at=NOW,
            shares=((gpu, 1000),),
            price_per_hour=price,
            is_spot=True,
        )

    def full(number: int, cards: int) -> Candidate:
        gpus = tuple(card(number * 100 + index, allocated_milli=1000) for index in range(cards))
        return offer(number, gpus=gpus, allocated_cpu=cards, allocated_memory_mib=1024 * cards, cpu_cores=cards)

    gang = _gang(2)
    market = Snapshot(
        jobs=(gang,),
        providers=(full(1, 2), full(2, 1), full(3, 1)),
        running=(spot(1, 100, 40), spot(2, 101, 45), spot(3, 200, 30), spot(4, 300, 60)),
    )
    decisions = decide(market, NOW, _POLICY)
    assert {one.attempt_id.int for one in decisions.preemptions} == {1, 3}
    assert {(one.provider_id.int, one.workers) for one in decisions.reserved} == {(1, 1), (2, 1)}
