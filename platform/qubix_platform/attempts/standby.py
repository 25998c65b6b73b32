"""A second machine that holds itself ready for a job, and goes on with it where the first is lost.

It holds its GPUs, and has the job's files, environment and newest checkpoint, but it runs nothing and reports nothing
until it has taken over, in the very transaction that gives the first one up. Standing by is not paid for: its price
counts from the moment when the job begins there.
"""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.attempts import AttemptSpec
from qubix.schemas.states import MACHINE_LOST, AttemptStatus, Cause, JobStatus
from qubix_platform.attempts import going_on, repository, transition, view
from qubix_platform.attempts.errors import AssignmentRefused
from qubix_platform.attempts.transition import AttemptChange
from qubix_platform.jobs.states import JobChange
from qubix_platform.jobs.transition import transition as transition_job
from qubix_platform.placement.model import Assignment
from qubix_platform.pricing.policy import MarketPolicy


async def stage(
    session: AsyncSession, assignment: Assignment, *, policy: MarketPolicy, secret: bytes
) -> AttemptSpec | None:
    """Have a machine stand by for a job that lives on another one.

    Returns:
        What its runner needs; None where the job has nothing to stand by for any more.

    Raises:
        AssignmentRefused: another stands by already, or the machine is taken. The transaction cannot go on.
    """
    try:
        row = await transition.stage(session, uuid4(), assignment, lease_seconds=policy.lease_seconds)
    except IntegrityError as error:
        raise AssignmentRefused(
            asked=f"Having {assignment.worker_id} stand by for job {assignment.job_id}",
            obstacle=f"the database refused to book it: {error.orig.__cause__ if error.orig else error}",
            remedy="Decide again on a fresh snapshot.",
        ) from error
    return None if row is None else view.spec_of(row, secret=secret, lease_seconds=policy.lease_seconds)


async def take_over(session: AsyncSession, job_id: UUID, *, policy: MarketPolicy) -> bool:
    """Give a job that was just put back into the queue to the machine that stands by for it.

    The caller's transaction holds the job's lock.

    Returns:
        Whether there was one that is heard of.
    """
    standby = await repository.standby_of(session, job_id)
    if standby is None:
        return False
    if standby.lease_expired:
        await _end(session, standby, cause=Cause.PROVIDER_LOST, error="nothing was heard of it when it was needed")
        return False
    change = JobChange(JobStatus.PENDING, JobStatus.ASSIGNED, attempt_id=standby.id, provider_id=standby.provider_id)
    job = await transition_job(session, job_id=job_id, change=change)
    if job is None:  # its consumer has cancelled it
        await dismiss(session, job_id)
        return False
    await repository.begin_takeover(
        session,
        standby.id,
        number=job.attempts,
        limit_seconds=job.time_limit_seconds - job.settled_seconds,
        lease_seconds=policy.lease_seconds,
    )
    await going_on.tell(session, standby.id, machines=[standby.worker_id])
    return True


async def dismiss(session: AsyncSession, job_id: UUID) -> None:
    """Let the machine go that stands by for a job that needs it no more."""
    standby = await repository.standby_of(session, job_id)
    if standby is not None:
        await _end(session, standby, cause=Cause.CANCELLED, error=None)


async def give_up(session: AsyncSession, held: Row[Any], *, cause: Cause, error: str | None) -> None:
    """End an attempt that stands by, on its own account: the job goes on without it."""
    await _end(session, held, cause=cause, error=error)


async def _end(session: AsyncSession, standby: Row[Any], *, cause: Cause, error: str | None) -> None:
    to = AttemptStatus.LOST if cause in MACHINE_LOST else AttemptStatus.CANCELLED
    change = AttemptChange(AttemptStatus.ASSIGNED, to, ended_at=standby.now, cause=cause, error=error)
    await transition.transition(session, attempt_id=standby.id, change=change, worker_id=standby.worker_id)
