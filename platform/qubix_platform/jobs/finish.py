"""The end of a job: final state, settlement and event in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.errors import InternalError
from qubix.schemas.states import Cause
from qubix_platform.chain.escrows.releases import settled
from qubix_platform.escrow import service as escrow
from qubix_platform.escrow.service import Bill, Purse
from qubix_platform.jobs import repository, view
from qubix_platform.jobs import transition as transitions
from qubix_platform.jobs.states import FINAL_STATE_OF, JobChange
from qubix_platform.jobs.transition import transition
from qubix_platform.ledger.model import Posting
from qubix_platform.pricing.rates import Split


async def finish(
    session: AsyncSession, purse: Purse, *, change: JobChange, bill: Bill, others: Sequence[Posting] = ()
) -> Split | None:
    """Move a job to a final state and empty its escrow.

    Args:
        session: the caller's transaction, which holds the job's lock.
        purse: the job's escrow.
        change: the transition.
        bill: what is owed for the seconds that were not settled on the way.
        others: the payments for its other attempts that ended in this transaction.

    Returns:
        How what was left in the escrow was divided; None where the job was final already and nothing changed.

    Raises:
        InternalError: the job was final already, though others of its attempts ended in this transaction, whose pay is
            written down: without its postings the transaction must not be committed.
    """
    parts = bill.of(purse.left + bill.pending_before)
    cost = purse.settled - bill.pending_before + parts.provider + parts.fee
    if await transition(session, job_id=purse.job_id, change=replace(change, actual_cost=cost)) is None:
        if others:
            raise InternalError(
                asked=f"Ending job {purse.job_id}",
                obstacle=f"it had ended already, and {len(others)} payments for attempts that end with it are not made",
                remedy="Nothing was changed. Verify the ledger: `qubix admin ledger verify`.",
            )
        return None
    parts = await escrow.settle(session, purse, bill, others=others)
    if purse.escrow_id != purse.job_id:
        await settled(
            session,
            escrow_id=purse.escrow_id,
            provider_user_id=bill.provider_user_id,
            provider_amount=parts.provider,
            refund=parts.refund,
        )
    return parts


async def end_waiting(session: AsyncSession, errors: Mapping[UUID, str | None], *, cause: Cause) -> Sequence[Row[Any]]:
    """End jobs that wait, each with its own `error`, and give back what is held for them.

    Returns:
        The jobs as they are now; those that did not wait any more are left as they were.
    """
    waiting = await repository.lock_waiting(session, list(errors))
    ended = await transitions.end_waiting(
        session, {job_id: errors[job_id] for job_id in waiting}, to=FINAL_STATE_OF[cause], cause=cause
    )
    purses = [view.purse(row) for row in ended]
    await escrow.refund_all(session, purses)
    for purse in purses:
        if purse.escrow_id != purse.job_id:
            await settled(
                session, escrow_id=purse.escrow_id, provider_user_id=None, provider_amount=0, refund=purse.left
            )
    return ended
