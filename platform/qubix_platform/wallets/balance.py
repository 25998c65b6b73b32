"""What a wallet's holder has."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.wallets import WalletBalance
from qubix_platform.auth.callers import UserCaller
from qubix_platform.chain.service import stopped
from qubix_platform.ledger import repository as ledger
from qubix_platform.pricing.rates import charge, split
from qubix_platform.wallets import repository
from qubix_platform.wallets.errors import OtherWallet
from qubix_platform.wallets.repository import OnTheWay, Running

_NOTHING = OnTheWay(deposits=0, withdrawals=0, wages=0)


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """What the books know of a wallet's holder, QU, and why nothing is sent to the chain, where that is so."""

    address: str
    available: int
    held: int
    earning: int
    on_the_way: OnTheWay
    payments_stopped: str | None = None

    def shown(self, *, on_chain: int | None, tick: int | None, reason: str | None) -> WalletBalance:
        """The holdings with what the chain says: an amount as of a tick, or the reason why there is none."""
        return WalletBalance(
            qubic_address=self.address,
            on_chain=on_chain,
            on_chain_tick=tick,
            on_chain_reason=reason,
            available=self.available,
            held=self.held,
            pending_earnings=self.earning + self.on_the_way.wages,
            pending_deposits=self.on_the_way.deposits,
            pending_withdrawals=self.on_the_way.withdrawals,
            payments_stopped=self.payments_stopped,
        )


async def holdings(session: AsyncSession, *, caller: UserCaller, address: str, fee_basis_points: int) -> Holdings:
    """What the books know of a wallet's holder; of one that nobody signed in with, nothing.

    Raises:
        OtherWallet: it is not the caller's, and they do not operate the platform.
    """
    holder = await repository.find_holder(session, address)
    if holder != caller.user_id and not caller.is_operator:
        raise OtherWallet(
            asked=f"Looking at the balance of {address}",
            obstacle="that wallet is not the one of your account",
            remedy="Sign in with it, or join it to your account: POST /api/wallet/connect.",
        )
    if holder is None:
        return Holdings(address=address, available=0, held=0, earning=0, on_the_way=_NOTHING)
    available, held = await ledger.balances_of(session, holder)
    running = await repository.running(session, holder)
    return Holdings(
        address=address,
        available=available,
        held=held,
        earning=being_earned(running, fee_basis_points=fee_basis_points),
        on_the_way=await repository.on_the_way(session, user_id=holder, address=address),
        payments_stopped=await stopped(session),
    )


def being_earned(attempts: Iterable[Running], *, fee_basis_points: int) -> int:
    """What attempts that run have used and were not paid for good, less the platform's fee, QU."""
    earned = 0
    for attempt in attempts:
        used = max(attempt.paid, charge(price_per_hour=attempt.price_per_hour, seconds=attempt.seconds))
        unpaid = used - attempt.paid
        earned += split(
            held=unpaid, charged=unpaid, charged_before=attempt.paid, fee_basis_points=fee_basis_points
        ).provider
    return earned
