"""Giving jobs to providers and taking them back."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.attempts import AttemptSpec, MailboxEntry
from qubix_platform.attempts import going_on, repository, transition, view
from qubix_platform.attempts.errors import AssignmentRefused
from qubix_platform.attempts.repository import LiveAttempt
from qubix_platform.placement.model import Assignment
from qubix_platform.pricing.policy import MarketPolicy

_rank: Final = attrgetter("rank")


async def assign(session: AsyncSession, assignment: Assignment, *, policy: MarketPolicy, secret: bytes) -> AttemptSpec:
    """Give a job to a provider: a new attempt with a lease, and the provider's capacity booked.

    Raises:
        AssignmentRefused: the job no longer waits (taken, cancelled), or the database refused to book the capacity.
            The transaction cannot go on after the latter: roll it back.
    """
    specs = await assign_all(session, [assignment], policy=policy, secret=secret)
    if not specs:
        raise AssignmentRefused(
            asked=f"Assigning job {assignment.job_id}",
            obstacle="it no longer waits: it was assigned, cancelled or has ended meanwhile",
            remedy="Decide again on a fresh snapshot.",
        )
    return specs[0]


async def assign_all(
    session: AsyncSession, assignments: Sequence[Assignment], *, policy: MarketPolicy, secret: bytes
) -> list[AttemptSpec]:
    """Give jobs to providers, in one statement and one for the events. Jobs that no longer wait are passed over.

    Raises:
        AssignmentRefused: the database refused to book the capacity of one of them, so none is assigned.
            The transaction cannot go on: roll it back.
    """
    try:
        rows = await transition.assign(
            session, {uuid4(): assignment for assignment in assignments}, lease_seconds=policy.lease_seconds
        )
    except IntegrityError as error:
        raise AssignmentRefused(
            asked=f"Assigning {', '.join(f'job {one.job_id} to {one.worker_id}' for one in assignments)}",
            obstacle=f"the database refused to book it: {error.orig.__cause__ if error.orig else error}",
            remedy="Decide again on a fresh snapshot.",
        ) from error
    for row in rows:
        if row.number > 1 and row.rank == 0:
            machines = [one.worker_id for one in sorted(assignments, key=_rank) if one.job_id == row.id]
            await going_on.tell(session, row.attempt_id, machines=machines)
    return [view.spec_of(row, secret=secret, lease_seconds=policy.lease_seconds) for row in rows]


async def renew_leases(
    session: AsyncSession, *, provider_id: UUID, attempt_ids: Sequence[UUID], policy: MarketPolicy
) -> list[UUID]:
    """Renew the leases of the attempts that a provider says it runs.

    Returns:
        Those that it has to stop: cancelled by their consumer, or no longer its to run.
    """
    if not attempt_ids:
        return []
    return await repository.renew(
        session, provider_id=provider_id, attempt_ids=attempt_ids, lease_seconds=policy.lease_seconds
    )


async def live_attempts(session: AsyncSession) -> list[LiveAttempt]:
    """Every attempt that holds a lease, oldest first."""
    return await repository.live(session)


async def mark_launched(session: AsyncSession, seconds_ago: Mapping[UUID, float]) -> set[UUID]:
    """Remember when these attempts were handed to their nodes' runners, in seconds before now.

    Returns:
        Those that somebody holds just now: tell of them again.
    """
    return await repository.mark_launched(session, seconds_ago)


async def spec_of(
    session: AsyncSession, attempt_id: UUID, *, policy: MarketPolicy, secret: bytes
) -> AttemptSpec | None:
    """What the runner of a live attempt needs, to launch it again after a crash in between."""
    row = await repository.with_spec(session, attempt_id)
    return None if row is None else view.spec_of(row, secret=secret, lease_seconds=policy.lease_seconds)


async def pending_for(
    session: AsyncSession, worker_id: str, *, policy: MarketPolicy, secret: bytes
) -> list[MailboxEntry]:
    """What waits for a pulling provider. The same entry is given again until its `started` is accepted."""
    rows = await repository.mailbox(session, worker_id)
    return [view.mailbox_entry(row, secret=secret, lease_seconds=policy.lease_seconds) for row in rows]
