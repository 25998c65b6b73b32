"""What becomes of a snapshot that a job's owner asks for. Whoever runs the job stores it as a checkpoint is stored."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.checkpoints import Checkpoint, SnapshotFailure, SnapshotOutcome
from qubix.schemas.reports import ReportAnswer
from qubix.schemas.states import SnapshotStatus
from qubix_platform.attempts.reports import answer, hold
from qubix_platform.auth.callers import UserCaller
from qubix_platform.checkpoints import repository
from qubix_platform.checkpoints.errors import SnapshotNotFound
from qubix_platform.jobs import service as jobs
from qubix_platform.pricing.policy import MarketPolicy

_ENDED = "the job ended before one was stored"


async def fail(
    session: AsyncSession, *, attempt_id: UUID, job_id: UUID, failure: SnapshotFailure, policy: MarketPolicy
) -> ReportAnswer:
    """Whoever runs the job cannot take the snapshot that was asked for: nobody waits for it any longer.

    One that was asked for since the trying began is still to be taken. A repeat changes nothing.

    Raises:
        AttemptFenced: the attempt lost its lease meanwhile.
    """
    held = await hold(session, attempt_id=attempt_id, job_id=job_id, policy=policy, asked="Reporting a snapshot")
    if held.rank:  # of a gang the first worker takes it
        return answer(held, policy)
    began = held.now - timedelta(seconds=failure.age_seconds)
    await repository.fail_snapshot(session, job_id, why=failure.why, began=began)
    return answer(held, policy)


async def of_job(session: AsyncSession, *, caller: UserCaller, job_id: UUID) -> SnapshotOutcome:
    """What became of the last snapshot that was asked for of one of the caller's jobs.

    Raises:
        JobNotFound: the caller has no such job.
        SnapshotNotFound: none was asked for, or it is no longer kept.
    """
    job = await jobs.get_job(session, caller=caller, job_id=job_id)
    asked = await repository.snapshot_asked_for(session, job_id)
    if asked.snapshot_failure is not None:
        return SnapshotOutcome(status=SnapshotStatus.FAILED, at=asked.snapshot_failed_at, why=asked.snapshot_failure)
    if asked.snapshot_requested_at is not None:
        if job.status.is_final:
            ended_at = job.completed_at or asked.snapshot_requested_at
            return SnapshotOutcome(status=SnapshotStatus.FAILED, at=ended_at, why=_ENDED)
        return SnapshotOutcome(status=SnapshotStatus.PENDING, at=asked.snapshot_requested_at)
    stored = [row for row in await repository.of_job(session, job_id) if row.is_snapshot and row.attempt]
    if not stored:
        raise SnapshotNotFound(
            asked=f"Looking up the snapshot of job {job_id}",
            obstacle="none was asked for, or it is no longer kept",
            remedy="Ask for one with `qubix snapshot JOB` while the job runs.",
        )
    newest = Checkpoint.model_validate(dict(stored[0]._mapping))
    return SnapshotOutcome(status=SnapshotStatus.STORED, at=newest.taken_at, snapshot=newest)
