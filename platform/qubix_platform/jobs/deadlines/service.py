"""Ending jobs that cannot be done by their deadline any more."""

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import Cause, EventType, JobStatus
from qubix_platform.events import service as events
from qubix_platform.events.models import NewEvent
from qubix_platform.jobs import repository as jobs
from qubix_platform.jobs.deadlines import repository
from qubix_platform.jobs.deadlines.decide import Deadline, missed
from qubix_platform.jobs.finish import end_waiting

AT_ONCE: Final = 500


async def advance(session: AsyncSession) -> list[UUID]:
    """End the jobs that wait and cannot make it, and have those stopped that still run. Twice is once.

    What a job used is paid, and the rest of its hold goes back.

    Returns:
        The jobs that this was done to.
    """
    late: dict[UUID, str | None] = {}
    running: list[UUID] = []
    for row in await repository.near(session, limit=AT_ONCE):
        job = Deadline(
            at=row.deadline, status=JobStatus(row.status), compute_needed=row.compute_needed, fastest=row.fastest
        )
        reason = missed(job, row.now)
        if reason is None:
            continue
        if job.status is JobStatus.PENDING:
            late[row.id] = reason
        else:
            running.append(row.id)
    ended = await end_waiting(session, late, cause=Cause.DEADLINE_MISSED) if late else []
    stopped = await jobs.stop_late(session, running) if running else []
    await events.record_all(session, [_stopping(job_id) for job_id in stopped])
    return [*(row.id for row in ended), *stopped]


def _stopping(job_id: UUID) -> NewEvent:
    topics = ("scheduler", f"job:{job_id}")
    return NewEvent(type=EventType.JOB_CANCEL_REQUESTED, topics=topics, data={"jobId": str(job_id)})
