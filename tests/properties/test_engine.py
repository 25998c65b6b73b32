"""The engine, whatever it remembers, decides what is decided from the market as it stands."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from qubix.schemas.resources import WHOLE_GPU_MILLI
from qubix.schemas.states import AffinityScope, IsolationLevel, Priority
from qubix_platform.placement.decide import decide
from qubix_platform.placement.engine import (
    AttemptEnded,
    AttemptStarted,
    ConsumersChanged,
    Delta,
    Engine,
    JobGone,
    JobQueued,
    ProviderChanged,
    RunningChanged,
    WindowsChanged,
)
from qubix_platform.placement.model import (
    AntiAffinity,
    Assignment,
    Candidate,
    Consumer,
    Decisions,
    PendingJob,
    Policy,
    ReservedWindow,
    Running,
)
from qubix_platform.placement.ordering.policy import QueuePolicy
from tests.platform.placement.market import NOW, job, offer

_POLICIES = st.sampled_from([Policy(queue=QueuePolicy(kept_places=places)) for places in (0, 1, 2, 8)] + [Policy()])
_USERS = [UUID(int=0x50 + number) for number in range(1, 5)]
_ISOLATION = [IsolationLevel.NONE, IsolationLevel.BWRAP, IsolationLevel.BWRAP]


def _job(number: int, now: datetime, random: Random) -> PendingJob:
    count = random.randrange(4)
    made = job(
        number,
        user_id=random.choice(_USERS),
        gpu_count=count,
        gpu_share_milli=random.choice([500, 1000]) if count == 1 else WHOLE_GPU_MILLI,
        max_price=random.choice([100, 200, 10_000]),
        cpu_cores=random.randint(1, 3),
        isolation_level=random.choice(_ISOLATION),
        is_spot=random.random() < 0.3,
        anti_affinity=random.choice([None, None, AntiAffinity(group="a", scope=random.choice(list(AffinityScope)))]),
    )
    return replace(
        made,
        queued_at=now - timedelta(seconds=random.randrange(900)),
        limit_seconds=random.choice([60, 600]),
        priority=random.choice(list(Priority)),
        workers=random.choice([1, 1, 1, 2]),
    )


def _machine(number: int, random: Random) -> Candidate:
    return offer(
        number,
        gpus=random.randrange(4),
        cpu_cores=random.randint(2, 5),
        disk_mib=random.choice([3_000, 500_000]),
        price_per_hour=random.choice([100, 100, 150]),
        isolation_level=random.choice(_ISOLATION),
        user_id=random.choice(_USERS),
        location=random.choice([None, "DE", "US"]),
    )


class _Market:
    """A market that carries out what its engine decides."""

    def __init__(self, machines: Sequence[Candidate]) -> None:
        self.engine = Engine()
        self.machines = {machine.provider_id: machine for machine in machines}
        self.jobs: dict[UUID, PendingJob] = {}
        self.running: dict[UUID, Running] = {}
        for machine in machines:
            self.engine.apply(ProviderChanged(machine))

    def queue(self, made: PendingJob) -> None:
        self.jobs[made.id] = made
        self.engine.apply(JobQueued(made))

    def carry_out(self, decisions: Decisions, now: datetime) -> None:
        for preempted in decisions.preemptions:
            noticed = replace(self.running[preempted.attempt_id], noticed_at=now)
            self.running[noticed.attempt_id] = noticed
            self.engine.apply(AttemptStarted(noticed))
        for one in decisions.assignments:
            self._start(one, now)
        for job_id in {one.job_id for one in decisions.assignments}:
            del self.jobs[job_id]
            self.engine.apply(JobGone(job_id))

    def end(self, attempt_id: UUID) -> None:
        attempt = self.running.pop(attempt_id)
        self._take(attempt, sign=-1)
        self.engine.apply(AttemptEnded(attempt_id))

    def _start(self, one: Assignment, now: datetime) -> None:
        made = self.jobs[one.job_id]
        attempt = Running(
            attempt_id=UUID(int=one.job_id.int * 10 + one.rank),
            job_id=one.job_id,
            user_id=made.request.user_id,
            provider_id=one.provider_id,
            cpu_cores=made.request.cpu_cores,
            memory_mib=made.request.memory_mib,
            limit_seconds=made.limit_seconds,
            started_at=None if one.job_id.int % 3 else now,
            shares=tuple((share.gpu_id, share.milli) for share in one.gpus),
            price_per_hour=one.price_per_hour,
            is_spot=made.request.is_spot,
            anti_affinity=made.request.anti_affinity,
            disk_mib=made.request.disk_mib,
        )
        self.running[attempt.attempt_id] = attempt
        self._take(attempt, sign=1)
        self.engine.apply(AttemptStarted(attempt))

    def _take(self, attempt: Running, *, sign: int) -> None:
        machine, shares = self.machines[attempt.provider_id], dict(attempt.shares)
        self.machines[attempt.provider_id] = changed = replace(
            machine,
            allocated_cpu=machine.allocated_cpu + sign * attempt.cpu_cores,
            allocated_memory_mib=machine.allocated_memory_mib + sign * attempt.memory_mib,
            allocated_disk_mib=machine.allocated_disk_mib + sign * attempt.disk_mib,
            gpus=tuple(
                replace(gpu, allocated_milli=gpu.allocated_milli + sign * shares.get(gpu.id, 0)) for gpu in machine.gpus
            ),
        )
        self.engine.apply(ProviderChanged(changed))


# One number decides a whole history: drawn piece by piece it takes ten times as long, most of it for the drawing.
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), policy=_POLICIES)
def test_pass_after_pass_the_engine_decides_as_if_it_saw_the_market_for_the_first_time(
    seed: int, policy: Policy
) -> None:
    random = Random(seed)
    machines = [_machine(number, random) for number in range(1, random.randint(1, 5) + 1)]
    market, now, number = _Market(machines), NOW, 0
    for _ in range(6):
        now += timedelta(seconds=random.choice([0, 1, 30, 61]))
        for _ in range(random.randrange(5)):
            number += 1
            market.queue(_job(number, now, random))
        for attempt_id in random.sample(sorted(market.running), k=min(len(market.running), random.randrange(3))):
            market.end(attempt_id)
        for delta in _surroundings(machines, now, random):
            market.engine.apply(delta)
        decisions = market.engine.decide(now, policy)
        assert decisions == decide(market.engine.snapshot(), now, policy)
        market.carry_out(decisions, now)


def _surroundings(machines: Sequence[Candidate], now: datetime, random: Random) -> list[Delta]:
    """What may change beside jobs and attempts: what users had and may have, and windows."""
    consumers = [
        Consumer(
            user_id=user,
            weight=random.choice([100, 300]),
            max_gpus=random.choice([None, None, 1, 3]),
            past=random.choice([(), (("cpu", 0.1), ("memory", 3.7))]),
        )
        for user in random.sample(_USERS, k=random.randrange(5))
    ]
    starts = [now + timedelta(seconds=random.choice([-10, 30, 500])) for _ in range(random.randrange(3))]
    windows = [
        ReservedWindow(
            provider_id=random.choice(machines).provider_id,
            user_id=random.choice(_USERS),
            starts_at=start,
            ends_at=start + timedelta(seconds=300),
        )
        for start in starts
    ]
    changes: list[Delta] = [ConsumersChanged(tuple(consumers)), WindowsChanged(tuple(windows))]
    return random.sample(changes, k=random.choice([0, 0, 1]))


@settings(max_examples=20, deadline=None)
@given(running=st.integers(0, 3), other=st.integers(0, 3))
def test_what_runs_can_be_told_all_at_once_or_one_after_the_other(running: int, other: int) -> None:
    attempts = tuple(
        Running(
            attempt_id=UUID(int=number),
            job_id=UUID(int=number),
            user_id=UUID(int=0x50),
            provider_id=UUID(int=1),
            cpu_cores=1,
            memory_mib=1024,
            limit_seconds=60 * number,
            started_at=NOW,
        )
        for number in range(1, 5)
    )
    at_once, singly = Engine(), Engine()
    for engine in (at_once, singly):
        engine.apply(ProviderChanged(offer(1, allocated_cpu=4, cpu_cores=4, gpus=4)))
        engine.apply(JobQueued(job(1)))
        engine.decide(NOW, Policy(queue=QueuePolicy()))
    at_once.apply(RunningChanged(attempts[:running]))
    at_once.apply(RunningChanged(attempts[:other]))
    for attempt in attempts[:running]:
        singly.apply(AttemptStarted(attempt))
    for attempt in attempts[other:running]:
        singly.apply(AttemptEnded(attempt.attempt_id))
    for attempt in attempts[running:other]:
        singly.apply(AttemptStarted(attempt))
    policy = Policy(queue=QueuePolicy())
    assert at_once.decide(NOW, policy) == singly.decide(NOW, policy)
    assert at_once.snapshot() == singly.snapshot()
