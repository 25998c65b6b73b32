"""Decisions over the whole queue: each job in its turn takes the best offer in the policy's order that has room."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple
from uuid import UUID

from qubix.schemas.waiting import WaitingReport
from qubix_platform.placement.backfill import Keeping
from qubix_platform.placement.explaining import Explaining
from qubix_platform.placement.model import (
    Candidate,
    Consumer,
    Decisions,
    OfferOrder,
    PendingJob,
    Policy,
    Request,
    Snapshot,
)
from qubix_platform.placement.occupancy import Occupancy
from qubix_platform.placement.offers import OfferTable, microseconds
from qubix_platform.placement.ordering.queue import Arrivals, Queue
from qubix_platform.placement.ordering.shares import capacity_of, held_by
from qubix_platform.placement.placing import Placed, Placing, Shape
from qubix_platform.placement.quotas import BeyondQuota
from qubix_platform.placement.reasons import waiting_report
from qubix_platform.placement.rematching import rematch
from qubix_platform.placement.standby import place_pair
from qubix_platform.placement.suggestions import suggest

_NOBODY: Final = UUID(int=0)


def decide(snapshot: Snapshot, now: datetime, policy: Policy) -> Decisions:
    """Decide on every pending job of a snapshot.

    The same arguments give the same answer, whatever the order in which the snapshot lists its jobs and providers.

    Args:
        snapshot: the pending jobs, and the machines with what is taken of them.
        now: a machine that is shunned until a later instant is left out.
        policy: the order in which offers are tried.
    """
    table = OfferTable(snapshot.providers)
    placing = Placing(table, at=microseconds(now), policy=policy, reserved=snapshot.windows)
    occupancy = Occupancy(table, snapshot.running)
    waiting = Waiting(jobs=snapshot.jobs, consumers=snapshot.consumers)
    return decide_on(placing, occupancy, Explaining(placing), waiting, now=now)


class Waiting(NamedTuple):
    """Who waits: the pending jobs, and whose they are."""

    jobs: Collection[PendingJob]
    consumers: Iterable[Consumer]


def decide_on(
    placing: Placing, occupancy: Occupancy, explaining: Explaining, asking: Waiting, *, now: datetime
) -> Decisions:
    """`decide` where there is already what can be found out of the snapshot before, or was by the run before.

    Args:
        placing: of the snapshot's providers and windows, at this instant.
        occupancy: of what runs in the snapshot.
        explaining: of this placing.
        asking: who waits in the snapshot.
        now: the instant.
    """
    keeping = Keeping(placing, occupancy, policy=placing.policy.queue)
    placing.begin(occupancy.kept_apart)
    explaining.begin()
    try:
        return _decide(placing, occupancy, explaining, keeping, asking, now=now)
    finally:
        keeping.close()


def _decide(  # the parts of a pass
    placing: Placing,
    occupancy: Occupancy,
    explaining: Explaining,
    keeping: Keeping,
    asking: Waiting,
    *,
    now: datetime,
) -> Decisions:
    policy = placing.policy
    settled: set[Shape] = set()
    queue = _queue(placing, occupancy, asking, settled, now=now)
    served = _serve(queue, placing, keeping, settled, is_hopeless=explaining.is_hopeless)
    placed = served.placed
    # Before jobs change places: what is free now is what a job that follows a suggestion finds when its turn comes.
    waiting = explaining.reports((*served.unplaced, *queue.settled), keeping, now=now)
    if isinstance(queue, Queue):
        waiting |= BeyondQuota(placing, keeping, queue, asking.consumers).reports()
    if policy.together and policy.order is OfferOrder.PRICE:
        moved = rematch(placed, placing.room, fixed=keeping.rows | placing.windows.rows)
        placing.note(sorted({one.row for one in (*placed, *moved)}))
        if moved != placed:
            left = [*served.unplaced, *queue.settled]
            settled.clear()
            placed = [*moved, *_serve_late(left, queue, placing, keeping, explaining)]
            waiting = {job_id: waiting[job_id] for job_id in waiting.keys() - {one.job.id for one in placed}}
    return Decisions(
        assignments=tuple(one.assignment() for one in placed),
        waiting=MappingProxyType(waiting),
        reserved=keeping.starts,
        preemptions=tuple(keeping.preemptions),
    )


class _Served(NamedTuple):
    placed: list[Placed]
    unplaced: list[PendingJob]
    is_reached: bool


def _serve(
    queue: Arrivals | Queue,
    placing: Placing,
    keeping: Keeping,
    settled: set[Shape],
    *,
    is_hopeless: Callable[[PendingJob], bool] = lambda _: False,
    until: PendingJob | None = None,
) -> _Served:
    """Serve those that wait in their turn, all of them or those before one; whether that one's turn comes."""
    placed: list[Placed] = []
    unplaced: list[PendingJob] = []
    while (job := queue.next()) is not None and job is not until:
        keeping.show(job)
        found = () if is_hopeless(job) else _place(placing, job)
        if not found:
            unplaced.append(job)
            # What a standby is for runs already. Whoever is kept no place finds none later in the pass either.
            if job.is_standby or not keeping.keep(job):
                settled.add(placing.shape(job))
        for one in found:
            placed.append(one)
            keeping.placed(one)
            queue.given(job, held_by(job.request, (placing.table.card_gpu[card].model for card in one.cards)))
    return _Served(placed, unplaced, is_reached=job is not None)


def _serve_late(
    jobs: Collection[PendingJob], queue: Arrivals | Queue, placing: Placing, keeping: Keeping, explaining: Explaining
) -> list[Placed]:
    """Serve those that found no place in their turn, now that others changed theirs and may have left one."""
    found: list[Placed] = []
    if not explaining.gain_room(jobs):
        return found
    placing.hope_again()
    queue.begin(jobs)
    while (job := queue.next()) is not None:
        keeping.show(job)
        places = _place(placing, job)
        for one in places:
            keeping.placed(one)
            queue.given(job, held_by(job.request, (placing.table.card_gpu[card].model for card in one.cards)))
        if places and keeping.drop(job):
            placing.hope_again()
        found += places
    return found


def _place(placing: Placing, job: PendingJob) -> tuple[Placed, ...]:
    return place_pair(placing, job) if job.wants_standby else placing.place_all(job)


def _queue(
    placing: Placing, occupancy: Occupancy, asking: Waiting, settled: Collection[Shape], *, now: datetime
) -> Arrivals | Queue:
    if placing.policy.queue is None:
        return Arrivals(asking.jobs)
    return Queue(
        asking.jobs,
        consumers=asking.consumers,
        held=occupancy.held,
        capacity=capacity_of(placing.table),
        policy=placing.policy.queue,
        now=now,
        is_settled=lambda job: placing.shape(job) in settled,
    )


def newest_job(request: Request, now: datetime, *, limit_seconds: int) -> PendingJob:
    """A job that nobody has created yet, as if it came now."""
    return PendingJob(id=_NOBODY, queued_at=now, request=request, limit_seconds=limit_seconds)


def explain_next(
    market: Snapshot, job: PendingJob, now: datetime, policy: Policy
) -> tuple[tuple[Candidate, ...], WaitingReport]:
    """How a job that comes now stands in a market where others wait.

    Returns:
        The offers that it could have when its turn comes, in the policy's order, and why it cannot have the others:
        what those before it take counts as busy, what is kept for them as kept.
    """
    table = OfferTable(market.providers)
    placing = Placing(table, at=microseconds(now), policy=policy, reserved=market.windows)
    occupancy = Occupancy(table, market.running)
    placing.begin(occupancy.kept_apart)
    keeping = Keeping(placing, occupancy, policy=policy.queue)
    asking = Waiting(jobs=(*market.jobs, job), consumers=market.consumers)
    # What is settled for those before it is not for this one: it is to have its turn, and its report.
    queue = _queue(placing, occupancy, asking, (), now=now)
    if not _serve(queue, placing, keeping, set(), until=job).is_reached:
        assert isinstance(queue, Queue), "without one everybody's turn comes"
        return (), BeyondQuota(placing, keeping, queue, market.consumers).report(job)
    matching, room = placing.matching(job), placing.room
    keeping.show(job)
    fitting = tuple(table.candidates[int(row)] for row in matching.free_rows(room))
    suggestions = () if fitting else suggest(matching, room, at=placing.at, policy=policy)
    keeping.show_all()
    kept = len(matching.free_rows(room)) - len(fitting)
    opening = None if fitting else keeping.opening(job, matching)
    report = waiting_report(matching, now=now, free=len(fitting), kept=kept, opening=opening, suggestions=suggestions)
    return fitting, report
