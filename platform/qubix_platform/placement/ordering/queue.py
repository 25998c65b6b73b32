"""The order in which jobs are served.

Three rules, the first before the second before the third:

1. *Ageing.* A job that has waited for its class's patience is due. Due jobs go first, by the instant at which each
   became due.
2. *Priority.* Then classes, high before normal before low.
3. *Fair share.* Within a class the user with the least share (`shares`) is next, with the oldest job; what a user is
   given in the pass counts at once. Of equal shares the older job is next.

Spot jobs come after all others, by the same rules among themselves; the bound of ageing is not theirs.

A user's quota is no rule of order: a job beyond it is passed over, and stands in nobody's way.

**Bound of ageing.** Let a job of patience P be queued at q, and p be the least patience of any class. From q + P on
only jobs that were queued by q + P - p are ahead of it: a job queued later is due later. They are finitely many and
only become fewer, however many jobs come, of whatever class and user. So where no job runs for longer than L and the
head of the queue is kept a place (`backfill`), it starts by q + P + (n + 1) L, n the jobs that are ahead of it then.

**Bound of fairness.** While two users both have jobs waiting in a class, none of them due, each job that the one is
given finds their share no greater than the other's: nobody is ahead by more than the share of one job.
"""

import heapq
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from qubix.schemas.resources import WHOLE_GPU_MILLI
from qubix.schemas.states import Priority
from qubix_platform.placement.model import Consumer, Held, PendingJob
from qubix_platform.placement.ordering.policy import QueuePolicy
from qubix_platform.placement.ordering.shares import Account

_CLASSES: Final = (Priority.HIGH, Priority.NORMAL, Priority.LOW)


def due_at(job: PendingJob, policy: QueuePolicy) -> datetime:
    """From when on a job goes before all that are not as old."""
    return job.queued_at + timedelta(seconds=policy.patience_s(job.priority))


class Arrivals:
    """Jobs by the instant at which they came, and nothing else: the queue of a policy without one."""

    beyond_quota: Final[tuple[PendingJob, ...]] = ()

    def __init__(self, jobs: Iterable[PendingJob]) -> None:
        self._jobs = iter(sorted(jobs, key=_arrival))

    def next(self) -> PendingJob | None:
        """The job whose turn it is; none where all had theirs."""
        return next(self._jobs, None)

    def given(self, job: PendingJob, taken: Iterable[Held]) -> None:
        """The job got a place, which changes nobody's turn."""


def _arrival(job: PendingJob) -> tuple[datetime, UUID]:
    return job.queued_at, job.id


class Queue:
    """Jobs in the order of the rules, where what was placed so far decides who is next.

    Args:
        jobs: those that wait.
        consumers: what their users had, and may have; of who is not among them nothing is known.
        held: what users hold now, attempt by attempt.
        capacity: how much of each kind the market has.
        policy: patience and half-life.
        now: the instant of the decision.
    """

    def __init__(
        self,
        jobs: Iterable[PendingJob],
        *,
        consumers: Iterable[Consumer],
        held: Iterable[tuple[UUID, Iterable[Held]]],
        capacity: Mapping[str, int],
        policy: QueuePolicy,
        now: datetime,
    ) -> None:
        known = {consumer.user_id: consumer for consumer in consumers}
        in_turn = sorted(jobs, key=_arrival)
        users = {job.request.user_id for job in in_turn}
        self.beyond_quota: list[PendingJob] = []
        self._quotas = {user: known[user].max_gpus for user in users if user in known}
        self._accounts = {user: Account.of(known[user]) if user in known else Account() for user in users}
        for user, taken in held:
            if user in self._accounts:
                self._accounts[user].add(taken)
        self._lines = deque(
            _Line([job for job in in_turn if job.request.is_spot is is_spot], self._accounts, capacity, policy, now)
            for is_spot in (False, True)
        )

    def next(self) -> PendingJob | None:
        """The job whose turn it is; none where all had theirs."""
        while (job := self._next()) is not None:
            if self._is_within_quota(job):
                return job
            self.beyond_quota.append(job)
        return None

    def given(self, job: PendingJob, taken: Iterable[Held]) -> None:
        """The job got a place, which takes so much of the market."""
        self._accounts[job.request.user_id].add(taken)

    def _next(self) -> PendingJob | None:
        while self._lines:
            job = self._lines[0].next()
            if job is not None:
                return job
            self._lines.popleft()
        return None

    def _is_within_quota(self, job: PendingJob) -> bool:
        most = self._quotas.get(job.request.user_id)
        if most is None:
            return True
        asked = job.request.gpu_count * job.request.gpu_share_milli * job.workers
        return asked == 0 or self._accounts[job.request.user_id].gpu_milli + asked <= most * WHOLE_GPU_MILLI


class _Line:
    """Jobs that the three rules put in order: those that are due, then class by class."""

    def __init__(
        self,
        in_turn: Sequence[PendingJob],
        accounts: Mapping[UUID, Account],
        capacity: Mapping[str, int],
        policy: QueuePolicy,
        now: datetime,
    ) -> None:
        due = [job for job in in_turn if due_at(job, policy) <= now]
        others = [job for job in in_turn if due_at(job, policy) > now]
        self._due = deque(sorted(due, key=lambda job: (due_at(job, policy), job.id)))
        self._classes = deque(
            _Class([job for job in others if job.priority is priority], accounts, capacity) for priority in _CLASSES
        )

    def next(self) -> PendingJob | None:
        if self._due:
            return self._due.popleft()
        while self._classes:
            job = self._classes[0].next()
            if job is not None:
                return job
            self._classes.popleft()
        return None


class _Class:
    """The jobs of one class: of each user the oldest first, of the users the one with the least share."""

    def __init__(
        self, in_turn: Iterable[PendingJob], accounts: Mapping[UUID, Account], capacity: Mapping[str, int]
    ) -> None:
        self._accounts = accounts
        self._capacity = capacity
        self._of_user: dict[UUID, deque[PendingJob]] = {}
        for job in in_turn:
            self._of_user.setdefault(job.request.user_id, deque()).append(job)
        self._heap = [self._entry(user) for user in self._of_user]
        heapq.heapify(self._heap)
        self._served: UUID | None = None

    def next(self) -> PendingJob | None:
        # Whoever was served last comes back only now: what they were given is known by now.
        if self._served is not None and self._of_user[self._served]:
            heapq.heappush(self._heap, self._entry(self._served))
        self._served = None
        while self._heap:
            *_, user = entry = heapq.heappop(self._heap)
            current = self._entry(user)
            if current != entry:  # their share rose since, by a job of another class
                heapq.heappush(self._heap, current)
                continue
            self._served = user
            return self._of_user[user].popleft()
        return None

    def _entry(self, user: UUID) -> tuple[float, datetime, UUID, UUID]:
        first = self._of_user[user][0]
        return self._accounts[user].share(self._capacity), first.queued_at, first.id, user
