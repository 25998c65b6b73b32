"""What takes several calls about checkpoints; see `qubix.flows`."""

import time
from uuid import UUID

from qubix import checkpoint_endpoints, endpoints
from qubix.calls import Page, Pause
from qubix.durations import spoken
from qubix.errors import Conflict, WaitTimedOut
from qubix.flows import Flow, Pace
from qubix.schemas.checkpoints import Checkpoint, SnapshotOutcome
from qubix.schemas.states import SnapshotStatus


def snapshot(job_id: UUID, *, timeout: float, pace: Pace) -> Flow[Checkpoint]:
    """Have a snapshot of the workspace taken, and wait until it is stored.

    Raises:
        Conflict: the job does not run, or no snapshot can be taken of it.
        WaitTimedOut: `timeout` seconds went by before that.
    """
    asked = f"Taking a snapshot of job {job_id}"
    yield checkpoint_endpoints.request_snapshot(job_id)
    deadline = time.monotonic() + timeout
    while True:
        found: SnapshotOutcome = yield checkpoint_endpoints.snapshot(job_id)
        if found.snapshot is not None:
            return found.snapshot
        if found.status is SnapshotStatus.FAILED:
            raise Conflict(
                asked=asked,
                obstacle=found.why or "the machine took none",
                remedy="Have the job keep less, or ask again; see `qubix checkpoints JOB` for what it stored before.",
            )
        yield _pause(asked, deadline=deadline, timeout=timeout, remedy="Ask again, and wait for longer.", pace=pace)


def take(job_id: UUID, *, timeout: float, pace: Pace, is_pinned: bool) -> Flow[Checkpoint]:
    """Have a checkpoint taken, wait until it is stored, and keep it until told otherwise if that is wanted.

    Raises:
        Conflict: the job does not run, or ended before that.
        WaitTimedOut: `timeout` seconds went by before that.
    """
    asked = f"Taking a checkpoint of job {job_id}"
    before = {each.id for each in (yield checkpoint_endpoints.checkpoints(job_id))}
    yield checkpoint_endpoints.request_checkpoint(job_id)
    deadline = time.monotonic() + timeout
    while True:
        job = yield endpoints.job(job_id)
        stored: Page[Checkpoint] = yield checkpoint_endpoints.checkpoints(job_id)
        for found in stored:
            if found.id not in before and not found.is_snapshot:
                if not is_pinned:
                    return found
                pinned: Checkpoint = yield checkpoint_endpoints.pin(job_id, found.id, is_pinned=True)
                return pinned
        if job.status.is_final:
            raise Conflict(
                asked=asked,
                obstacle=f"it is {job.status} meanwhile, and stored none",
                remedy="See `qubix checkpoints JOB` for what it stored before.",
            )
        remedy = "Only what the job keeps in $QUBIX_CHECKPOINT is stored: its log says why nothing was."
        yield _pause(asked, deadline=deadline, timeout=timeout, remedy=remedy, pace=pace)


def _pause(asked: str, *, deadline: float, timeout: float, remedy: str, pace: Pace) -> Pause:
    left = deadline - time.monotonic()
    if left <= 0:
        raise WaitTimedOut(asked=asked, obstacle=f"none was stored within {spoken(round(timeout))}", remedy=remedy)
    return pace.pause(at_most=left)
