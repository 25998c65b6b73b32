"""The endpoints of checkpoints, as calls. No I/O."""

from uuid import UUID

from qubix.calls import Call, Page, body_of, one, several
from qubix.schemas.checkpoints import Checkpoint, CheckpointRequested, JobClone, SnapshotOutcome
from qubix.schemas.jobs import JobCreated


def checkpoints(job_id: UUID) -> Call[Page[Checkpoint]]:
    """What the job's next attempt would go on from."""
    return Call(
        asked=f"Listing the checkpoints of job {job_id}",
        method="GET",
        path=f"/api/jobs/{job_id}/checkpoints",
        parse=several(Checkpoint),
    )


def request_checkpoint(job_id: UUID) -> Call[CheckpointRequested]:
    """Have the job's runner take one."""
    return Call(
        asked=f"Taking a checkpoint of job {job_id}",
        method="POST",
        path=f"/api/jobs/{job_id}/checkpoints/request",
        parse=one(CheckpointRequested),
        repeatable=True,
    )


def request_snapshot(job_id: UUID) -> Call[CheckpointRequested]:
    """Have the job's runner take a snapshot of its workspace."""
    return Call(
        asked=f"Taking a snapshot of job {job_id}",
        method="POST",
        path=f"/api/jobs/{job_id}/snapshot",
        parse=one(CheckpointRequested),
        repeatable=True,
    )


def snapshot(job_id: UUID) -> Call[SnapshotOutcome]:
    """What became of the last one that was asked for."""
    return Call(
        asked=f"Looking up the snapshot of job {job_id}",
        method="GET",
        path=f"/api/jobs/{job_id}/snapshot",
        parse=one(SnapshotOutcome),
    )


def pin(job_id: UUID, checkpoint_id: UUID, *, is_pinned: bool) -> Call[Checkpoint]:
    """Keep a checkpoint until told otherwise, or tell so."""
    return Call(
        asked=f"Keeping checkpoint {checkpoint_id} of job {job_id}" + ("" if is_pinned else " no longer"),
        method="PUT" if is_pinned else "DELETE",
        path=f"/api/jobs/{job_id}/checkpoints/{checkpoint_id}/pin",
        parse=one(Checkpoint),
        repeatable=True,
    )


def clone(job_id: UUID, request: JobClone, *, idempotency_key: str) -> Call[JobCreated]:
    """Submit a job again, from what it saved. The same key with the same request gives the same job."""
    return Call(
        asked=f"Cloning job {job_id}",
        method="POST",
        path=f"/api/jobs/{job_id}/clone",
        parse=one(JobCreated),
        **body_of(request, {"Idempotency-Key": idempotency_key}),
    )
