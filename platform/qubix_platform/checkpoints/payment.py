"""Whether somebody was paid for what a checkpoint holds."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import Cause, JobStatus
from qubix_platform.attempts.history import unpaid_seconds
from qubix_platform.checkpoints import repository
from qubix_platform.checkpoints.errors import CheckpointUnpaid


async def refuse_unpaid(session: AsyncSession, checkpoint_id: UUID) -> None:
    """See to it that no new job begins with work that was lost to those who did it, and paid to nobody.

    Within its own job that work is paid for by the attempt that goes on from it; a new job has another escrow.

    Raises:
        CheckpointUnpaid: those who saved it were lost, and no later attempt of theirs has gone on from there.
    """
    workers = await repository.saved_by(session, checkpoint_id)
    unpaid = sum(_unpaid(worker) for worker in workers)
    if not unpaid:
        return
    others = "begin with another checkpoint (`qubix checkpoints JOB`), or from the start (`--from-start`)"
    remedy = f"{others[0].upper()}{others[1:]}."
    if not JobStatus(workers[0].job_status).is_final and not workers[0].is_snapshot:
        remedy = f"Wait until job {workers[0].job_id} has gone on from there, which pays for them; or {others}."
    raise CheckpointUnpaid(
        asked=f"Creating a job that goes on from checkpoint {checkpoint_id}",
        obstacle=f"the machine that saved it was lost, and {unpaid} s of work in it were paid to nobody",
        remedy=remedy,
        details={"unpaidSeconds": unpaid},
    )


def _unpaid(worker: Row[Any]) -> int:
    by_consumer = worker.stop_cause != Cause.OUT_OF_FUNDS
    return unpaid_seconds(
        worker,
        saved_at=worker.taken_at,
        cancel_requested_at=worker.cancel_requested_at if by_consumer else None,
    )
