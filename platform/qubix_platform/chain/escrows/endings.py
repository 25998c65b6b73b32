"""What an escrow does when a payment out of it ended."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import TransactionType
from qubix_platform.chain.addresses import repository as addresses
from qubix_platform.chain.escrows import repository
from qubix_platform.chain.escrows.model import Escrow
from qubix_platform.chain.escrows.states import EscrowStatus
from qubix_platform.chain.escrows.transition import EscrowChange, transition
from qubix_platform.chain.transactions.model import Recorded
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.model import Account, Leg, LegCause, Posting

_END_OF = {EscrowStatus.RELEASING: EscrowStatus.RELEASED, EscrowStatus.REFUNDING: EscrowStatus.REFUNDED}


class PayoutEnding:
    """The release of an escrow: provider, refund and fee."""

    async def on_confirmed(self, session: AsyncSession, transaction: Recorded) -> None:
        """When the last payment arrived, the escrow is closed."""
        await _close(session, UUID(transaction.ref))

    async def on_failed(self, session: AsyncSession, transaction: Recorded) -> None:
        """Whoever was to be paid on the chain has it in the books instead."""
        escrow = await _locked(session, transaction)
        kept = {address.identity for address in (await addresses.internal(session)).values()}
        owed = sum(outlay.amount for outlay in transaction.outlays if outlay.destination not in kept)
        refunded = sum(
            min(outlay.amount, escrow.refund_amount)
            for outlay in transaction.outlays
            if outlay.destination == escrow.payer
        )
        await _credit(session, escrow, transaction, consumer=refunded, provider=owed - refunded)
        await _close(session, escrow.id)


class ReturnEnding:
    """A refund, or a payment that came too late, twice, or from another address, on its way back."""

    async def on_confirmed(self, session: AsyncSession, transaction: Recorded) -> None:
        """When the last payment arrived, the escrow is closed."""
        await _close(session, UUID(transaction.ref))

    async def on_failed(self, session: AsyncSession, transaction: Recorded) -> None:
        """The consumer has it in the books instead."""
        escrow = await _locked(session, transaction)
        await _credit(session, escrow, transaction, consumer=transaction.amount, provider=0)
        await _close(session, escrow.id)


async def _locked(session: AsyncSession, transaction: Recorded) -> Escrow:
    escrow = await repository.lock(session, UUID(transaction.ref))
    assert escrow is not None, "a payout names its escrow"
    return escrow


async def _close(session: AsyncSession, escrow_id: UUID) -> None:
    escrow = await repository.lock(session, escrow_id)
    assert escrow is not None, "a payout names its escrow"
    end = _END_OF.get(escrow.status)
    if end is not None and await repository.open_payments(session, escrow_id) == 0:
        await transition(session, escrow_id=escrow_id, change=EscrowChange(expected=escrow.status, to=end))


async def _credit(
    session: AsyncSession, escrow: Escrow, transaction: Recorded, *, consumer: int, provider: int
) -> None:
    legs = [Leg(Account.payout(escrow.id), -(consumer + provider), LegCause.CORRECTION)]
    if consumer:
        legs.append(Leg(Account.wallet(escrow.user_id), consumer, LegCause.CORRECTION))
    if provider:
        assert escrow.provider_user_id is not None, "only a provider's part is left"
        legs.append(Leg(Account.wallet(escrow.provider_user_id), provider, LegCause.CORRECTION))
    if consumer + provider:
        posting = Posting(f"unpaid:{transaction.id}", TransactionType.CORRECTION, str(escrow.id), tuple(legs))
        await ledger.post(session, posting)
