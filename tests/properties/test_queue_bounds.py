"""The bounds that `ordering.queue` proves, on several machines, for jobs of one to eight GPUs of any user and class."""

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from hypothesis import given, settings

from qubix.schemas.resources import WHOLE_GPU_MILLI
from qubix.schemas.states import Priority
from qubix_platform.placement.decide import decide
from qubix_platform.placement.model import (
    Assignment,
    Candidate,
    Consumer,
    PendingJob,
    Policy,
    Request,
    Running,
    Snapshot,
)
from qubix_platform.placement.ordering.policy import ORDINARY_WEIGHT, QueuePolicy
from qubix_platform.placement.ordering.queue import due_at
from qubix_platform.placement.ordering.shares import gpu_kind
from tests.platform.placement.market import NOW, card, job, offer
from tests.properties.living_markets import USERS, seeds

_QUEUE = QueuePolicy(low_patience_s=240, normal_patience_s=120, high_patience_s=30)
_POLICY = Policy(queue=_QUEUE)
_LIMIT_S = 100
_STEP = timedelta(seconds=40)
_MODELS = ("RTX 4090", "H100-80GB")


def _machines(random: Random) -> list[Candidate]:
    sizes = [8, *(random.randint(1, 8) for _ in range(random.randint(0, 2)))]
    return [
        offer(
            number,
            gpus=tuple(card(number * 100 + index, model=_MODELS[number % 2]) for index in range(size)),
            price_per_hour=random.choice([100, 150]),
        )
        for number, size in enumerate(sizes, start=1)
    ]


def _job(number: int, queued_at: datetime, random: Random, *, user_id: UUID | None = None) -> PendingJob:
    """A job that some machine is large enough for: a share of a GPU, one to eight of them, or two workers."""
    count = random.choice([1, 1, 2, 4, random.randint(1, 8)])
    asked = job(
        number,
        user_id=user_id or random.choice(USERS),
        gpu_models=(),
        gpu_count=count,
        gpu_share_milli=random.choice([500, 1000]) if count == 1 else WHOLE_GPU_MILLI,
        max_price=100_000,
    )
    workers = 2 if count <= 4 and random.random() < 0.2 else 1
    limit = random.choice([30, 60, _LIMIT_S, _LIMIT_S])
    priority = random.choice(list(Priority))
    return replace(asked, queued_at=queued_at, priority=priority, workers=workers, limit_seconds=limit)


def _consumers(random: Random) -> tuple[Consumer, ...]:
    past = [(), (("cpu", 3.0), ("memory", 5_000.0)), (("gpu:rtx 4090", 4_000.0),)]
    return tuple(
        Consumer(user_id=user, weight=random.choice([50, 100, 300]), past=random.choice(past))
        for user in USERS
        if random.random() < 0.7
    )


class _World:
    """Machines where every attempt lasts to its limit, and a pass is made whenever one ends."""

    def __init__(self, random: Random) -> None:
        self.now = NOW
        self.machines = {machine.provider_id: machine for machine in _machines(random)}
        self.consumers = _consumers(random)
        self.waiting: dict[UUID, PendingJob] = {}
        self._running: list[tuple[datetime, int, Running]] = []
        self._count = 0

    def snapshot(self) -> Snapshot:
        return Snapshot(
            jobs=tuple(self.waiting.values()),
            providers=tuple(self.machines.values()),
            consumers=self.consumers,
            running=tuple(attempt for _, _, attempt in self._running),
        )

    def carry_out(self, assignments: Iterable[Assignment]) -> None:
        for one in assignments:
            made = self.waiting[one.job_id]
            self._count += 1
            attempt = Running(
                attempt_id=UUID(int=self._count),
                job_id=made.id,
                user_id=made.request.user_id,
                provider_id=one.provider_id,
                cpu_cores=made.request.cpu_cores,
                memory_mib=made.request.memory_mib,
                disk_mib=made.request.disk_mib,
                limit_seconds=made.limit_seconds,
                started_at=self.now,
                shares=tuple((gpu.gpu_id, gpu.milli) for gpu in one.gpus),
                price_per_hour=one.price_per_hour,
            )
            ends_at = self.now + timedelta(seconds=made.limit_seconds)
            heapq.heappush(self._running, (ends_at, self._count, attempt))
            self._take(attempt, sign=1)
        for job_id in {one.job_id for one in assignments}:
            del self.waiting[job_id]

    def go_on(self, *, until: datetime) -> None:
        """To the next end of an attempt, or to this instant where none ends before."""
        self.now = min([until, *(ends_at for ends_at, _, _ in self._running[:1])])
        while self._running and self._running[0][0] <= self.now:
            self._take(heapq.heappop(self._running)[2], sign=-1)

    def _take(self, attempt: Running, *, sign: int) -> None:
        machine, shares = self.machines[attempt.provider_id], dict(attempt.shares)
        self.machines[attempt.provider_id] = replace(
            machine,
            allocated_cpu=machine.allocated_cpu + sign * attempt.cpu_cores,
            allocated_memory_mib=machine.allocated_memory_mib + sign * attempt.memory_mib,
            allocated_disk_mib=machine.allocated_disk_mib + sign * attempt.disk_mib,
            gpus=tuple(
                replace(gpu, allocated_milli=gpu.allocated_milli + sign * shares.get(gpu.id, 0)) for gpu in machine.gpus
            ),
        )


@settings(max_examples=25, deadline=None)
@given(seed=seeds)
def test_every_job_starts_within_the_bound_of_ageing_whoever_comes_after(seed: int) -> None:
    """A job of patience P that was queued at q starts by q + P + (n + 1) L, where n are ahead of it at q + P.

    Ahead are the jobs that were queued by q + P - p, p the least patience of any class; no job runs for longer than L.
    More jobs come all the time than can ever run, of every class and size, of old users and new ones.
    """
    random = Random(seed)
    world = _World(random)
    for number in range(1, random.randint(2, 10)):
        queued_at = NOW - timedelta(seconds=random.randrange(240))
        world.waiting[UUID(int=0x1000 + number)] = _job(number, queued_at, random)
    old = _job(0, NOW, random)
    world.waiting[old.id] = old
    patience = timedelta(seconds=_QUEUE.patience_s(old.priority))
    least = timedelta(seconds=min(map(_QUEUE.patience_s, Priority)))
    latest, coming, number = None, NOW, 100
    while old.id in world.waiting:
        if latest is None and world.now >= old.queued_at + patience:
            ahead = sum(one.queued_at <= old.queued_at + patience - least for one in world.waiting.values()) - 1
            latest = old.queued_at + patience + (ahead + 1) * timedelta(seconds=_LIMIT_S)
        assert latest is None or world.now <= latest
        world.carry_out(decide(world.snapshot(), world.now, _POLICY).assignments)
        if world.now >= coming:
            coming = world.now + _STEP
            for _ in range(random.randint(1, 4)):
                number += 1
                new = None if random.random() < 0.5 else UUID(int=0x2000 + number)
                fresh = _job(number, world.now, random, user_id=new)
                world.waiting[fresh.id] = fresh
        world.go_on(until=coming)


class _Shares:
    """What users have of a market, counted anew by the rule itself: the greatest part of any kind over the weight."""

    def __init__(self, market: Snapshot) -> None:
        self._consumers = {one.user_id: one for one in market.consumers}
        self._models = {gpu.id: gpu_kind(gpu.model) for each in market.providers for gpu in each.gpus}
        self._whole: Counter[str] = Counter()
        for machine in market.providers:
            kinds = {"cpu": machine.cpu_cores, "memory": machine.ram_mib, "disk": machine.disk_mib}
            self._whole.update(kinds)
            for gpu in machine.gpus:
                self._whole[self._models[gpu.id]] += WHOLE_GPU_MILLI
        self._has: dict[UUID, Counter[str]] = {}
        for one in market.running:
            self.add(one.user_id, one, dict(one.shares))

    def add(self, user: UUID, taker: Running | Request, shares: Mapping[int, int]) -> None:
        has = self._has.setdefault(user, Counter())
        has.update({"cpu": taker.cpu_cores, "memory": taker.memory_mib, "disk": taker.disk_mib})
        for gpu_id, milli in shares.items():
            has[self._models[gpu_id]] += milli

    def of(self, user: UUID) -> float:
        consumer = self._consumers.get(user, Consumer(user_id=user))
        has, past = self._has.get(user, Counter()), dict(consumer.past)
        greatest = max((has[kind] + past.get(kind, 0.0)) / whole for kind, whole in self._whole.items())
        return greatest * ORDINARY_WEIGHT / consumer.weight


def _rank(one: PendingJob) -> tuple[int, datetime | int]:
    """Whom a job stands behind, but for shares: those who are due before it, or who are of a higher class."""
    due = due_at(one, _QUEUE)
    return (0, due) if due <= NOW else (1, -list(Priority).index(one.priority))


def _would_do(less: PendingJob, more: PendingJob) -> bool:
    """Whether a job has room wherever another one has, and for as long."""
    return (
        less.request.gpu_count <= more.request.gpu_count
        and less.request.gpu_share_milli <= more.request.gpu_share_milli
        and less.workers <= more.workers
        and less.limit_seconds <= more.limit_seconds
    )


@settings(max_examples=100, deadline=None)
@given(seed=seeds)
def test_nobody_is_given_what_who_is_behind_them_waits_for(seed: int) -> None:
    """Of users who wait with a job for which what another one got would do, nobody is ahead by more than that job.

    Let A be given the job x while B waits with y of the same class, neither due, and y has room wherever x has. Then
    the share of A before x was no greater than that of B: S(A) - s(x) <= S(B). Where y stands before x by age or
    class, x is not given at all. With shares of several kinds, weights, a past, and machines that are partly taken.
    """
    random = Random(seed)
    world = _World(random)
    policy = replace(_POLICY, together=False)  # where x had its turn, and on which cards
    world.waiting = {one.id: one for one in (_job(number, NOW, random) for number in range(random.randint(0, 6)))}
    world.carry_out(decide(world.snapshot(), NOW, policy).assignments)
    ages = (random.randrange(180) for _ in range(random.randint(4, 20)))
    fresh = [_job(100 + number, NOW - timedelta(seconds=age), random) for number, age in enumerate(ages)]
    world.waiting = {one.id: one for one in fresh}
    market = world.snapshot()
    decisions = decide(market, NOW, policy)
    shares, waiting = _Shares(market), [one for one in fresh if one.id in decisions.waiting]
    for one in decisions.assignments:
        given_to = world.waiting[one.job_id]
        if one.rank == 0:
            for other in waiting:
                if _would_do(other, given_to):
                    assert _rank(given_to) <= _rank(other)
                    if _rank(given_to) == _rank(other) and _rank(other)[0] == 1:
                        assert shares.of(given_to.request.user_id) <= shares.of(other.request.user_id) + 1e-9
        shares.add(given_to.request.user_id, given_to.request, {gpu.gpu_id: gpu.milli for gpu in one.gpus})
