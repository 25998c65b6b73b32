"""Holding, dividing and returning a job's money. Each is one posting, keyed by the job, so that it happens once."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import TransactionType
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.model import Account, Leg, LegCause, Posting
from qubix_platform.pricing.rates import Split, split


@dataclass(frozen=True)
class Settlement:
    """Who gets what of a job's hold. Without a provider everything goes back."""

    job_id: UUID
    consumer_id: UUID
    provider_user_id: UUID | None
    held: int
    charged: int
    fee_basis_points: int


async def hold(session: AsyncSession, *, job_id: UUID, consumer_id: UUID, amount: int) -> None:
    """Move `amount` QU from the consumer's wallet into the job's escrow; nothing for a job that costs nothing.

    Raises:
        BalanceTooLow: the wallet does not cover it.
    """
    if amount == 0:
        return
    legs = (
        Leg(Account.wallet(consumer_id), -amount, LegCause.ESCROW_LOCK),
        Leg(Account.escrow(job_id), amount, LegCause.ESCROW_LOCK),
    )
    await ledger.post(session, Posting(f"hold:{job_id}", TransactionType.ESCROW_LOCK, str(job_id), legs))


async def settle(session: AsyncSession, settlement: Settlement) -> Split:
    """Empty a job's escrow: the charge to the provider less the platform's fee, the rest back to the consumer."""
    charged = settlement.charged if settlement.provider_user_id is not None else 0
    parts = split(held=settlement.held, charged=charged, fee_basis_points=settlement.fee_basis_points)
    if settlement.held == 0:
        return parts
    legs = [Leg(Account.escrow(settlement.job_id), -settlement.held, LegCause.ESCROW_RELEASE)]
    if settlement.provider_user_id is not None and parts.provider:
        legs.append(Leg(Account.wallet(settlement.provider_user_id), parts.provider, LegCause.EARNING))
    if parts.fee:
        legs.append(Leg(Account.fees(), parts.fee, LegCause.FEE))
    if parts.refund:
        legs.append(Leg(Account.wallet(settlement.consumer_id), parts.refund, LegCause.REFUND))
    ref = str(settlement.job_id)
    await ledger.post(session, Posting(f"settle:{ref}", TransactionType.ESCROW_RELEASE, ref, tuple(legs)))
    return parts
