"""Carrying a job's final settlement out on the chain."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import TransactionType
from qubix_platform.chain.addresses import repository as addresses
from qubix_platform.chain.addresses.service import internal
from qubix_platform.chain.escrows import repository
from qubix_platform.chain.escrows.settlement import Release, plan
from qubix_platform.chain.escrows.states import EscrowSource, EscrowStatus
from qubix_platform.chain.escrows.transition import EscrowChange, transition
from qubix_platform.chain.model import AddressPurpose, Order, Purpose
from qubix_platform.chain.transactions import orders
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.announcing import announce, wallet_changes
from qubix_platform.ledger.model import Account, Leg, LegCause, Posting
from qubix_platform.users import repository as users


async def settled(
    session: AsyncSession, *, escrow_id: UUID, provider_user_id: UUID | None, provider_amount: int, refund: int
) -> None:
    """Carry a job's final settlement out on the chain, where its escrow was paid there; right after its posting.

    What the settlement credited to the wallets moves on to the payout. A second call changes nothing.

    Args:
        session: the transaction of the settlement.
        escrow_id: the job's.
        provider_user_id: who earned it; None where nobody did.
        provider_amount: QU that the settlement credited to them.
        refund: QU that it credited to the consumer.
    """
    escrow = await repository.lock(session, escrow_id)
    if escrow is None or escrow.status is not EscrowStatus.USED:
        return
    if escrow.source is EscrowSource.BALANCE:
        change = EscrowChange(expected=EscrowStatus.USED, to=EscrowStatus.RELEASED)
        await transition(session, escrow_id=escrow_id, change=change)
        return
    assert escrow.address_id is not None, "one that is paid by transfer has an address"
    assert escrow.payer is not None, "one that is paid by transfer has a payer"
    hot = await internal(session, AddressPurpose.HOT)
    provider = await users.address_of(session, provider_user_id) if provider_user_id is not None else None
    paid = plan(
        Release(
            amount=escrow.amount,
            provider=provider,
            provider_amount=provider_amount,
            payer=escrow.payer,
            refund=refund,
            hot=hot.identity,
        )
    )
    change = EscrowChange(
        expected=EscrowStatus.USED,
        to=EscrowStatus.RELEASING,
        provider_user_id=provider_user_id,
        provider_amount=paid.provider_amount,
        refund_amount=paid.refund,
    )
    await transition(session, escrow_id=escrow_id, change=change)
    parts = [(provider_user_id, paid.provider_amount), (escrow.user_id, paid.refund)]
    legs = [Leg(Account.wallet(user), -amount, LegCause.PAYOUT) for user, amount in parts if user and amount]
    if legs:
        owed = paid.provider_amount + paid.refund
        legs.append(Leg(Account.payout(escrow_id), owed, LegCause.PAYOUT))
        posting = Posting(f"payout:{escrow_id}", TransactionType.ESCROW_RELEASE, str(escrow_id), tuple(legs))
        await ledger.post(session, posting)
        await announce(session, wallet_changes([posting]), reason="a settlement is paid out on the chain")
    source = await addresses.get(session, escrow.address_id)
    for outlays in paid.transactions:
        order = Order(
            purpose=Purpose.PAYOUT, ref=str(escrow_id), user_id=escrow.user_id, source=source, outlays=outlays
        )
        await orders.place(session, order)
