"""Moving the platform's own money."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.chain.addresses import repository as addresses
from qubix_platform.chain.escrows import repository as escrows
from qubix_platform.chain.model import AddressPurpose, Purpose
from qubix_platform.chain.sweeps.decide import Holdings, sweeps
from qubix_platform.chain.transactions import orders, repository

_AT_ONCE: Final = 100


async def order_sweeps(session: AsyncSession, *, limit: int) -> int:
    """Order every transfer that is due.

    Args:
        session: the caller's transaction.
        limit: QU that the hot wallet shall hold at most.

    Returns:
        How many were ordered.
    """
    internal = await addresses.internal(session)
    hot, treasury = internal[AddressPurpose.HOT], internal[AddressPurpose.TREASURY]
    committed = await repository.committed(session)
    busy = {address_id for address_id, _ in committed}
    idle = [
        address
        for address in await addresses.filled(session, purpose=AddressPurpose.DEPOSIT, limit=_AT_ONCE)
        if address.id not in busy
    ]
    idle += [await addresses.get(session, one) for one in await escrows.sweepable(session, limit=_AT_ONCE)]
    due = sweeps(
        Holdings(
            idle=idle,
            hot=hot,
            hot_committed=sum(amount for (address_id, _), amount in committed.items() if address_id == hot.id),
            coming=sum(
                amount for (_, purpose), amount in committed.items() if purpose in (Purpose.SWEEP, Purpose.REFILL)
            ),
            treasury=treasury,
            is_adjusting=any(purpose in (Purpose.TREASURY, Purpose.REFILL) for _, purpose in committed),
            limit=limit,
        )
    )
    for order in due:
        await orders.place(session, order)
    return len(due)
