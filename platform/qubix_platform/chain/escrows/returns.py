"""Giving escrows, and payments that no escrow awaits, back to where they came from."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import TransactionType
from qubix_platform.chain.addresses import repository as addresses
from qubix_platform.chain.escrows import repository
from qubix_platform.chain.escrows.model import Escrow
from qubix_platform.chain.escrows.states import EscrowSource, EscrowStatus
from qubix_platform.chain.escrows.transition import EscrowChange, transition
from qubix_platform.chain.model import Order, Outlay, Purpose
from qubix_platform.chain.transactions import orders
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.model import Account, Leg, LegCause, Posting


async def give_back(session: AsyncSession, escrow: Escrow) -> Escrow:
    """Refund an escrow that is AWAITING or LOCKED: to the wallet in the books, or on the chain to who paid."""
    expected = escrow.status
    if escrow.source is EscrowSource.BALANCE or escrow.paid == 0:
        change = EscrowChange(expected=expected, to=EscrowStatus.REFUNDED)
        target, cause = Account.wallet(escrow.user_id), LegCause.REFUND
    else:
        change = EscrowChange(expected=expected, to=EscrowStatus.REFUNDING)
        target, cause = Account.payout(escrow.id), LegCause.PAYOUT
    changed = await transition(session, escrow_id=escrow.id, change=change)
    assert changed is not None, "the caller holds its lock"
    if escrow.paid:
        legs = (Leg(Account.escrow(escrow.id), -escrow.paid, LegCause.REFUND), Leg(target, escrow.paid, cause))
        posting = Posting(f"unlock:{escrow.id}", TransactionType.REFUND, str(escrow.id), legs)
        await ledger.post(session, posting)
    if changed.status is EscrowStatus.REFUNDING:
        assert escrow.payer is not None, "one that is paid by transfer has a payer"
        await send_back(session, escrow, to=escrow.payer, amount=escrow.paid)
    return changed


async def expire(session: AsyncSession, escrow_id: UUID) -> None:
    """Refund an escrow that waited too long, unless it waits no more."""
    escrow = await repository.lock(session, escrow_id)
    if escrow is not None and escrow.status in (EscrowStatus.AWAITING, EscrowStatus.LOCKED):
        await give_back(session, escrow)


async def send_back(session: AsyncSession, escrow: Escrow, *, to: str, amount: int) -> None:
    """Order a payment from the escrow's address back to who paid."""
    assert escrow.address_id is not None, "one that is paid by transfer has an address"
    order = Order(
        purpose=Purpose.RETURN,
        ref=str(escrow.id),
        user_id=escrow.user_id,
        source=await addresses.get(session, escrow.address_id),
        outlays=(Outlay(to, amount),),
    )
    await orders.place(session, order)
