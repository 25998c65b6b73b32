"""Decisions over the whole queue: each job in its turn takes the best offer in the policy's order that has room."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from qubix.schemas.waiting import WaitingReport
from qubix_platform.placement.backfill import Keeping
from qubix_platform.placement.gangs import places_for
from qubix_platform.placement.model import (
    Candidate,
    Decisions,
    OfferOrder,
    PendingJob,
    Policy,
    Request,
    Running,
    Snapshot,
)
from qubix_platform.placement.offers import OfferTable, microseconds
from qubix_platform.placement.ordering.queue import Arrivals, Queue
from qubix_platform.placement.ordering.shares import capacity_of, held_by, held_by_attempt
from qubix_platform.placement.placing import Placed, Placing
from qubix_platform.placement.reasons import gang_report, quota_report, waiting_report
from qubix_platform.placement.rematching import rematch
from qubix_platform.placement.suggestions import suggest
from qubix_platform.placement.windows import Term

_NOBODY: Final = UUID(int=0)


def decide(snapshot: Snapshot, now: datetime, policy: Policy) -> Decisions:
    """Decide on every pending job of a snapshot.

    The same arguments give the same answer, whatever the order in which the snapshot lists its jobs and providers.

    Args:
        snapshot: the pending jobs, and the machines with what is taken of them.
        now: a machine that is shunned until a later instant is left out.
        policy: the order in which offers are tried.
    """
    return decide_on(OfferTable(snapshot.providers), snapshot, now=now, policy=policy)


def decide_on(table: OfferTable, snapshot: Snapshot, *, now: datetime, policy: Policy) -> Decisions:
    """`decide` where the table of the snapshot's providers is there already. It is not changed."""
    at = microseconds(now)
    placing = Placing(table, at=at, policy=policy, reserved=snapshot.windows)
    keeping = Keeping(placing, snapshot.running, at=at, policy=policy.queue)
    queue = _queue(table, snapshot, now=now, policy=policy)
    placed: list[Placed] = []
    unplaced: list[PendingJob] = []
    while (job := queue.next()) is not None:
        keeping.show(job)
        found = placing.place_all(job)
        if not found:
            unplaced.append(job)
            if not job.is_standby:  # it runs already
                keeping.keep(job)
        for one in found:
            placed.append(one)
            keeping.placed(one)
            queue.given(job, held_by(job.request, (table.card_gpu[card].model for card in one.cards)))
    # Before jobs change places: what is free now is what a job that follows a suggestion finds when its turn comes.
    waiting = _reports(unplaced, placing, keeping, now=now, policy=policy)
    quotas = {consumer.user_id: consumer.max_gpus for consumer in snapshot.consumers}
    for job in queue.beyond_quota:
        waiting[job.id] = quota_report(job.request, considered=len(table), quota=quotas[job.request.user_id] or 0)
    if policy.together and policy.order is OfferOrder.PRICE:
        placed = rematch(placed, placing.room, fixed=keeping.rows | placing.windows.rows)
    return Decisions(
        assignments=tuple(one.assignment() for one in placed),
        waiting=MappingProxyType(waiting),
        reserved=keeping.starts,
        preemptions=tuple(keeping.preemptions),
    )


def _queue(table: OfferTable, snapshot: Snapshot, *, now: datetime, policy: Policy) -> Arrivals | Queue:
    if policy.queue is None:
        return Arrivals(snapshot.jobs)
    models = {gpu.id: gpu.model for gpu in table.card_gpu}
    users = {job.request.user_id for job in snapshot.jobs}
    return Queue(
        snapshot.jobs,
        consumers=snapshot.consumers,
        held=((one.user_id, held_by_attempt(one, models)) for one in snapshot.running if one.user_id in users),
        capacity=capacity_of(table),
        policy=policy.queue,
        now=now,
    )


def explain(
    candidates: Sequence[Candidate],
    request: Request,
    now: datetime,
    policy: Policy,
    *,
    running: Iterable[Running] = (),
    limit_seconds: int = 3600,
) -> tuple[tuple[Candidate, ...], WaitingReport]:
    """How a request stands in the market, without a job.

    Args:
        candidates: the machines.
        request: what is asked for.
        now: the instant.
        policy: the order in which offers are tried.
        running: what takes room of them, to say when it ends.
        limit_seconds: how long a job with this request may run.

    Returns:
        The offers that could take it now, in the policy's order, and the counted reasons why the others cannot.
    """
    at = microseconds(now)
    placing = Placing(OfferTable(candidates), at=at, policy=policy)
    job = PendingJob(id=_NOBODY, queued_at=now, request=request, limit_seconds=limit_seconds)
    matching, room = placing.matching(job), placing.room
    fitting = tuple(placing.table.candidates[int(row)] for row in matching.free_rows(room))
    suggestions = () if fitting else suggest(matching, room, at=at, policy=policy)
    opening = None if fitting else Keeping(placing, running, at=at, policy=None).opening(job, matching)
    report = waiting_report(matching, now=now, free=len(fitting), opening=opening, suggestions=suggestions)
    return fitting, report


def _reports(
    unplaced: list[PendingJob], placing: Placing, keeping: Keeping, *, now: datetime, policy: Policy
) -> dict[UUID, WaitingReport]:
    at = microseconds(now)
    # After all placements, so that a suggestion is checked against what the whole pass leaves free.
    reports: dict[tuple[Request, int, Term, Hashable, datetime | None], WaitingReport] = {}
    waiting: dict[UUID, WaitingReport] = {}
    starts = {kept.job_id: kept.starts_at for kept in keeping.starts}
    for job in unplaced:
        keeping.show(job)
        matching = placing.matching(job)
        known = job.request, job.workers, matching.term, placing.view, starts.get(job.id)
        if job.workers > 1 and known not in reports:
            reports[known] = _gang_report(job, placing, now=now, policy=policy)
        if known not in reports:
            suggestions = suggest(matching, placing.room, at=at, policy=policy)
            opening = starts.get(job.id) or keeping.opening(job, matching)
            keeping.show_all()
            kept = len(matching.free_rows(placing.room))
            reports[known] = waiting_report(matching, kept=kept, opening=opening, now=now, suggestions=suggestions)
        waiting[job.id] = reports[known]
    keeping.show_all()
    return waiting


def _gang_report(job: PendingJob, placing: Placing, *, now: datetime, policy: Policy) -> WaitingReport:
    """Why a gang waits; of the changes that would help one worker those that would find room for all."""
    matching, room = placing.matching(job), placing.room
    suggestions = [
        one
        for one in suggest(matching, room, at=microseconds(now), policy=policy)
        if one.free
        and places_for(placing.matching(replace(job, request=one.request)), room, most=job.workers) == job.workers
    ]
    return gang_report(
        matching,
        now=now,
        free=len(matching.free_rows(room)),
        places=places_for(matching, room, most=job.workers),
        workers=job.workers,
        suggestions=suggestions,
    )
