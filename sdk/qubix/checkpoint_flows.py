"""What takes several calls about checkpoints; see `qubix.flows`."""

import time
from uuid import UUID

from qubix import checkpoint_endpoints, endpoints
from qubix.calls import Page
from qubix.durations import spoken
from qubix.errors import Conflict, WaitTimedOut
from qubix.flows import Flow, Pace
from qubix.schemas.checkpoints import Checkpoint


def snapshot(job_id: UUID, *, timeout: float, pace: Pace) -> Flow[Checkpoint]:
    """Have a snapshot of the workspace taken, and wait until it is stored.

    Raises:
        Conflict: the job does not run, or ended before that.
        WaitTimedOut: `timeout` seconds went by before that.
    """
    return take(job_id, timeout=timeout, pace=pace, is_pinned=False, is_snapshot=True)


def take(job_id: UUID, *, timeout: float, pace: Pace, is_pinned: bool, is_snapshot: bool = False) -> Flow[Checkpoint]:
    """Have a checkpoint taken, wait until it is stored, and keep it until told otherwise if that is wanted.

    Raises:
        Conflict: the job does not run, or ended before that.
        WaitTimedOut: `timeout` seconds went by before that.
    """
    before = {each.id for each in (yield checkpoint_endpoints.checkpoints(job_id))}
    what = "snapshot" if is_snapshot else "checkpoint"
    yield (checkpoint_endpoints.request_snapshot if is_snapshot else checkpoint_endpoints.request_checkpoint)(job_id)
    deadline = time.monotonic() + timeout
    while True:
        job = yield endpoints.job(job_id)
        stored: Page[Checkpoint] = yield checkpoint_endpoints.checkpoints(job_id)
        for found in stored:
            if found.id not in before and found.is_snapshot == is_snapshot:
                if not is_pinned:
                    return found
                pinned: Checkpoint = yield checkpoint_endpoints.pin(job_id, found.id, is_pinned=True)
                return pinned
        if job.status.is_final:
            raise Conflict(
                asked=f"Taking a {what} of job {job_id}",
                obstacle=f"it is {job.status} meanwhile, and stored none",
                remedy="See `qubix checkpoints JOB` for what it stored before.",
            )
        left = deadline - time.monotonic()
        if left <= 0:
            raise WaitTimedOut(
                asked=f"Taking a {what} of job {job_id}",
                obstacle=f"none was stored within {spoken(round(timeout))}",
                remedy="The job's log says why nothing was."
                if is_snapshot
                else "Only what the job keeps in $QUBIX_CHECKPOINT is stored: its log says why nothing was.",
            )
        yield pace.pause(at_most=left)
