"""Which of the platform's own money moves where: deposits to the hot wallet, too much of it to the treasury. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from qubix_platform.chain.model import Address, Order, Outlay, Purpose


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """What the platform's addresses hold, by its books.

    Attributes:
        idle: filled addresses for deposits, and of closed escrows, from which nothing is on its way.
        hot: the hot wallet, and `hot_committed` what is queued or on its way out of it.
        coming: QU on their way to the hot wallet.
        treasury: where the surplus goes.
        is_adjusting: whether something is on its way between hot wallet and treasury already.
        limit: QU that the hot wallet shall hold at most.
    """

    idle: Sequence[Address]
    hot: Address
    hot_committed: int
    coming: int
    treasury: Address
    is_adjusting: bool
    limit: int


def sweeps(holdings: Holdings) -> list[Order]:
    """The transfers to order now. They are free, so each idle address is emptied."""
    orders = [_move(Purpose.SWEEP, address, holdings.hot, address.balance) for address in holdings.idle]
    if holdings.is_adjusting:
        return orders
    free = holdings.hot.balance - holdings.hot_committed
    if free > holdings.limit:
        orders.append(_move(Purpose.TREASURY, holdings.hot, holdings.treasury, free - holdings.limit))
    missing = -(free + holdings.coming + sum(address.balance for address in holdings.idle))
    if missing > 0 and holdings.treasury.is_ours and holdings.treasury.balance:
        orders.append(_move(Purpose.REFILL, holdings.treasury, holdings.hot, min(missing, holdings.treasury.balance)))
    return orders


def _move(purpose: Purpose, source: Address, destination: Address, amount: int) -> Order:
    return Order(
        purpose=purpose,
        ref=destination.purpose.value,
        source=source,
        outlays=(Outlay(destination.identity, amount),),
    )
