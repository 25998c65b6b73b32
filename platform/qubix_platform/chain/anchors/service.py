"""Publishing the roots of the books on the chain: each in the payload of a transaction from hot wallet to treasury."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.chain.addresses.service import internal
from qubix_platform.chain.model import AddressPurpose, Order, Outlay, Purpose
from qubix_platform.chain.transactions import orders
from qubix_platform.ledger.sealing import repository as seals
from qubix_platform.ledger.sealing.model import Anchor, Root
from qubix_platform.qubic.rpc import ChainTransaction

_AT_ONCE: Final = 10
# The least that proves that a transaction was executed: one of nothing never moves anything.
_AMOUNT: Final = 1


async def order_anchors(session: AsyncSession) -> int:
    """Order a transaction for each root that none carries yet, also where one has failed; how many were ordered."""
    roots = await seals.unanchored(session, limit=_AT_ONCE)
    if not roots:
        return 0
    hot = await internal(session, AddressPurpose.HOT)
    treasury = await internal(session, AddressPurpose.TREASURY)
    for root in roots:
        order = Order(
            purpose=Purpose.ANCHOR,
            ref=str(root.statement.number),
            source=hot,
            outlays=(Outlay(treasury.identity, _AMOUNT),),
            payload=root.statement.payload(),
        )
        await orders.place(session, order)
    return len(roots)


def against_chain(root: Root, anchor: Anchor, found: ChainTransaction | None) -> str | None:
    """What is wrong with an anchored root, given what the network says of its transaction; None where nothing is."""
    named = f"root {root.statement.number} of {root.statement.day}"
    if found is None:
        return f"{named} was anchored in transaction {anchor.hash}, which the network does not know"
    if not found.is_genuine():
        return f"{named}: the network's answer for transaction {anchor.hash} is forged"
    if found.transaction.payload != root.statement.payload():
        return f"{named} is not what was anchored in transaction {anchor.hash}: the books were sealed anew"
    return None
