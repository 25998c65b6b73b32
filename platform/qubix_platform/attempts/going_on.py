"""Telling a consumer where their job goes on after an attempt that ended without it."""

from collections.abc import Sequence
from datetime import UTC
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.checkpoints import RestorableCheckpoint
from qubix.schemas.states import EventType, JobStatus
from qubix_platform.attempts import repository
from qubix_platform.attempts.reports import store_sentence
from qubix_platform.events import service as events


async def tell(session: AsyncSession, attempt_id: UUID, *, machines: Sequence[str]) -> None:
    """Say in the job's output, and to who watches, where an attempt after the first is and what it goes on from.

    Args:
        session: the transaction that gives the job to the machines.
        attempt_id: the attempt, of a gang that of its first worker.
        machines: worker ids, by rank.
    """
    held, job = await repository.lock(session, attempt_id), await repository.with_spec(session, attempt_id)
    assert held is not None, "the caller has just made it"
    assert job is not None, "as above"
    newest = RestorableCheckpoint.model_validate(job.checkpoints[0]) if job.checkpoints else None
    where = " and ".join(dict.fromkeys(machines))
    await store_sentence(session, held, f"Attempt {held.number} is on {where} now, {_from(newest)}.")
    data = {
        "jobId": str(held.job_id),
        "status": JobStatus.ASSIGNED.value,
        "attempt": held.number,
        "workerIds": list(machines),
        "checkpointId": None if newest is None else str(newest.id),
    }
    await events.record(session, type=EventType.JOB_PROGRESS, topics=[f"job:{held.job_id}"], data=data)


def _from(checkpoint: RestorableCheckpoint | None) -> str:
    if checkpoint is None:
        return "from the start: it has no checkpoint"
    whose = f"of attempt {checkpoint.attempt}" if checkpoint.attempt else "that the job was given"
    taken_at = checkpoint.taken_at.astimezone(UTC)
    return f"to go on from the checkpoint {whose} from {taken_at:%Y-%m-%d %H:%M:%S} UTC"
