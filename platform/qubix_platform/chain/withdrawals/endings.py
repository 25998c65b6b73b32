"""What a withdrawal does when its transaction ended."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import EventType, TransactionType
from qubix_platform.chain.transactions.model import Recorded
from qubix_platform.chain.withdrawals import repository
from qubix_platform.events import service as events
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.model import Account, Leg, LegCause, Posting


class WithdrawalEnding:
    """Confirmed, it is out; failed, it is back in the wallet."""

    async def on_confirmed(self, session: AsyncSession, transaction: Recorded) -> None:
        """The posting and the event of the transaction say it all."""

    async def on_failed(self, session: AsyncSession, transaction: Recorded) -> None:
        """Give it back, with the reason."""
        assert transaction.user_id is not None, "a withdrawal is somebody's"
        assert transaction.error is not None, "what failed says why"
        withdrawal_id = UUID(transaction.ref)
        await repository.resolve(session, withdrawal_id, resolution=transaction.error)
        legs = (
            Leg(Account.withdrawal(withdrawal_id), -transaction.amount, LegCause.CORRECTION),
            Leg(Account.wallet(transaction.user_id), transaction.amount, LegCause.CORRECTION),
        )
        key = f"withdrawal-returned:{transaction.id}"
        await ledger.post(session, Posting(key, TransactionType.CORRECTION, transaction.ref, legs))
        await events.record(
            session,
            type=EventType.BALANCE_CHANGED,
            topics=[f"user:{transaction.user_id}"],
            data={"change": transaction.amount, "reason": "a withdrawal came back"},
        )
