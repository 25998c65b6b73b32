"""Submitting a job again, from what it saved."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.checkpoints import JobClone
from qubix.schemas.jobs import JobCreate, JobCreated
from qubix_platform.auth.callers import UserCaller
from qubix_platform.checkpoints import repository as checkpoints
from qubix_platform.jobs import repository
from qubix_platform.jobs.creation import create_job
from qubix_platform.jobs.errors import JobNotFound
from qubix_platform.pricing.policy import MarketPolicy

_NOT_COPIED: Final = frozenset({"escrow_id", "after", "after_any", "from_checkpoint", "qubic_address"})
"""What belonged to the one job alone."""


async def clone_job(
    session: AsyncSession,
    *,
    caller: UserCaller,
    job_id: UUID,
    request: JobClone,
    idempotency_key: str | None = None,
    policy: MarketPolicy,
) -> JobCreated:
    """A new job like one of the caller's, with a hold of its own, whose checkpoint folder begins with saved files.

    Raises:
        JobNotFound: the caller has no such job.
        CheckpointNotYours: they have no such checkpoint, or it is no longer kept.
        CheckpointUnpaid: it holds work of a machine that was lost, for which nobody was paid.
        Others as of `creation.create_job`.
    """
    row = await repository.get(session, job_id=job_id, user_id=caller.user_id)
    if row is None:
        raise JobNotFound.of(job_id, asked="Cloning a job")
    chosen = request.checkpoint_id
    if chosen is None and not request.from_start:
        kept = [one for one in await checkpoints.of_job(session, job_id) if not one.is_snapshot]
        chosen = kept[0].id if kept else None
    changes = request.model_dump(exclude={"checkpoint_id", "from_start"}, exclude_none=True)
    again = JobCreate.model_validate(_asked_for(row) | changes | {"from_checkpoint": chosen})
    return await create_job(session, caller=caller, request=again, idempotency_key=idempotency_key, policy=policy)


def _asked_for(row: Row[Any]) -> dict[str, Any]:
    """The request that made a job, as far as it is not about that one job alone."""
    stored = row.spec | dict(row._mapping)
    return {name: stored[name] for name in JobCreate.model_fields if name in stored and name not in _NOT_COPIED}
