"""Checkpoints: runners report them and resume from them, owners see them and ask for one."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Path, status

from qubix.schemas.checkpoints import (
    Checkpoint,
    CheckpointReport,
    CheckpointRequested,
    JobClone,
    ResumedAnswer,
    SnapshotFailure,
    SnapshotOutcome,
)
from qubix.schemas.jobs import JobCreated
from qubix.schemas.reports import ReportAnswer
from qubix_platform.checkpoints import service as checkpoints
from qubix_platform.checkpoints import snapshots
from qubix_platform.checkpoints.leftovers import clear_leftovers
from qubix_platform.jobs.clones import service as clones
from qubix_serve.dependencies import Attempt, Context, IdempotencyKey, JobsUser, ReadUser, Session
from qubix_serve.paging import Listed

router = APIRouter(prefix="/api/jobs", tags=["checkpoints"])

JobId = Annotated[UUID, Path(description="The job's id.")]


@router.post("/{job_id}/checkpoints")
async def store(  # noqa: PLR0917 - what FastAPI hands in
    job_id: JobId,
    report: CheckpointReport,
    session: Session,
    caller: Attempt,
    context: Context,
    afterwards: BackgroundTasks,
) -> ReportAnswer:
    """A checkpoint whose blobs were uploaded before, from the attempt's runner."""
    afterwards.add_task(clear_leftovers, context.database, context.blobs)
    return await checkpoints.store(
        session, attempt_id=caller.attempt_id, job_id=job_id, report=report, policy=context.settings.policy
    )


@router.post("/{job_id}/checkpoints/{checkpoint_id}/resumed")
async def resumed(
    job_id: JobId, checkpoint_id: UUID, session: Session, caller: Attempt, context: Context
) -> ResumedAnswer:
    """The attempt, which is about to begin, has this checkpoint's files in place."""
    return await checkpoints.resume(
        session,
        attempt_id=caller.attempt_id,
        job_id=job_id,
        checkpoint_id=checkpoint_id,
        policy=context.settings.policy,
    )


@router.get("/{job_id}/checkpoints")
async def of_job(job_id: JobId, session: Session, caller: ReadUser, whole: Listed) -> list[Checkpoint]:
    """The job's checkpoints, the newest first. Three are kept, until a day after its end, and all that are pinned."""
    return whole.of(await checkpoints.of_job(session, caller=caller, job_id=job_id))


@router.put("/{job_id}/checkpoints/{checkpoint_id}/pin")
async def pin(job_id: JobId, checkpoint_id: UUID, session: Session, caller: JobsUser) -> Checkpoint:
    """Keep a checkpoint until told otherwise, whatever comes after it and after the job's end."""
    return await checkpoints.pin(session, caller=caller, job_id=job_id, checkpoint_id=checkpoint_id, is_pinned=True)


@router.delete("/{job_id}/checkpoints/{checkpoint_id}/pin")
async def unpin(job_id: JobId, checkpoint_id: UUID, session: Session, caller: JobsUser) -> Checkpoint:
    """Keep a checkpoint no longer than others are kept."""
    return await checkpoints.pin(session, caller=caller, job_id=job_id, checkpoint_id=checkpoint_id, is_pinned=False)


@router.post("/{job_id}/clone", status_code=status.HTTP_201_CREATED)
async def clone(  # noqa: PLR0917 - what FastAPI hands in
    job_id: JobId,
    request: JobClone,
    session: Session,
    caller: JobsUser,
    context: Context,
    idempotency_key: IdempotencyKey = None,
) -> JobCreated:
    """A new job like this one, with a hold of its own, whose checkpoint folder begins with what this one saved."""
    return await clones.clone_job(
        session,
        caller=caller,
        job_id=job_id,
        request=request,
        idempotency_key=idempotency_key,
        policy=context.settings.policy,
    )


@router.post("/{job_id}/snapshot")
async def request_snapshot(job_id: JobId, session: Session, caller: JobsUser) -> CheckpointRequested:
    """Have the job's runner take a snapshot of its workspace within seconds: the work and the checkpoint folder."""
    return await checkpoints.request_snapshot(session, caller=caller, job_id=job_id)


@router.get("/{job_id}/snapshot")
async def snapshot(job_id: JobId, session: Session, caller: ReadUser) -> SnapshotOutcome:
    """What became of the last snapshot that was asked for: it is to come, it is stored, or why there is none."""
    return await snapshots.of_job(session, caller=caller, job_id=job_id)


@router.post("/{job_id}/snapshot/failed")
async def snapshot_failed(
    job_id: JobId, failure: SnapshotFailure, session: Session, caller: Attempt, context: Context
) -> ReportAnswer:
    """There is no snapshot, from the attempt's runner, which is not asked for it again."""
    return await snapshots.fail(
        session, attempt_id=caller.attempt_id, job_id=job_id, failure=failure, policy=context.settings.policy
    )


@router.post("/{job_id}/checkpoints/request")
async def request(job_id: JobId, session: Session, caller: JobsUser) -> CheckpointRequested:
    """Have the job's runner take a checkpoint within seconds."""
    return await checkpoints.request(session, caller=caller, job_id=job_id)
