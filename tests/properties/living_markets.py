"""Markets in use for properties: what the scheduler decided there runs, and everything that it knows occurs in them.

One number makes a whole market: drawn piece by piece it takes ten times as long, most of it for the drawing.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Final, TypeVar
from uuid import UUID

from hypothesis import strategies as st

from qubix.schemas.resources import WHOLE_GPU_MILLI
from qubix.schemas.states import (
    AffinityScope,
    Interconnect,
    IsolationLevel,
    Preference,
    Priority,
    ProviderStatus,
    ProviderType,
    Trust,
)
from qubix_platform.placement.engine import (
    AttemptEnded,
    AttemptStarted,
    ConsumersChanged,
    Delta,
    Engine,
    JobGone,
    JobQueued,
    ProviderChanged,
    ProviderGone,
    WindowsChanged,
)
from qubix_platform.placement.model import (
    AntiAffinity,
    Assignment,
    Candidate,
    Consumer,
    Decisions,
    Due,
    GpuState,
    PendingJob,
    Policy,
    Request,
    ReservedWindow,
    Running,
    Snapshot,
)
from qubix_platform.placement.ordering.policy import QueuePolicy
from qubix_platform.placement.policy import SCHEDULERS_POLICY
from qubix_platform.placement.standby import beside
from tests.platform.placement.market import NOW

production_policies: Final = st.sampled_from(
    [SCHEDULERS_POLICY, SCHEDULERS_POLICY, *(Policy(queue=QueuePolicy(kept_places=places)) for places in (0, 1, 2))]
)
seeds: Final = st.integers(0, 2**32)

USERS: Final = tuple(UUID(int=0x50 + number) for number in range(1, 5))
_MODELS: Final = ("RTX 4090", "RTX 4090", "H100-80GB", "H100-80GB MIG", "Apple M3 Max", "Unknown GPU")
_ISOLATION: Final = (IsolationLevel.BWRAP, IsolationLevel.BWRAP_CGROUP, IsolationLevel.BWRAP_CGROUP)
_LABELS: Final = ((), (), (("disk", "nvme"),), (("disk", "nvme"), ("site", "de-1")))
_HALF_HOUR: Final = timedelta(minutes=30)
_T = TypeVar("_T")


def draw_machine(number: int, random: Random, *, most_gpus: int = 4) -> Candidate:
    """A machine that nothing is taken of, mostly one that takes work."""
    gpus = random.choice([0, *range(1, most_gpus + 1), *range(1, most_gpus + 1), most_gpus])
    model = random.choice(_MODELS)
    return Candidate(
        provider_id=UUID(int=number),
        worker_id=f"machine-{number}",
        user_id=random.choice(USERS),
        type=random.choice([ProviderType.RAY, ProviderType.RAY, ProviderType.RAY, ProviderType.NATIVE]),
        trust=random.choice(list(Trust)),
        status=ProviderStatus.ONLINE if random.random() < 0.93 else random.choice(list(ProviderStatus)),
        is_available=random.random() < 0.97,
        reachable=random.random() < 0.97,
        cpu_cores=random.choice([3, 8, 16]),
        ram_mib=random.choice([3_072, 8_192, 16_384]),
        disk_mib=random.choice([1_500, 20_000, 20_000]),
        price_per_hour=random.choice([40, 50, 100, 100, 101, 150]),
        isolation_level=random.choice(_ISOLATION) if random.random() < 0.9 else IsolationLevel.NONE,
        reliability=random.choice([0.5, 0.9, 1.0]),
        location=random.choice([None, "DE", "US"]),
        fp32_tflops=random.choice([None, 10.0, 20.0]),
        gpus=tuple(
            GpuState(
                id=number * 100 + index,
                index=index,
                model=model if random.random() < 0.9 else random.choice(_MODELS),
                vram_mib=random.choice([24_564, 24_564, 81_920]),
                compute_capability=random.choice([None, (8, 9), (8, 9), (9, 0)]),
            )
            for index in range(gpus)
        ),
        labels=random.choice(_LABELS),
        interconnect=random.choice([None, *Interconnect]),
    )


def draw_request(now: datetime, random: Random, *, most_gpus: int = 4, spot: float = 0.3) -> Request:
    """What a job may ask for: an ordinary request with some conditions, each of which some machines do not meet."""

    def rarely(usual: _T, *others: _T) -> _T:
        return random.choice(others) if random.random() < 0.06 else usual

    count = random.choice([0, 1, 1, 1, 2, random.randint(1, most_gpus)])
    is_spot = random.random() < spot
    return Request(
        user_id=random.choice(USERS),
        max_price=random.choice([20, 40, 60, 90] if is_spot else [100, 200, 10_000, 10_000, 10_000]),
        gpu_models=rarely((), ("rtx4090",), ("H100",), ("rtx4090", "A100-80GB")),
        gpu_count=count,
        gpu_share_milli=random.choice([250, 500, 1000, 1000]) if count == 1 else WHOLE_GPU_MILLI,
        min_vram_mib=rarely(0, 16_384, 40_000),
        min_compute_capability=rarely(None, (8, 0), (9, 0)),
        cpu_cores=random.randint(1, 4),
        memory_mib=random.choice([512, 1_024, 4_096]),
        disk_mib=random.choice([16, 500, 2_000]),
        locations=rarely((), ("de",), ("US", "FR")),
        min_reliability=rarely(0.0, 0.95),
        isolation_level=rarely(IsolationLevel.BWRAP, *IsolationLevel),
        trust=rarely(None, *Trust),
        providers=rarely((), ("machine-1", "machine-2")),
        prefer=random.choice([Preference.CHEAPEST, Preference.CHEAPEST, *Preference]),
        is_spot=is_spot,
        labels=rarely((), *_LABELS),
        avoid=rarely((), ("machine-1", "machine-3")),
        due=rarely(None, Due(at=now + timedelta(seconds=60), compute=600.0)),
        anti_affinity=rarely(None, *(AntiAffinity(group="a", scope=scope) for scope in AffinityScope)),
        interconnect=rarely(None, *Interconnect),
    )


def draw_job(number: int, now: datetime, random: Random, *, most_gpus: int = 4, spot: float = 0.3) -> PendingJob:
    """A job of any class, alone or a gang, with or without a standby, that came within the last two hours."""
    workers = random.choice([1, 1, 1, 1, 2, 3])
    return PendingJob(
        id=UUID(int=0x1000 + number),
        queued_at=now - timedelta(seconds=random.choice([random.randrange(900), random.randrange(7_200)])),
        request=draw_request(now, random, most_gpus=most_gpus, spot=spot),
        tried=random.choice([(), (), (), (UUID(int=1),), (UUID(int=2), UUID(int=3))]),
        priority=random.choice(list(Priority)),
        limit_seconds=random.choice([60, 600, 3_600, 36_000]),
        workers=workers,
        wants_standby=workers == 1 and random.random() < 0.15,
        deadline=None if number % 3 else now + timedelta(minutes=number * 37 % 1_440),
    )


class LivingMarket:
    """A market that carries out what its engine decides.

    Attributes:
        now: its time.
        changed: the deltas since it began, in order.
    """

    def __init__(self, random: Random, *, most_machines: int = 6, most_gpus: int = 4) -> None:
        self.random = random
        self.now = NOW
        self.engine = Engine()
        self.machines: dict[UUID, Candidate] = {}
        self._jobs: dict[UUID, PendingJob] = {}
        self._running: dict[UUID, Running] = {}
        self._most_machines = most_machines
        self._most_gpus = most_gpus
        self._numbers = 0
        self._spot = random.choice([0.0, 0.3, 0.9])
        for number in range(1, random.randint(1, most_machines) + 1):
            self._change(draw_machine(number, random, most_gpus=most_gpus))

    def snapshot(self) -> Snapshot:
        """The market as it stands."""
        return self.engine.snapshot()

    def queue(self, job: PendingJob) -> None:
        """A job comes."""
        self._jobs[job.id] = job
        self.engine.apply(JobQueued(job))

    def go_on(self, *, most_jobs: int = 6) -> None:
        """Time passes: jobs come and go, attempts end, machines and all that is about them change."""
        random = self.random
        if random.random() < 0.3:
            self._spot = random.choice([0.0, 0.3, 0.9])
        self.now += timedelta(seconds=random.choice([0, 1, 15, 61]))
        for _ in range(random.randint(0, most_jobs)):
            self._numbers += 1
            self.queue(draw_job(self._numbers, self.now, random, most_gpus=self._most_gpus, spot=self._spot))
        for job_id in [job_id for job_id in sorted(self._jobs) if random.random() < 0.1]:
            self._leave(job_id)
        for attempt_id in random.sample(sorted(self._running), k=min(len(self._running), random.randrange(3))):
            self._end(attempt_id)
        if random.random() < 0.3:
            self._change_a_machine()
        for delta in self._surroundings():
            self.engine.apply(delta)

    def carry_out(self, decisions: Decisions) -> None:
        """Have happen what was decided."""
        for preempted in decisions.preemptions:
            self._start(replace(self._running[preempted.attempt_id], noticed_at=self.now))
        for one in decisions.assignments:
            attempt = self._attempt(one)
            self._take(attempt, sign=1)
            self._start(attempt)
        for job_id in {one.job_id for one in decisions.assignments}:
            alone = [one for one in decisions.assignments if one.job_id == job_id]
            job = self._jobs[job_id]
            self._leave(job_id)
            if job.wants_standby and len(alone) == 1:
                first = self.machines[alone[0].provider_id]
                self.queue(beside(job, owner=first.user_id, site=first.site))

    def _attempt(self, one: Assignment) -> Running:
        job = self._jobs[one.job_id]
        return Running(
            attempt_id=UUID(int=one.job_id.int * 100 + one.rank + 50 * one.is_standby),
            job_id=one.job_id,
            user_id=job.request.user_id,
            provider_id=one.provider_id,
            cpu_cores=job.request.cpu_cores,
            memory_mib=job.request.memory_mib,
            disk_mib=job.request.disk_mib,
            limit_seconds=job.limit_seconds,
            started_at=self.random.choice([None, self.now, self.now]),
            shares=tuple((share.gpu_id, share.milli) for share in one.gpus),
            price_per_hour=one.price_per_hour,
            is_spot=job.request.is_spot,
            anti_affinity=job.request.anti_affinity,
        )

    def _start(self, attempt: Running) -> None:
        self._running[attempt.attempt_id] = attempt
        self.engine.apply(AttemptStarted(attempt))

    def _end(self, attempt_id: UUID) -> None:
        attempt = self._running.pop(attempt_id)
        if attempt.provider_id in self.machines:
            self._take(attempt, sign=-1)
        self.engine.apply(AttemptEnded(attempt_id))

    def _leave(self, job_id: UUID) -> None:
        del self._jobs[job_id]
        self.engine.apply(JobGone(job_id))

    def _take(self, attempt: Running, *, sign: int) -> None:
        machine, shares = self.machines[attempt.provider_id], dict(attempt.shares)
        self._change(
            replace(
                machine,
                allocated_cpu=machine.allocated_cpu + sign * attempt.cpu_cores,
                allocated_memory_mib=machine.allocated_memory_mib + sign * attempt.memory_mib,
                allocated_disk_mib=machine.allocated_disk_mib + sign * attempt.disk_mib,
                gpus=tuple(
                    replace(gpu, allocated_milli=gpu.allocated_milli + sign * shares.get(gpu.id, 0))
                    for gpu in machine.gpus
                ),
            )
        )

    def _change(self, machine: Candidate) -> None:
        self.machines[machine.provider_id] = machine
        self.engine.apply(ProviderChanged(machine))

    def _change_a_machine(self) -> None:
        """A machine changes what it says of itself, rests after a failure, leaves, or a new one comes."""
        random = self.random
        provider_id = random.choice(sorted(self.machines))
        machine = self.machines[provider_id]
        idle = not any(one.provider_id == provider_id for one in self._running.values())
        what = random.randrange(5)
        if what == 0 and idle and len(self.machines) > 1:
            del self.machines[provider_id]
            self.engine.apply(ProviderGone(provider_id))
        elif what == 1 and len(self.machines) < self._most_machines:
            number = max(one.int for one in self.machines) + 1
            self._change(draw_machine(number, random, most_gpus=self._most_gpus))
        elif what == 2:
            self._change(replace(machine, price_per_hour=random.choice([50, 100, 150])))
        elif what == 3:
            self._change(replace(machine, shunned_until=self.now + timedelta(seconds=random.choice([-1, 30]))))
        else:
            self._change(replace(machine, is_available=random.random() < 0.8))

    def _surroundings(self) -> Sequence[Delta]:
        """What may change beside jobs and attempts: what users had and may have, and windows."""
        random = self.random
        consumers = tuple(
            Consumer(
                user_id=user,
                weight=random.choice([100, 300]),
                max_gpus=random.choice([None, None, None, None, 0, 1, 3]),
                past=random.choice([(), (("cpu", 0.1), ("memory", 3.7))]),
            )
            for user in random.sample(USERS, k=random.randrange(5))
        )
        count = random.choice([0, 0, 1, 2])
        starts = [self.now + timedelta(seconds=random.choice([-10, 30, 500])) for _ in range(count)]
        windows = tuple(
            ReservedWindow(
                provider_id=random.choice(sorted(self.machines)),
                user_id=random.choice(USERS),
                starts_at=start,
                ends_at=start + _HALF_HOUR,
            )
            for start in starts
        )
        changes: list[Delta] = [ConsumersChanged(consumers), WindowsChanged(windows)]
        return random.sample(changes, k=random.choice([0, 0, 1, 2]))


def lived(seed: int, policy: Policy, *, passes: int = 4, most_machines: int = 6) -> tuple[Snapshot, datetime]:
    """A market in use, with jobs that wait, just before the scheduler's next pass."""
    market = LivingMarket(Random(seed), most_machines=most_machines)
    for _ in range(passes - 1):
        market.go_on()
        market.carry_out(market.engine.decide(market.now, policy))
    market.go_on()
    return market.snapshot(), market.now
