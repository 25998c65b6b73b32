"""What a consumer can do with their jobs, once created."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.base import JsonObject
from qubix.schemas.checkpoints import Checkpoint
from qubix.schemas.jobs import CancelAnswer, Job
from qubix.schemas.monitor import Artifact, JobMetricSample, JobMonitor, LogEntry
from qubix.schemas.receipts import Receipt
from qubix.schemas.states import AttemptStatus, Cause, EventType, JobStatus
from qubix.schemas.waiting import AwaitedJob, WaitingReport
from qubix_platform.attempts import ending
from qubix_platform.attempts import repository as attempts
from qubix_platform.attempts.history import recorded_stretches
from qubix_platform.attempts.view import attempt as attempt_view
from qubix_platform.auth.callers import UserCaller
from qubix_platform.checkpoints import repository as checkpoints
from qubix_platform.escrow.service import Bill
from qubix_platform.events import service as events
from qubix_platform.jobs import repository, view
from qubix_platform.jobs.arrays import repository as arrays
from qubix_platform.jobs.dependencies import repository as dependencies
from qubix_platform.jobs.errors import JobAlreadyFinal, JobNotFound
from qubix_platform.jobs.finish import finish
from qubix_platform.jobs.query import ListQuery
from qubix_platform.jobs.receipt import receipt as receipt_view
from qubix_platform.jobs.releases.report import report
from qubix_platform.jobs.states import JobChange
from qubix_platform.ledger import repository as ledger
from qubix_platform.pricing.policy import MarketPolicy
from qubix_platform.pricing.rates import charge, whole_seconds

_MONITOR_SAMPLES = 600
_MONITOR_LOG_LINES = 200
_AWAITED_SHOWN = 20


async def get_job(session: AsyncSession, *, caller: UserCaller, job_id: UUID) -> Job:
    """One of the caller's jobs.

    Raises:
        JobNotFound: the caller has no such job.
    """
    row = await repository.get(session, job_id=job_id, user_id=caller.user_id)
    if row is None:
        raise JobNotFound.of(job_id, asked="Looking up a job")
    return view.job(row)


async def list_jobs(session: AsyncSession, query: ListQuery) -> tuple[list[Job], int]:
    """A page of a user's jobs, and how many there are in all."""
    rows = await repository.list_page(session, query)
    return [view.job(row) for row in rows], (rows[0].total if rows else 0)


async def cancel_job(session: AsyncSession, *, caller: UserCaller, job_id: UUID) -> CancelAnswer:
    """Stop a job: at once while no machine knows of it, else as soon as its runner heard. Again, nothing changes.

    Raises:
        JobNotFound: the caller has no such job.
        JobAlreadyFinal: it has completed or failed.
    """
    row = await repository.lock(session, job_id=job_id, user_id=caller.user_id)
    if row is None:
        raise JobNotFound.of(job_id, asked="Cancelling a job")
    status = JobStatus(row.status)
    if status in (JobStatus.COMPLETED, JobStatus.FAILED):
        raise JobAlreadyFinal(
            asked=f"Cancelling job {job_id}",
            obstacle=f"it is {status.value} already, and final states are final",
            remedy="Nothing to do: see its receipt for what it cost.",
        )
    if status is JobStatus.PENDING:
        change = JobChange(status, JobStatus.CANCELLED, cause=Cause.CANCELLED)
        await repository.request_cancel(session, job_id)
        await finish(session, view.purse(row), change=change, bill=Bill())
    elif row.cancel_requested_at is None and not status.is_final:
        await repository.request_cancel(session, job_id)
        if not await ending.take_back(session, job_id):
            topics = ["scheduler", f"job:{job_id}"]
            data: JsonObject = {"jobId": str(job_id)}
            await events.record(session, type=EventType.JOB_CANCEL_REQUESTED, topics=topics, data=data)
    return CancelAnswer(success=True, job=await get_job(session, caller=caller, job_id=job_id))


async def logs(session: AsyncSession, *, caller: UserCaller, job_id: UUID, after: int, limit: int) -> list[LogEntry]:
    """Output after a sequence number (-1 for all), in order.

    Raises:
        JobNotFound: the caller has no such job.
    """
    await get_job(session, caller=caller, job_id=job_id)
    rows = await repository.logs(session, job_id=job_id, after=after, limit=limit)
    return [LogEntry.model_validate(dict(row._mapping)) for row in rows]


async def artifacts(session: AsyncSession, *, caller: UserCaller, job_id: UUID) -> list[Artifact]:
    """What the job's last attempt left in `$QUBIX_OUTPUT`.

    Raises:
        JobNotFound: the caller has no such job.
    """
    row = await repository.get(session, job_id=job_id, user_id=caller.user_id)
    if row is None:
        raise JobNotFound.of(job_id, asked="Listing artifacts")
    found = await repository.artifacts(session, job_id=job_id, attempt_id=row.current_attempt_id)
    return [Artifact.model_validate(dict(artifact._mapping)) for artifact in found]


async def why(session: AsyncSession, *, caller: UserCaller, job_id: UUID) -> WaitingReport | None:
    """Why the job waits, from the decision itself; None where it does not wait or no decision was made yet.

    Raises:
        JobNotFound: the caller has no such job.
    """
    row = await repository.get(session, job_id=job_id, user_id=caller.user_id)
    if row is None:
        raise JobNotFound.of(job_id, asked="Asking why a job waits")
    return await _waiting(session, row)


async def monitor(session: AsyncSession, *, caller: UserCaller, job_id: UUID, now: datetime) -> JobMonitor:
    """Everything about a job that a person watches.

    Raises:
        JobNotFound: the caller has no such job.
    """
    row = await repository.get(session, job_id=job_id, user_id=caller.user_id)
    if row is None:
        raise JobNotFound.of(job_id, asked="Watching a job")
    tries = [attempt_view(found) for found in await attempts.of_job(session, job_id)]
    running = sum(
        charge(price_per_hour=one.price_per_hour, seconds=whole_seconds(start=one.started_at, end=now))
        for one in tries
        if one.status is AttemptStatus.RUNNING and one.started_at is not None
    )
    samples = await repository.metrics(session, job_id=job_id, limit=_MONITOR_SAMPLES)
    tail = await repository.logs_tail(session, job_id=job_id, limit=_MONITOR_LOG_LINES)
    return JobMonitor(
        job=view.job(row),
        attempts=tries,
        metrics=[JobMetricSample.model_validate(dict(sample._mapping)) for sample in samples],
        logs=[LogEntry.model_validate(dict(line._mapping)) for line in tail],
        cost_so_far=min(row.hold_amount, running + sum(one.cost for one in tries if one.status.is_final)),
        estimated_end=view.estimated_end(row, now=now),
        why=await _waiting(session, row),
        checkpoints=[
            Checkpoint.model_validate(dict(one._mapping)) for one in await checkpoints.of_job(session, job_id)
        ],
    )


async def receipt(session: AsyncSession, *, caller: UserCaller, job_id: UUID, policy: MarketPolicy) -> Receipt:
    """How a job's hold was divided, from the ledger's own entries.

    Raises:
        JobNotFound: the caller has no such job.
    """
    row = await repository.get(session, job_id=job_id, user_id=caller.user_id)
    if row is None:
        raise JobNotFound.of(job_id, asked="Asking for a receipt")
    tries = await attempts.of_job(session, job_id)
    cancelled_at = row.cancel_requested_at if row.stop_cause != Cause.OUT_OF_FUNDS else None
    return receipt_view(
        job=view.job(row),
        attempts=[attempt_view(one) for one in tries],
        stretches={one.id: recorded_stretches(one, cancel_requested_at=cancelled_at) for one in tries},
        legs=await ledger.legs_of(session, str(job_id)),
        fee_basis_points=policy.fee_basis_points,
    )


async def _has_standby(session: AsyncSession, job_id: UUID) -> bool:
    return any(
        one.is_standby and not AttemptStatus(one.status).is_final for one in await attempts.of_job(session, job_id)
    )


async def _waiting(session: AsyncSession, row: Row[Any]) -> WaitingReport | None:
    if row.status != JobStatus.PENDING or not row.is_held_back:
        told = view.waiting(row)
        return None if told is not None and told.for_standby and await _has_standby(session, row.id) else told
    found = await dependencies.unfinished(session, row.id, limit=_AWAITED_SHOWN)
    awaited = [AwaitedJob.model_validate(dict(one._mapping)) for one in found]
    array = None
    if row.array_id is not None:
        array = await arrays.get(session, array_id=row.array_id, user_id=row.user_id)
    return report(awaited, total=found[0].total if found else 0, at_once=None if array is None else array.at_once)
