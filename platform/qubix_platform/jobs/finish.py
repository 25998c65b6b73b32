"""The end of a job: final state, settlement and event in one transaction."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.escrow import service as escrow
from qubix_platform.escrow.service import Settlement
from qubix_platform.jobs.states import JobChange
from qubix_platform.jobs.transition import transition
from qubix_platform.pricing.rates import Split


async def finish(
    session: AsyncSession,
    *,
    job_id: UUID,
    consumer_id: UUID,
    held: int,
    change: JobChange,
    charged: int,
    provider_user_id: UUID | None,
    fee_basis_points: int,
) -> Split | None:
    """Move a job to a final state and settle its escrow.

    Args:
        session: the caller's transaction, which holds the job's lock.
        job_id: the job.
        consumer_id: who pays for it.
        held: QU in its escrow.
        change: the transition.
        charged: QU for the seconds that were used.
        provider_user_id: who earned it; None where nobody did.
        fee_basis_points: the platform's part.

    Returns:
        How the hold was divided; None where the job was final already and nothing changed.
    """
    taken = min(charged, held)
    if await transition(session, job_id=job_id, change=replace(change, actual_cost=taken)) is None:
        return None
    return await escrow.settle(
        session,
        Settlement(
            job_id=job_id,
            consumer_id=consumer_id,
            provider_user_id=provider_user_id,
            held=held,
            charged=taken,
            fee_basis_points=fee_basis_points,
        ),
    )
