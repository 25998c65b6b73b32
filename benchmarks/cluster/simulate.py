"""Jobs come, wait, run and end; on each change the scheduler's engine decides, by the scheduler's policy."""

import heapq
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from benchmarks.cluster.demand import Submission
from benchmarks.cluster.machines import Machines
from benchmarks.cluster.usage import PastUse
from benchmarks.placement.ours import request_of
from benchmarks.placement.trace import Node
from qubix_platform.placement.engine import (
    AttemptEnded,
    AttemptStarted,
    ConsumersChanged,
    Engine,
    JobGone,
    JobQueued,
    ProviderChanged,
)
from qubix_platform.placement.model import Assignment, Consumer, PendingJob, Policy, Running
from qubix_platform.placement.ordering.policy import QueuePolicy
from qubix_platform.placement.ordering.shares import held_by

_BEGINNING: Final = datetime(2026, 1, 1, tzinfo=UTC)
_NEVER: Final = float("inf")
HEAD_OF_QUEUE: Final = 32
"""Jobs that most passes of the scheduler look at."""


@dataclass(kw_only=True)
class Outcome:
    """What happened to the jobs. Seconds since the first one came.

    Attributes:
        starts: of each job when it started, None where it never did.
        restarts: how often a job that ran was taken from its machine.
        decisions: jobs that passes decided on, in all.
        seconds: processor time of each pass.
        most_waiting: jobs that waited at once, at most.
    """

    starts: list[float | None]
    restarts: int = 0
    decisions: int = 0
    seconds: list[float] = field(default_factory=list)
    most_waiting: int = 0


@dataclass(frozen=True, kw_only=True)
class _Started:
    number: int
    job: PendingJob
    assignment: Assignment
    models: tuple[str, ...]


class Simulation:
    """A cluster and its queue.

    Args:
        nodes: the machines.
        jobs: in the order in which they come.
        policy: of the scheduler.
    """

    def __init__(self, nodes: Sequence[Node], jobs: Sequence[Submission], policy: Policy) -> None:
        self._jobs = jobs
        self._policy = policy
        self._engine = Engine()
        self._machines = Machines(nodes)
        self._models = {gpu.id: gpu.model for one in self._machines.candidates.values() for gpu in one.gpus}
        queue = policy.queue or QueuePolicy()
        self._past = PastUse(queue.half_life_s)
        self._waiting: dict[int, PendingJob] = {}
        self._shown: set[int] = set()
        self._started: dict[int, _Started] = {}
        self._ends: list[tuple[float, int]] = []
        self._outcome = Outcome(starts=[None] * len(jobs))
        for machine in self._machines.candidates.values():
            self._engine.apply(ProviderChanged(machine))

    def run(self, advance: Callable[[int], None] = lambda _: None) -> Outcome:
        """Go through all events; `advance` is told how many jobs have come.

        Raises:
            DecisionWrong: the engine gave away what was not there.
        """
        came = 0
        while came < len(self._jobs) or self._ends:
            now = min(
                self._jobs[came].at if came < len(self._jobs) else _NEVER, self._ends[0][0] if self._ends else _NEVER
            )
            while self._ends and self._ends[0][0] <= now:
                self._end(heapq.heappop(self._ends)[1], now)
            while came < len(self._jobs) and self._jobs[came].at <= now:
                self._come(came)
                came += 1
            self._outcome.most_waiting = max(self._outcome.most_waiting, len(self._waiting))
            while self._waiting and self._pass(now):
                pass
            advance(came)
        return self._outcome

    def _come(self, number: int) -> None:
        one = self._jobs[number]
        self._waiting[number] = PendingJob(
            id=UUID(int=number + 1),
            queued_at=_BEGINNING + timedelta(seconds=one.at),
            request=replace(request_of(one.pod), user_id=_user_id(one.user)),
            limit_seconds=one.limit_seconds,
        )

    def _end(self, number: int, now: float) -> None:
        started = self._started.pop(number)
        self._engine.apply(AttemptEnded(started.job.id))
        self._engine.apply(ProviderChanged(self._machines.give_back(started.job, started.assignment)))
        self._past.give_back(self._jobs[number].user, held_by(started.job.request, started.models), now=now)

    def _pass(self, now: float) -> bool:
        """Decide on the head of the queue; whether there may be more to decide at the same instant."""
        head = sorted(self._waiting)[:HEAD_OF_QUEUE]
        before = time.thread_time()
        self._show(head, now)
        decisions = self._engine.decide(_BEGINNING + timedelta(seconds=now), self._policy)
        self._outcome.seconds.append(time.thread_time() - before)
        self._outcome.decisions += len(head)
        for assignment in decisions.assignments:
            self._start(assignment, now)
        return len(decisions.assignments) > 0 and len(self._waiting) > 0

    def _show(self, head: Sequence[int], now: float) -> None:
        """Tell the engine what has changed since the pass before."""
        for number in self._shown - set(head):
            self._engine.apply(JobGone(UUID(int=number + 1)))
        for number in set(head) - self._shown:
            self._engine.apply(JobQueued(self._waiting[number]))
        self._shown = set(head)
        users = sorted({self._jobs[number].user for number in head})
        consumers = tuple(Consumer(user_id=_user_id(user), past=self._past.of(user, now=now)) for user in users)
        self._engine.apply(ConsumersChanged(consumers))

    def _start(self, assignment: Assignment, now: float) -> None:
        number = assignment.job_id.int - 1
        job, one = self._waiting.pop(number), self._jobs[number]
        if self._outcome.starts[number] is not None:
            self._outcome.restarts += 1
        self._outcome.starts[number] = now
        self._engine.apply(ProviderChanged(self._machines.take(job, assignment)))
        models = tuple(self._models[share.gpu_id] for share in assignment.gpus)
        self._past.take(one.user, held_by(job.request, models), now=now)
        self._started[number] = _Started(number=number, job=job, assignment=assignment, models=models)
        attempt = Running(
            attempt_id=job.id,
            job_id=job.id,
            user_id=job.request.user_id,
            provider_id=assignment.provider_id,
            cpu_cores=job.request.cpu_cores,
            memory_mib=job.request.memory_mib,
            limit_seconds=one.limit_seconds,
            started_at=_BEGINNING + timedelta(seconds=now),
            shares=tuple((share.gpu_id, share.milli) for share in assignment.gpus),
        )
        self._engine.apply(AttemptStarted(attempt))
        heapq.heappush(self._ends, (now + one.seconds, number))


def _user_id(user: int) -> UUID:
    return UUID(int=(1 << 64) + user)
