"""What a final payment to an escrow's address means for it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import TransactionType
from qubix_platform.chain.escrows import repository
from qubix_platform.chain.escrows.returns import send_back
from qubix_platform.chain.escrows.service import LOCK_LASTS
from qubix_platform.chain.escrows.settlement import judge
from qubix_platform.chain.escrows.states import EscrowStatus
from qubix_platform.chain.escrows.transition import EscrowChange, announce, transition
from qubix_platform.chain.transactions.model import Recorded
from qubix_platform.chain.transactions.postings import deposit_key
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.model import Account, ChainPlace, Leg, LegCause, Posting


async def paid_in(session: AsyncSession, payment: Recorded) -> None:
    """A payment to an escrow's address is final: count it, or send it back. None of it is lost."""
    escrow = await repository.lock(session, UUID(payment.ref))
    assert escrow is not None, "the address is this escrow's"
    assert escrow.payer is not None, "one that is paid by transfer has a payer"
    judged = judge(
        status=escrow.status,
        missing=escrow.missing,
        payer=escrow.payer,
        source=payment.source,
        amount=payment.amount,
    )
    legs = [Leg(Account.chain(ChainPlace.ESCROWS), -payment.amount, LegCause.DEPOSIT)]
    if judged.kept:
        legs.append(Leg(Account.escrow(escrow.id), judged.kept, LegCause.ESCROW_LOCK))
    if judged.returned:
        legs.append(Leg(Account.payout(escrow.id), judged.returned, LegCause.PAYOUT))
    posting = Posting(deposit_key(payment), TransactionType.ESCROW_LOCK, str(escrow.id), tuple(legs))
    await ledger.post(session, posting)
    if judged.kept:
        escrow = await repository.pay(session, escrow.id, judged.kept)
        if escrow.missing == 0:
            change = EscrowChange(expected=EscrowStatus.AWAITING, to=EscrowStatus.LOCKED, lasts=LOCK_LASTS)
            await transition(session, escrow_id=escrow.id, change=change)
        else:
            await announce(session, escrow)
    if judged.returned:
        await send_back(session, escrow, to=payment.source, amount=judged.returned)
