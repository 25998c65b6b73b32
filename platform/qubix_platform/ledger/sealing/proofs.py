"""Proving that a transaction is among what was sealed, to somebody who knows a root and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.receipts import merkle
from qubix.receipts.canonical import LedgerTransaction
from qubix_platform.ledger.errors import NotSealedYet
from qubix_platform.ledger.sealing import repository
from qubix_platform.ledger.sealing.model import Root


@dataclass(frozen=True)
class Proven:
    """A transaction, its position, and the path from it to the root of that number."""

    transaction: LedgerTransaction
    position: int
    root: int
    path: tuple[bytes, ...]


async def prove(session: AsyncSession, ids: Sequence[int]) -> tuple[list[Proven], list[Root]]:
    """The proofs of transactions, in the order of their positions, and the roots that they lead to.

    Raises:
        NotSealedYet: a root does not cover all of them yet.
    """
    placed = await repository.positions(session, ids)
    if len(placed) < len(set(ids)) or any(row.number is None for row in placed):
        raise NotSealedYet(
            asked="Proving transactions of the ledger",
            obstacle="no root covers all of them yet: each day's is made after midnight UTC",
            remedy="Try again tomorrow, or ask the platform's operator for a root today.",
            details={"sealed": len(placed), "asked": len(set(ids))},
        )
    found = await repository.transactions(session, ids)
    roots, _ = await repository.roots(session, numbers=sorted({row.number for row in placed}), limit=len(placed))
    by_number = {root.statement.number: root for root in roots}
    proofs = [
        Proven(
            found[row.transaction_id],
            row.position,
            row.number,
            await _path(session, row.position, by_number[row.number]),
        )
        for row in placed
    ]
    return proofs, sorted(roots, key=lambda root: root.statement.number)


async def _path(session: AsyncSession, position: int, root: Root) -> tuple[bytes, ...]:
    block, index = divmod(position - root.statement.first, merkle.BLOCK)
    first = root.statement.first + block * merkle.BLOCK
    last = min(first + merkle.BLOCK - 1, root.statement.last)
    leaves = await repository.leaves(session, first=first, last=last)
    blocks = [root.blocks[n : n + 32] for n in range(0, len(root.blocks), 32)]
    return (*merkle.path(leaves, index), *merkle.path(blocks, block))
