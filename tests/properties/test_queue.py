"""The order of the queue: its two bounds, and that decisions keep to it."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from qubix.schemas.states import Priority
from qubix_platform.placement.decide import decide
from qubix_platform.placement.model import Candidate, Consumer, PendingJob, Policy, Running, Snapshot
from qubix_platform.placement.ordering.policy import QueuePolicy
from qubix_platform.placement.ordering.queue import due_at
from qubix_platform.placement.ordering.shares import averaged
from tests.platform.placement.market import NOW, card, job, offer

_QUEUE = QueuePolicy(low_patience_s=600, normal_patience_s=300, high_patience_s=60)
_POLICY = Policy(queue=_QUEUE)
_LIMIT = 100

_USERS = st.integers(1, 4).map(lambda number: UUID(int=0x50 + number))


@st.composite
def _jobs(draw: st.DrawFn, number: int) -> PendingJob:
    queued = NOW - timedelta(seconds=draw(st.integers(0, 900)))
    made = job(number, user_id=draw(_USERS), gpu_count=1)
    deadline = draw(st.none() | st.integers(1, 900).map(lambda left: NOW + timedelta(seconds=left)))
    priority = draw(st.sampled_from(Priority))
    return replace(made, queued_at=queued, priority=priority, limit_seconds=_LIMIT, deadline=deadline)


_WAITING = st.integers(1, 12).flatmap(lambda count: st.tuples(*(_jobs(number) for number in range(count))))


def _served(snapshot: Snapshot, now: datetime = NOW) -> list[UUID]:
    return [assignment.job_id for assignment in decide(snapshot, now, _POLICY).assignments]


@settings(max_examples=150, deadline=None)
@given(jobs=_WAITING, cards=st.integers(1, 4))
def test_due_jobs_go_first_and_then_classes(jobs: tuple[PendingJob, ...], cards: int) -> None:
    by_id = {each.id: each for each in jobs}
    served = [by_id[job_id] for job_id in _served(Snapshot(jobs=jobs, providers=(offer(1, gpus=cards),)))]
    assert len(served) == min(cards, len(jobs))
    due = [each for each in jobs if due_at(each, _QUEUE) <= NOW]
    due.sort(key=lambda each: (due_at(each, _QUEUE), each.id))
    assert served[: len(due)] == due[: len(served)]
    rest = [each for each in jobs if each not in due]
    ranks = sorted((list(Priority).index(each.priority) for each in rest), reverse=True)
    others = [list(Priority).index(each.priority) for each in served[len(due) :]]
    assert others == ranks[: len(others)]


@settings(max_examples=150, deadline=None)
@given(jobs=_WAITING, cards=st.integers(1, 8))
def test_of_a_users_jobs_of_a_class_the_earliest_deadline_goes_first(jobs: tuple[PendingJob, ...], cards: int) -> None:
    by_id = {each.id: each for each in jobs}
    served = [by_id[job_id] for job_id in _served(Snapshot(jobs=jobs, providers=(offer(1, gpus=cards),)))]
    fresh = [each for each in jobs if due_at(each, _QUEUE) > NOW]
    never = NOW + timedelta(days=1)
    for user, priority in {(each.request.user_id, each.priority) for each in fresh}:
        line = [each for each in fresh if (each.request.user_id, each.priority) == (user, priority)]
        line.sort(key=lambda each: (each.deadline or never, each.queued_at, each.id))
        assert [each for each in served if each in line] == line[: sum(each in line for each in served)]


@settings(max_examples=100, deadline=None)
@given(
    old=_jobs(0),
    before=st.lists(st.tuples(st.integers(0, 900), st.sampled_from(Priority), _USERS), max_size=5),
    per_round=st.integers(1, 3),
    coming=st.sampled_from(Priority),
    are_urgent=st.booleans(),
)
def test_nobody_starves_whoever_comes_after(
    old: PendingJob, before: list[tuple[int, Priority, UUID]], per_round: int, coming: Priority, are_urgent: bool
) -> None:
    """One machine, one card, every job as long as it may be, and more jobs coming than can ever run: of new users, or
    of the same one and with deadlines."""
    old = replace(old, queued_at=NOW, deadline=None)
    waiting = {
        number: replace(
            job(number, user_id=user, gpu_count=1),
            queued_at=NOW - timedelta(seconds=age),
            priority=priority,
            limit_seconds=_LIMIT,
        )
        for number, (age, priority, user) in enumerate(before, start=1)
    } | {0: old}
    patience = timedelta(seconds=_QUEUE.patience_s(old.priority))
    least = timedelta(seconds=min(map(_QUEUE.patience_s, Priority)))
    now, number, ahead = NOW, 100, None
    while True:
        if ahead is None and now >= old.queued_at + patience:
            ahead = sum(each.queued_at <= old.queued_at + patience - least for each in waiting.values()) - 1
        (served,) = _served(Snapshot(jobs=tuple(waiting.values()), providers=(offer(1),)), now)
        if served == old.id:
            return
        waiting = {key: each for key, each in waiting.items() if each.id != served}
        if ahead is not None:
            ahead -= 1
            assert ahead >= 0, "more jobs went before it than were ahead of it when it was due"
        for _ in range(per_round):
            number += 1
            user_id = old.request.user_id if are_urgent else UUID(int=0x1000 + number)
            fresh = job(number, user_id=user_id, gpu_count=1)
            deadline = now + timedelta(seconds=_LIMIT) if are_urgent else None
            waiting[number] = replace(fresh, queued_at=now, priority=coming, limit_seconds=_LIMIT, deadline=deadline)
        now += timedelta(seconds=_LIMIT)


@settings(max_examples=150, deadline=None)
@given(
    counts=st.dictionaries(_USERS, st.integers(1, 6), min_size=1),
    cards=st.integers(1, 12),
    running=st.dictionaries(_USERS, st.integers(1, 3)),
    weights=st.dictionaries(_USERS, st.sampled_from([50, 100, 300])),
)
def test_of_users_who_wait_nobody_is_ahead_by_more_than_one_job(
    counts: dict[UUID, int], cards: int, running: dict[UUID, int], weights: dict[UUID, int]
) -> None:
    taken = sum(running.values())
    gpus = tuple(card(number, allocated_milli=1000 * (number < taken)) for number in range(cards + taken))
    machine = offer(1, gpus=gpus, cpu_cores=10_000, ram_mib=100_000_000)
    jobs = [
        job(index * 10 + user.int % 16 * 100, user_id=user) for user, count in counts.items() for index in range(count)
    ]
    market = Snapshot(
        jobs=tuple(replace(each, queued_at=NOW) for each in jobs),
        providers=(machine,),
        consumers=tuple(Consumer(user_id=user, weight=weights.get(user, 100)) for user in sorted(counts)),
        running=tuple(_attempts(running, machine)),
    )
    served = set(_served(market))
    owner = {each.id: each.request.user_id for each in jobs}
    given_to = {user: sum(owner[job_id] == user for job_id in served) for user in counts}

    def share(user: UUID, *, less: int = 0) -> float:
        return (given_to[user] + running.get(user, 0) - less) * 100 / weights.get(user, 100)

    still_waiting = [user for user, count in counts.items() if given_to[user] < count]
    for ahead in filter(given_to.get, counts):
        for behind in still_waiting:
            if ahead != behind:
                assert share(ahead, less=1) <= share(behind) + 1e-9


def _attempts(running: dict[UUID, int], machine: Candidate) -> list[Running]:
    users = [user for user, count in running.items() for _ in range(count)]
    return [
        Running(
            attempt_id=UUID(int=0x9000 + index),
            job_id=UUID(int=0xA000 + index),
            user_id=user,
            provider_id=machine.provider_id,
            cpu_cores=1,
            memory_mib=1024,
            limit_seconds=_LIMIT,
            shares=((machine.gpus[index].id, 1000),),
        )
        for index, user in enumerate(users)
    ]


@settings(max_examples=100, deadline=None)
@given(jobs=_WAITING, quotas=st.dictionaries(_USERS, st.integers(0, 3)), shares=st.sampled_from([250, 1000]))
def test_nobody_gets_more_gpus_at_once_than_their_quota(
    jobs: tuple[PendingJob, ...], quotas: dict[UUID, int], shares: int
) -> None:
    asked = tuple(replace(each, request=replace(each.request, gpu_share_milli=shares)) for each in jobs)
    consumers = tuple(Consumer(user_id=user, max_gpus=most) for user, most in sorted(quotas.items()))
    market = Snapshot(jobs=asked, providers=(offer(1, gpus=12),), consumers=consumers)
    decisions = decide(market, NOW, _POLICY)
    owner = {each.id: each.request.user_id for each in asked}
    for user in set(owner.values()):
        mine = sum(owner[assignment.job_id] == user for assignment in decisions.assignments) * shares
        count = sum(each == user for each in owner.values())
        assert mine == min(count * shares, quotas.get(user, 12) * 1000 // shares * shares)
    for report in decisions.waiting.values():
        assert [reason.constraint for reason in report.reasons] == ["quota"]


@settings(max_examples=100)
@given(cuts=st.lists(st.integers(0, 100_000), min_size=3, max_size=3), half_life=st.integers(1, 50_000))
def test_the_past_counts_the_same_however_it_is_cut(cuts: list[int], half_life: int) -> None:
    begin, middle, end = sorted(NOW - timedelta(seconds=cut) for cut in cuts)

    def part(begin: datetime, end: datetime) -> float:
        return averaged(begin=begin, end=end, now=NOW, half_life_s=half_life)

    assert abs(part(begin, middle) + part(middle, end) - part(begin, end)) < 1e-9
    assert 0 <= part(begin, end) <= 1
    later = averaged(begin=begin, end=end, now=NOW + timedelta(seconds=half_life), half_life_s=half_life)
    assert abs(later - part(begin, end) / 2) < 1e-9
