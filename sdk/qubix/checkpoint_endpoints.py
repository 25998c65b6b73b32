"""The endpoints of checkpoints, as calls. No I/O."""

from uuid import UUID

from qubix.calls import Call, Page, body_of, one, several
from qubix.schemas.checkpoints import Checkpoint, CheckpointRequested, JobClone
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


def clone(job_id: UUID, request: JobClone, *, idempotency_key: str) -> Call[JobCreated]:
    """Submit a job again, from what it saved. The same key with the same request gives the same job."""
    return Call(
        asked=f"Cloning job {job_id}",
        method="POST",
        path=f"/api/jobs/{job_id}/clone",
        parse=one(JobCreated),
        **body_of(request, {"Idempotency-Key": idempotency_key}),
    )
