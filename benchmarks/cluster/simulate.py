"""Jobs come, wait, run, make room and end; on each change the scheduler's engine decides, by the scheduler's policy."""

import heapq
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from benchmarks.cluster.demand import Submission
from benchmarks.cluster.errors import DecisionWrong
from benchmarks.cluster.machines import Machines
from benchmarks.cluster.outcome import Outcome, Stretch
from benchmarks.cluster.usage import PastUse
from benchmarks.cluster.waiting import HEAD_OF_QUEUE, MAX_PENDING, Waiting
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
from qubix_platform.placement.model import Assignment, Consumer, PendingJob, Policy, Preemption, Request, Running
from qubix_platform.placement.ordering.policy import QueuePolicy
from qubix_platform.placement.ordering.shares import held_by
from qubix_platform.pricing.rates import hourly_price

LIST_PRICE: Final = 1_000
"""QU per hour and GPU, on every machine."""
WHOLE_QUEUE_EVERY_S: Final = 60.0
"""The scheduler looks at all that wait twice a second, at the first of every line in between."""
_BEGINNING: Final = datetime(2026, 1, 1, tzinfo=UTC)
_NEVER: Final = float("inf")


@dataclass(frozen=True, kw_only=True)
class _Started:
    """An attempt. It is done at `done_at`, in seconds, unless it has to make room before."""

    number: int
    job: PendingJob
    assignment: Assignment
    models: tuple[str, ...]
    running: Running
    began_at: float
    done_at: float

    @property
    def milli(self) -> int:
        return sum(share.milli for share in self.assignment.gpus)


class Simulation:
    """A cluster and its queue.

    Args:
        nodes: the machines.
        jobs: in the order in which they come.
        policy: of the scheduler.
        quotas: the GPUs that users may hold at once; others as many as there are.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        jobs: Sequence[Submission],
        policy: Policy,
        *,
        quotas: Mapping[int, int] | None = None,
    ) -> None:
        self._jobs = jobs
        self._policy = policy
        self._quotas = quotas or {}
        self._engine = Engine()
        self._machines = Machines(nodes, price_per_hour=LIST_PRICE)
        self._models = {gpu.id: gpu.model for one in self._machines.candidates.values() for gpu in one.gpus}
        queue = policy.queue or QueuePolicy()
        self._past = PastUse(queue.half_life_s)
        self._notice_s = queue.notice_s
        self._waiting = Waiting()
        self._whole_queue_at = 0.0
        self._shown: set[int] = set()
        self._started: dict[UUID, _Started] = {}
        self._attempts = 0
        self._held: Counter[int] = Counter()
        self._ends: list[tuple[float, UUID]] = []
        self._outcome = Outcome(starts=[None] * len(jobs))
        for machine in self._machines.candidates.values():
            self._engine.apply(ProviderChanged(machine))

    def run(self, advance: Callable[[int], None] = lambda _: None) -> Outcome:
        """Go through all events; `advance` is told how many jobs have come.

        Raises:
            DecisionWrong: the engine gave away what was not there, or took from whom it must not.
        """
        came = 0
        while came < len(self._jobs) or self._ends:
            now = min(
                self._jobs[came].at if came < len(self._jobs) else _NEVER, self._ends[0][0] if self._ends else _NEVER
            )
            while self._ends and self._ends[0][0] <= now:
                self._end(heapq.heappop(self._ends)[1], now)
            while came < len(self._jobs) and self._jobs[came].at <= now:
                self._waiting.add(came, _pending(came, self._jobs[came]))
                came += 1
            self._outcome.most_waiting = max(self._outcome.most_waiting, len(self._waiting))
            while self._waiting and self._pass(now):
                pass
            advance(came)
        return self._outcome

    def _end(self, attempt_id: UUID, now: float) -> None:
        """An attempt leaves its machine: it is done, or had to, and then its job waits for another from the start."""
        started = self._started.pop(attempt_id, None)
        if started is None:  # it was done before its time to make room was over
            return
        one, is_lost = self._jobs[started.number], now < started.done_at
        self._engine.apply(AttemptEnded(attempt_id))
        self._engine.apply(ProviderChanged(self._machines.give_back(started.job, started.assignment)))
        self._past.give_back(one.user, held_by(started.job.request, started.models), now=now)
        self._held[one.user] -= started.milli
        self._outcome.stretches.append(Stretch(started.began_at, now, started.milli, is_lost))
        if is_lost:
            self._outcome.preempted[started.number] += 1
            self._waiting.add(started.number, started.job)

    def _pass(self, now: float) -> bool:
        """Decide on those that are read; whether there may be more to decide at the same instant."""
        is_whole = now >= self._whole_queue_at
        if is_whole:
            self._whole_queue_at = now + WHOLE_QUEUE_EVERY_S
        read = self._waiting.first(MAX_PENDING if is_whole else HEAD_OF_QUEUE)
        before = time.thread_time()
        self._show(read, now)
        decisions = self._engine.decide(_at(now), self._policy)
        self._outcome.seconds.append(time.thread_time() - before)
        self._outcome.decisions += len(read)
        for assignment in decisions.assignments:
            self._start(assignment, now)
        self._make_room(decisions.preemptions, now)
        return len(decisions.assignments) > 0 and len(self._waiting) > 0

    def _show(self, read: Sequence[int], now: float) -> None:
        """Tell the engine what has changed since the pass before."""
        for number in self._shown - set(read):
            self._engine.apply(JobGone(_job_id(number)))
        for number in set(read) - self._shown:
            self._engine.apply(JobQueued(self._waiting[number]))
        self._shown = set(read)
        users = sorted({self._jobs[number].user for number in read})
        consumers = (
            Consumer(user_id=_user_id(user), max_gpus=self._quotas.get(user), past=self._past.of(user, now=now))
            for user in users
        )
        self._engine.apply(ConsumersChanged(tuple(consumers)))

    def _start(self, assignment: Assignment, now: float) -> None:
        number = assignment.job_id.int - 1
        job, one = self._waiting.pop(number), self._jobs[number]
        if self._outcome.starts[number] is None:
            self._outcome.starts[number] = now
        self._engine.apply(ProviderChanged(self._machines.take(job, assignment)))
        models = tuple(self._models[share.gpu_id] for share in assignment.gpus)
        self._past.take(one.user, held_by(job.request, models), now=now)
        self._attempts += 1
        attempt = _running(UUID(int=self._attempts), job, assignment, now)
        started = _Started(
            number=number,
            job=job,
            assignment=assignment,
            models=models,
            running=attempt,
            began_at=now,
            done_at=now + one.seconds,
        )
        self._started[attempt.attempt_id] = started
        self._hold(one.user, started.milli)
        self._engine.apply(AttemptStarted(attempt))
        heapq.heappush(self._ends, (started.done_at, attempt.attempt_id))

    def _hold(self, user: int, milli: int) -> None:
        self._held[user] += milli
        self._outcome.most_held[user] = max(self._outcome.most_held[user], self._held[user])
        if milli and self._held[user] > self._quotas.get(user, _NEVER) * 1000:
            raise _wrong(f"user {user} more GPUs", "it is beyond the quota")

    def _make_room(self, preemptions: Iterable[Preemption], now: float) -> None:
        """Attempts are asked to leave, and do when their notice is over."""
        for preemption in preemptions:
            started = self._started[preemption.attempt_id]
            running = started.running
            if not running.is_spot or running.noticed_at is not None:
                raise _wrong(f"the place of attempt {running.attempt_id}", "it is no spot attempt, or was asked before")
            noticed = replace(running, noticed_at=_at(now))
            self._started[running.attempt_id] = replace(started, running=noticed)
            self._engine.apply(AttemptStarted(noticed))
            heapq.heappush(self._ends, (now + self._notice_s, running.attempt_id))


def _pending(number: int, one: Submission) -> PendingJob:
    return PendingJob(
        id=_job_id(number),
        queued_at=_at(one.at),
        request=_request(one),
        priority=one.priority,
        limit_seconds=one.limit_seconds,
    )


def _request(one: Submission) -> Request:
    asked = replace(request_of(one.pod), user_id=_user_id(one.user))
    if one.bid_milli is None:
        return asked
    price = hourly_price(price_per_hour=LIST_PRICE, gpu_count=asked.gpu_count, share_milli=asked.gpu_share_milli)
    return replace(asked, is_spot=True, max_price=-(-price * one.bid_milli // 1000))


def _running(attempt_id: UUID, job: PendingJob, assignment: Assignment, now: float) -> Running:
    return Running(
        attempt_id=attempt_id,
        job_id=job.id,
        user_id=job.request.user_id,
        provider_id=assignment.provider_id,
        cpu_cores=job.request.cpu_cores,
        memory_mib=job.request.memory_mib,
        disk_mib=job.request.disk_mib,
        limit_seconds=job.limit_seconds,
        started_at=_at(now),
        shares=tuple((share.gpu_id, share.milli) for share in assignment.gpus),
        price_per_hour=assignment.price_per_hour,
        is_spot=job.request.is_spot,
    )


def _at(seconds: float) -> datetime:
    return _BEGINNING + timedelta(seconds=seconds)


def _job_id(number: int) -> UUID:
    return UUID(int=number + 1)


def _user_id(user: int) -> UUID:
    return UUID(int=(1 << 64) + user)


def _wrong(what: str, obstacle: str) -> DecisionWrong:
    return DecisionWrong(
        asked=f"Giving away {what}",
        obstacle=obstacle,
        remedy="The engine is at fault; the figures of this run say nothing.",
    )
