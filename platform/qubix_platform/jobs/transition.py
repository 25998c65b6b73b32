"""The only place where a job's status changes."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.base import JsonObject
from qubix.schemas.states import Cause, EventType, JobStatus
from qubix_platform.events import service as events
from qubix_platform.events.models import NewEvent
from qubix_platform.jobs.states import JobChange, event_type

# A requeued job keeps its place in the queue: it already waited once.
_TRANSITION = text("""
    update jobs set
        status = :to,
        provider_id = case when :to = 'PENDING' then null else coalesce(:provider_id, provider_id) end,
        current_attempt_id = case when :to = 'PENDING' then null else coalesce(:attempt_id, current_attempt_id) end,
        attempts = attempts + case when :to = 'ASSIGNED' then 1 else 0 end,
        waiting = null,
        unassignable_since = null,
        funds_end_at = null,
        started_at = case when :to = 'RUNNING' then coalesce(started_at, clock_timestamp()) else started_at end,
        completed_at = case when :is_final then clock_timestamp() end,
        progress = case when :to = 'COMPLETED' then 100 else progress end,
        cause = case when :is_final then cast(:cause as text) end,
        error = case when :is_final then cast(:error as text) end,
        result = case when :is_final then cast(:result as jsonb) end,
        actual_cost = cast(:actual_cost as bigint)
     where id = :id and status = :expected and (:to <> 'ASSIGNED' or cancel_requested_at is null)
    returning *
""")

_END_WAITING = text("""
    update jobs j set
        status = :to, is_held_back = false, waiting = null, unassignable_since = null, funds_end_at = null,
        completed_at = clock_timestamp(), cause = :cause, error = e.error, actual_cost = j.settled_amount
      from unnest(cast(:ids as uuid[]), cast(:errors as text[])) as e (id, error)
     where j.id = e.id and j.status = 'PENDING'
    returning j.*
""")


async def transition(session: AsyncSession, *, job_id: UUID, change: JobChange) -> Row[Any] | None:
    """Compare-and-set a job's status, with its event in the same transaction.

    Returns:
        The job's row as it is now, or None where its status was not the expected one (or a cancel came before an
        assignment): nothing was changed then.
    """
    values = {
        "id": job_id,
        "expected": change.expected.value,
        "to": change.to.value,
        "is_final": change.to.is_final,
        "attempt_id": change.attempt_id,
        "provider_id": change.provider_id,
        "cause": change.cause and change.cause.value,
        "error": change.error,
        "result": None if change.result is None else json.dumps(change.result),
        "actual_cost": change.actual_cost,
    }
    row = (await session.execute(_TRANSITION, values)).one_or_none()
    if row is not None:
        await events.record_all(session, [changed(row, to=change.to, cause=change.cause, facts=change.facts)])
    return row


def changed(row: Row[Any], *, to: JobStatus, cause: Cause | None = None, facts: JsonObject | None = None) -> NewEvent:
    """The event of a transition, from the job's row as it is now, and with `facts` beside."""
    data: JsonObject = {
        "jobId": str(row.id),
        "status": to.value,
        "progress": row.progress,
        "attempt": row.attempts,
        "cause": str(cause) if cause else None,
    } | (facts or {})
    concerns_scheduler = to is JobStatus.PENDING or to.is_final
    topics = (f"job:{row.id}", "scheduler") if concerns_scheduler else (f"job:{row.id}",)
    return NewEvent(type=event_type(to), topics=topics, data=data)


async def end_waiting(
    session: AsyncSession, errors: Mapping[UUID, str | None], *, to: JobStatus, cause: Cause
) -> Sequence[Row[Any]]:
    """Compare-and-set the status of jobs that wait, each with its own `error`, and announce it.

    Returns:
        The rows as they are now of those that did wait: nothing was changed of the others.
    """
    values = {"ids": list(errors), "errors": list(errors.values()), "to": to.value, "cause": cause.value}
    rows = (await session.execute(_END_WAITING, values)).all()
    await events.record_all(session, [changed(row, to=to, cause=cause) for row in rows])
    return rows


async def announce_queued(session: AsyncSession, job_ids: Iterable[UUID]) -> None:
    """Tell the scheduler, and whoever watches, of jobs that wait from now on."""
    await events.record_all(session, [_queued(job_id) for job_id in job_ids])


def _queued(job_id: UUID) -> NewEvent:
    data: JsonObject = {"jobId": str(job_id), "status": JobStatus.PENDING.value, "progress": 0.0, "attempt": 0}
    return NewEvent(type=EventType.JOB_QUEUED, topics=("scheduler", f"job:{job_id}"), data=data)
