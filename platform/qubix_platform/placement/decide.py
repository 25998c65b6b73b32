"""First-fit over the whole queue: each job, oldest first, takes the first offer in the policy's order that has room."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from qubix.schemas.jobs import WaitingReport
from qubix_platform.placement.matching import Matching, Room, match
from qubix_platform.placement.model import Assignment, Candidate, Decisions, PendingJob, Policy, Request, Snapshot
from qubix_platform.placement.offers import OfferTable, microseconds
from qubix_platform.placement.reasons import waiting_report
from qubix_platform.placement.suggestions import suggest
from qubix_platform.pricing.rates import hourly_price


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
    room = Room(table)
    matchings: dict[Request, Matching] = {}
    assignments: list[Assignment] = []
    unplaced: list[PendingJob] = []
    hopeless: set[Request] = set()
    for job in sorted(jobs, key=lambda job: (job.queued_at, job.id)):
        if job.request in hopeless:  # nothing has become free since an equal request found no room
            unplaced.append(job)
            continue
        matching = matchings.get(job.request)
        if matching is None:
            matching = matchings[job.request] = match(table, job.request, at=at, policy=policy)
        assignment = _place(job, matching, room)
        if assignment is None:
            hopeless.add(job.request)
            unplaced.append(job)
        else:
            assignments.append(assignment)
    return Decisions(
        assignments=tuple(assignments),
        waiting=MappingProxyType(_reports(unplaced, matchings, room, at=at, policy=policy)),
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
    suggestion = None if fitting else suggest(matching, room, at=at, policy=policy)
    return fitting, waiting_report(matching, free=len(free), suggestion=suggestion.text if suggestion else None)


def _place(job: PendingJob, matching: Matching, room: Room) -> Assignment | None:
    rows = matching.free_rows(room)
    if not len(rows):
        return None
    tried = {row for provider_id in job.tried if (row := matching.table.row_of.get(provider_id)) is not None}
    row = next((row for row in map(int, rows) if row not in tried), int(rows[0])) if tried else int(rows[0])
    request = matching.request
    cards = matching.choose_cards(row, room)
    room.take(row=row, request=request, cards=cards)
    offer = matching.table.candidates[row]
    return Assignment(
        job_id=job.id,
        provider_id=offer.provider_id,
        worker_id=offer.worker_id,
        gpus=matching.shares(cards),
        price_per_hour=hourly_price(
            price_per_hour=offer.price_per_hour,
            gpu_count=request.gpu_count,
            share_milli=request.gpu_share_milli,
        ),
    )


def _reports(
    unplaced: list[PendingJob], matchings: dict[Request, Matching], room: Room, *, at: int, policy: Policy
) -> dict[UUID, WaitingReport]:
    # After all placements, so that a suggestion is checked against what the whole pass leaves free.
    reports: dict[Request, WaitingReport] = {}
    for job in unplaced:
        if job.request not in reports:
            matching = matchings[job.request]
            suggestion = suggest(matching, room, at=at, policy=policy)
            reports[job.request] = waiting_report(matching, suggestion=suggestion.text if suggestion else None)
    return {job.id: reports[job.request] for job in unplaced}
