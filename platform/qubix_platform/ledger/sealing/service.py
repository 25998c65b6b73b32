"""Sealing what was posted, after the fact and in order: posting itself never waits for it."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.receipts import merkle
from qubix.receipts.canonical import canonical
from qubix_platform.ledger.sealing import repository
from qubix_platform.ledger.sealing.model import GONE, Closing

AT_ONCE: Final = 1000
"""Transactions that one call seals: some 20 ms of hashing."""
_LEAVES_AT_ONCE: Final = 64 * merkle.BLOCK


async def seal(session: AsyncSession, *, limit: int = AT_ONCE) -> int:
    """Seal the next transactions that are committed for good, in the order (xid, id).

    Whoever seals at the same time waits until this transaction ends.

    Returns:
        How many were sealed; fewer than `limit` where there are no more.
    """
    await repository.take_turn(session)
    head = await repository.head(session)
    transactions = await repository.unsealed(session, head, limit=limit)
    if not transactions:
        return 0
    leaves = [merkle.leaf_hash(canonical(transaction)) for transaction in transactions]
    chains = []
    chain = head.chain
    for leaf in leaves:
        chain = merkle.link(chain, leaf)
        chains.append(chain)
    ids = [transaction.id for transaction in transactions]
    await repository.seal(session, after=head.position, ids=ids, leaves=leaves, chains=chains)
    return len(transactions)


async def close_day(session: AsyncSession, *, early: bool = False) -> Closing | None:
    """Give a root to what was sealed on a day that is over. To be called before each `seal`, so that days stay apart.

    A seal that somebody has taken away stops nothing: it is named, and something else stands in its place.

    Args:
        session: the caller's transaction.
        early: do not wait for the end of the day; what is sealed later on it gets a root of its own.

    Returns:
        The root's number and what is wrong with what it covers; None where there was nothing to close.
    """
    await repository.take_turn(session)
    span = await repository.open_span(session)
    if span is None or not (span.is_over or early):
        return None
    blocks: list[bytes] = []
    gone: list[int] = []
    for first in range(span.first, span.last + 1, _LEAVES_AT_ONCE):
        last = min(first + _LEAVES_AT_ONCE - 1, span.last)
        leaves = await repository.leaves(session, first=first, last=last)
        blocks += [merkle.root(leaves[n : n + merkle.BLOCK]) for n in range(0, len(leaves), merkle.BLOCK)]
        gone += [position for position, leaf in enumerate(leaves, start=first) if leaf == GONE]
    number = await repository.close(session, span, root=merkle.root(blocks), blocks=b"".join(blocks))
    return Closing(number, tuple(gone))


async def close_now(session: AsyncSession) -> int | None:
    """Seal everything that is committed for good, and give it a root; its number, None where nothing is new."""
    await close_day(session)
    while await seal(session) == AT_ONCE:
        continue
    closed = await close_day(session, early=True)
    return None if closed is None else closed.number
