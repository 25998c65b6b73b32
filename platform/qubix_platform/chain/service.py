"""What others ask of the chain's part of the books."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.chain.errors import ChainSilent
from qubix_platform.chain.transactions import repository
from qubix_platform.chain.watching import repository as watching
from qubix_platform.chain.withdrawals import repository as withdrawals


@dataclass(frozen=True)
class Pending:
    """QU of a user between the books and the chain: deposits that are not credited yet, withdrawals on the way."""

    deposits: int
    withdrawals: int


async def pending_of(session: AsyncSession, user_id: UUID) -> Pending:
    """What is on its way in or out for a user."""
    return Pending(
        deposits=await repository.pending_deposits(session, user_id),
        withdrawals=await withdrawals.on_the_way(session, user_id),
    )


async def stopped(session: AsyncSession) -> str | None:
    """Why nothing is sent to the chain at present, for those who wait for it; None where payments go their way."""
    halt = await watching.halted(session)
    if halt is None:
        return None
    return (
        f"payments to the chain are stopped since {halt.raised_at:%Y-%m-%d %H:%M} UTC: chain and books did not agree; "
        "an operator of the platform looks into it and lets them go on, and nothing is lost meanwhile"
    )


async def network_tick(session: AsyncSession) -> int:
    """The tick that the chain is at, as it was heard within the last minute.

    Raises:
        ChainSilent: it was not heard.
    """
    cursor = await watching.cursor(session)
    if cursor is None or not cursor.is_fresh:
        raise ChainSilent(
            asked="Aiming at a tick of the Qubic chain",
            obstacle="the chain was never heard" if cursor is None else f"it was not heard since {cursor.heard_at}",
            remedy="Try again in a minute; `qubix status` shows how the chain is.",
        )
    return cursor.network_tick
