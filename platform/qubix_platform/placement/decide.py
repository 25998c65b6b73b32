"""Decisions over the whole queue: each job, oldest first, takes the best offer in the policy's order that has room."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from qubix.schemas.waiting import WaitingReport
from qubix_platform.placement.matching import Room, match
from qubix_platform.placement.model import Candidate, Decisions, OfferOrder, PendingJob, Policy, Request, Snapshot
from qubix_platform.placement.offers import OfferTable, microseconds
from qubix_platform.placement.placing import Placed, Placing
from qubix_platform.placement.reasons import waiting_report
from qubix_platform.placement.rematching import rematch
from qubix_platform.placement.suggestions import suggest


def decide(snapshot: Snapshot, now: datetime, policy: Policy) -> Decisions:
    """Decide on every pending job of a snapshot.

    The same arguments give the same answer, whatever the order in which the snapshot lists its jobs and providers.

    Args:
        snapshot: the pending jobs, and the machines with what is taken of them.
        now: a machine that is shunned until a later instant is left out.
        policy: the order in which offers are tried.
    """
    return decide_on(OfferTable(snapshot.providers), snapshot.jobs, now=now, policy=policy)


def decide_on(table: OfferTable, jobs: Iterable[PendingJob], *, now: datetime, policy: Policy) -> Decisions:
    """`decide` on a table that is there already. The table is not changed."""
    at = microseconds(now)
    placing = Placing(table, at=at, policy=policy)
    placed: list[Placed] = []
    unplaced: list[PendingJob] = []
    for job in sorted(jobs, key=lambda job: (job.queued_at, job.id)):
        found = placing.place(job)
        if found is None:
            unplaced.append(job)
        else:
            placed.append(found)
    # Before jobs change places: what is free now is what a job that follows a suggestion finds when its turn comes.
    waiting = _reports(unplaced, placing, at=at, policy=policy)
    if policy.together and policy.order is OfferOrder.PRICE:
        placed = rematch(placed, placing.room)
    return Decisions(
        assignments=tuple(one.assignment() for one in placed),
        waiting=MappingProxyType(waiting),
    )


def explain(
    candidates: Sequence[Candidate], request: Request, now: datetime, policy: Policy
) -> tuple[tuple[Candidate, ...], WaitingReport]:
    """How a request stands in the market, without a job.

    Returns:
        The offers that could take it now, in the policy's order, and the counted reasons why the others cannot.
    """
    table = OfferTable(candidates)
    at, room = microseconds(now), Room(table)
    matching = match(table, request, at=at, policy=policy)
    free = matching.free_rows(room)
    fitting = tuple(table.candidates[int(row)] for row in free)
    suggestions = () if fitting else suggest(matching, room, at=at, policy=policy)
    return fitting, waiting_report(matching, free=len(free), suggestions=suggestions)


def _reports(unplaced: list[PendingJob], placing: Placing, *, at: int, policy: Policy) -> dict[UUID, WaitingReport]:
    # After all placements, so that a suggestion is checked against what the whole pass leaves free.
    reports: dict[Request, WaitingReport] = {}
    for job in unplaced:
        if job.request not in reports:
            matching = placing.matching(job.request)
            suggestions = suggest(matching, placing.room, at=at, policy=policy)
            reports[job.request] = waiting_report(matching, suggestions=suggestions)
    return {job.id: reports[job.request] for job in unplaced}
