"""Attempts that are made ready before they may begin: the workers of a gang, and one that stands by."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.attempts import ReadyAnswer
from qubix.schemas.checkpoints import RestorableCheckpoint
from qubix_platform.attempts import repository, view
from qubix_platform.attempts.fencing import fence, unknown
from qubix_platform.pricing.policy import MarketPolicy


async def report_ready(
    session: AsyncSession, *, attempt_id: UUID, job_id: UUID, policy: MarketPolicy, secret: bytes
) -> ReadyAnswer:
    """An attempt is ready and asks whether it may begin. It asks several times a second, so nothing is locked for it.

    The workers of a gang may when all of them are ready, one that stands by when it has taken over.

    Raises:
        AttemptNotFound: there is no such attempt.
        AttemptFenced: it no longer holds a lease.
        ContradictoryReport: it is not an attempt of this job.
    """
    asked = "Asking whether an attempt may begin"
    row = await repository.readiness(session, attempt_id, renewed_below=policy.lease_seconds * 2 // 3)
    if row is None:
        raise unknown(attempt_id, asked=asked)
    fence(attempt_id, of_job=row.id, on_job=job_id, status=row.attempt_status, asked=asked)
    waiting = row.waiting
    if row.ready_at is None or row.lease_is_old:
        await repository.mark_ready(session, attempt_id, lease_seconds=policy.lease_seconds)
        waiting -= row.ready_at is None
    if row.cancel_requested_at is not None:
        return ReadyAnswer(success=True, cancel=True)
    if row.is_standby or waiting > 0:
        checkpoints = [RestorableCheckpoint.model_validate(one) for one in row.checkpoints]
        return ReadyAnswer(success=True, checkpoints=checkpoints)
    spec = view.spec_of(row, secret=secret, lease_seconds=policy.lease_seconds)
    return ReadyAnswer(success=True, go=True, spec=spec.model_copy(update={"waits": False}))
