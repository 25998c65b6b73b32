"""Queueing an outgoing transaction. The process that has the keys makes it; nobody else does."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.qubic import identity
from qubix.qubic.transaction import MAX_AMOUNT
from qubix_platform.chain.model import Order
from qubix_platform.chain.transactions import repository
from qubix_platform.chain.transactions.transition import announce
from qubix_platform.qubic import send_many


async def place(session: AsyncSession, order: Order) -> UUID:
    """Queue a transaction in the caller's transaction: it will be made if and only if that commits.

    Returns:
        The id of the chain transaction.
    """
    assert order.outlays, "a transaction pays somebody"
    several = len(order.outlays) > 1
    fee = send_many.FEE if several else 0
    assert 0 < sum(outlay.amount for outlay in order.outlays) + fee <= MAX_AMOUNT, "one transaction has a limit"
    destination = identity.encode(send_many.CONTRACT) if several else order.outlays[0].destination
    transaction_id = await repository.insert_order(session, order, destination=destination, network_fee=fee)
    await announce(session, await repository.get(session, transaction_id))
    return transaction_id
