"""The order in which jobs are served.

Three rules, the first before the second before the third:

1. *Ageing.* A job that has waited for its class's patience is due. Due jobs go first, by the instant at which each
   became due.
2. *Priority.* Then classes, high before normal before low.
3. *Fair share.* Within a class the user with the least share (`shares`) is next, with the job of the earliest deadline,
   then the oldest; what a user is given in the pass counts at once. Of equal shares the older job is next.

Spot jobs come after all others, by the same rules among themselves; the bound of ageing is not theirs.

A user's quota is no rule of order: a job beyond it is passed over, and stands in nobody's way.

**Bound of ageing.** Let a job J of patience P be queued at q, p be the least patience of any class, no attempt hold its
machine for longer than L, and a pass be made whenever one ends. From q + P on only jobs that were queued by q + P - p
are ahead of J: a job queued later is due later. They are finitely many, n of them at q + P, and only become fewer,
however many jobs come, of whatever size, class and user. The first of those that wait is kept a place (`backfill`): the
earliest at which some machine, or for a gang several, have room for it by the limits of what runs. By then all that ran
has ended, so it is at most L away; nobody is given what would delay it; and from pass to pass it only becomes earlier.
So each of them starts at most L after it became the first, and J starts

    by q + P + (n + 1) L.

It is said of jobs that some machine is large enough for, by itself and without a reserved window, that stays; of
one within its user's quota, not a spot job, and kept apart from no other; and where `kept_places` is not zero.

**Bound of fairness.** Let S be the share of a user and s(x) what a job adds to it. Let A be given x while B waits in
the same class with a y that would do with what x takes, neither of them due. Had y had its turn before x, it would have
taken that: what is free only becomes less. So x had its turn while B's was to come, and A's share was no greater then:

    S(A) - s(x) <= S(B).

Of users who wait with jobs that what others get would do for, nobody is ahead by more than the share of one job.
"""

import heapq
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Final
from uuid import UUID

from qubix.schemas.resources import WHOLE_GPU_MILLI
from qubix.schemas.states import Priority
from qubix_platform.placement.model import Consumer, Held, PendingJob
from qubix_platform.placement.ordering.policy import QueuePolicy
from qubix_platform.placement.ordering.shares import Account

_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_CLASSES: Final = (Priority.HIGH, Priority.NORMAL, Priority.LOW)


def due_at(job: PendingJob, policy: QueuePolicy) -> datetime:
    """From when on a job goes before all that are not as old."""
    return job.queued_at + timedelta(seconds=policy.patience_s(job.priority))


class Arrivals:
    """Jobs by the instant at which they came, and nothing else: the queue of a policy without one."""

    settled: Final[tuple[PendingJob, ...]] = ()

    def __init__(self, jobs: Iterable[PendingJob]) -> None:
        self.begin(jobs)

    def begin(self, jobs: Iterable[PendingJob]) -> None:
        """Ask these jobs."""
        self._jobs = iter(sorted(jobs, key=_arrival))

    def next(self) -> PendingJob | None:
        """The job whose turn it is; none where all had theirs."""
        return next(self._jobs, None)

    def given(self, job: PendingJob, taken: Iterable[Held]) -> None:
        """The job got a place, which changes nobody's turn."""


_arrival: Final = attrgetter("queued_at", "id")


class Queue:
    """Jobs in the order of the rules, where what was placed so far decides who is next.

    Args:
        jobs: those that wait.
        consumers: what their users had, and may have; of who is not among them nothing is known.
        held: what a user's attempts hold now, by kind.
        capacity: how much of each kind the market has.
        policy: patience and half-life.
        now: the instant of the decision.
        is_settled: whether nothing is to be decided about a job: it is left out of the order, which the others keep.
    """

    def __init__(  # what a queue is made of
        self,
        jobs: Iterable[PendingJob],
        *,
        consumers: Iterable[Consumer],
        held: Callable[[UUID], Mapping[str, int]],
        capacity: Mapping[str, int],
        policy: QueuePolicy,
        now: datetime,
        is_settled: Callable[[PendingJob], bool],
    ) -> None:
        known = {consumer.user_id: consumer for consumer in consumers}
        self.beyond_quota: list[PendingJob] = []
        self.settled: list[PendingJob] = []
        self._quotas = {user: one.max_gpus for user, one in known.items() if one.max_gpus is not None}
        self._known = known
        self._held = held
        self._accounts: dict[UUID, Account] = {}
        self._shares: dict[int, float] = {}
        self._capacity = capacity
        self._is_settled = is_settled
        self._policy = policy
        self._now = now
        self.begin(jobs)

    def begin(self, jobs: Iterable[PendingJob]) -> None:
        """Ask these jobs, in the order of the rules with all that was given so far."""
        self._lines = deque(self._sections(jobs, self._policy, self._now))

    def next(self) -> PendingJob | None:
        """The job whose turn it is; none where all had theirs."""
        while self._lines:
            job = self._lines[0].next()
            if job is None:
                self._lines.popleft()
            elif self.is_within_quota(job):
                return job
            else:
                self.beyond_quota.append(job)
        return None

    def given(self, job: PendingJob, taken: Iterable[Held]) -> None:
        """The job got a place, which takes so much of the market."""
        account, user, taken = self._account(job.request.user_id), job.request.user_id.int, list(taken)
        account.add(taken)
        if user in self._shares:  # of nothing they have less than before
            now = account.share(self._capacity, (each.kind for each in taken))
            self._shares[user] = max(self._shares[user], now)

    def share(self, user_id: UUID) -> float:
        """The user's share, with what they were given so far."""
        known = self._shares.get(user_id.int)
        if known is None:
            known = self._shares[user_id.int] = self._account(user_id).share(self._capacity)
        return known

    def gpu_milli(self, user_id: UUID) -> int:
        """GPUs that the user has, with what they were given so far, in thousandths."""
        return self._account(user_id).gpu_milli

    def skip(self, job: PendingJob) -> bool:
        """Whether a job is left out, and then note it. Who has a quota may be beyond it, and is asked in turn."""
        if self._is_settled(job) and (not self._quotas or job.request.user_id not in self._quotas):
            self.settled.append(job)
            return True
        return False

    def _sections(self, jobs: Iterable[PendingJob], policy: QueuePolicy, now: datetime) -> Iterator["_Due | _Class"]:
        """Those that are due, then class by class; and then the same of spot jobs."""
        due_before = {each: now - timedelta(seconds=policy.patience_s(each)) for each in Priority}
        parts: defaultdict[tuple[bool, Priority | None], list[PendingJob]] = defaultdict(list)
        for job in sorted(jobs, key=_arrival):
            is_due = job.queued_at <= due_before[job.priority]
            parts[job.request.is_spot, None if is_due else job.priority].append(job)
        for is_spot in (False, True):
            if due := parts[is_spot, None]:
                yield _Due(sorted(due, key=lambda job: (due_at(job, policy), job.id)), self)
            for priority in _CLASSES:
                if fresh := parts[is_spot, priority]:
                    yield _Class(fresh, self)

    def _account(self, user_id: UUID) -> Account:
        known = self._accounts.get(user_id)
        if known is None:
            holds = self._held(user_id)
            known = self._accounts[user_id] = Account.of(self._known.get(user_id), holds=holds)
        return known

    def is_within_quota(self, job: PendingJob) -> bool:
        """Whether the job's user may have it beside what they have, with what they were given so far."""
        most = self._quotas.get(job.request.user_id)
        if most is None:
            return True
        asked = job.request.gpu_count * job.request.gpu_share_milli * job.workers
        return asked == 0 or self.gpu_milli(job.request.user_id) + asked <= most * WHOLE_GPU_MILLI


class _Due:
    """Jobs that waited for their class's patience, by the instant at which each became due."""

    def __init__(self, in_turn: Iterable[PendingJob], queue: Queue) -> None:
        self._jobs = deque(in_turn)
        self._queue = queue

    def next(self) -> PendingJob | None:
        while self._jobs:
            job = self._jobs.popleft()
            if not self._queue.skip(job):
                return job
        return None


class _Class:
    """The jobs of one class: of each user by deadline and age, of the users the one with the least share."""

    def __init__(self, in_turn: Iterable[PendingJob], queue: Queue) -> None:
        self._queue = queue
        self._of_user: defaultdict[int, deque[PendingJob]] = defaultdict(deque)
        for job in in_turn:
            self._of_user[job.request.user_id.int].append(job)
        for user, line in self._of_user.items():
            if any(job.deadline is not None for job in line):
                self._of_user[user] = deque(sorted(line, key=_deadline))
        self._heap: list[_Turn] | None = None
        self._served: int | None = None

    def next(self) -> PendingJob | None:
        if self._heap is None:
            self._heap = [turn for user in self._of_user if (turn := self._turn(user)) is not None]
            heapq.heapify(self._heap)
        # Whoever was served last comes back only now: what they were given is known by now.
        if self._served is not None and (turn := self._turn(self._served)) is not None:
            heapq.heappush(self._heap, turn)
        self._served = None
        while self._heap:
            *_, user = turn = heapq.heappop(self._heap)
            current = self._turn(user)
            if current is None:
                continue
            if current != turn:  # their share rose since, by a job of another class, or their job is settled
                heapq.heappush(self._heap, current)
                continue
            self._served = user
            return self._of_user[user].popleft()
        return None

    def _turn(self, user: int) -> "_Turn | None":
        line = self._of_user[user]
        while line and self._queue.skip(line[0]):
            line.popleft()
        if not line:
            return None
        first = line[0]
        return self._queue.share(first.request.user_id), first.queued_at, first.id, user


def _deadline(job: PendingJob) -> datetime:
    return job.deadline or _NEVER


_Turn = tuple[float, datetime, UUID, int]
