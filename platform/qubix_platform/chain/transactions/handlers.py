"""Who is told, in the same database transaction, how a transaction ended."""

from collections.abc import Mapping
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.chain.escrows import endings as escrows
from qubix_platform.chain.model import Purpose
from qubix_platform.chain.transactions.model import Recorded
from qubix_platform.chain.withdrawals import endings as withdrawals


class Handler(Protocol):
    """What a purpose does when its transaction ended."""

    async def on_confirmed(self, session: AsyncSession, transaction: Recorded) -> None:
        """It was executed, and the books say so."""

    async def on_failed(self, session: AsyncSession, transaction: Recorded) -> None:
        """It will never be executed and nothing moved; `transaction.error` says why."""


HANDLERS: Final[Mapping[Purpose, Handler]] = {
    Purpose.WITHDRAWAL: withdrawals.WithdrawalEnding(),
    Purpose.PAYOUT: escrows.PayoutEnding(),
    Purpose.RETURN: escrows.ReturnEnding(),
}
"""Sweeps and anchors have none: who orders them looks again by himself."""
