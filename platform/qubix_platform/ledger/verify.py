"""Recompute the books from their entries, and the seals from the books."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.receipts import merkle
from qubix.receipts.canonical import canonical
from qubix_platform.database.connection import TimeLimits
from qubix_platform.database.session import Database
from qubix_platform.ledger import repository
from qubix_platform.ledger.auditing import repository as auditing
from qubix_platform.ledger.sealing import repository as seals
from qubix_platform.ledger.sealing.model import Root, Seal

PATIENT: Final = TimeLimits(
    statement=timedelta(minutes=10), idle_in_transaction=timedelta(minutes=10), transaction=timedelta(hours=2)
)
"""For the connection that verifies: large books take longer than a request may. It holds nobody back, for it writes
nothing."""

_AT_ONCE: Final = 4 * merkle.BLOCK
_ACCOUNTS_KEPT: Final = 500_000
_MOST: Final = 100


@dataclass(frozen=True)
class Verification:
    """What a verification looked at and found. The books are right when `mismatches` is empty.

    `anchored` is how many roots were compared with the chain; None where nobody asked it.
    """

    accounts: int
    transactions: int
    entries: int
    seals: int
    roots: int
    mismatches: tuple[str, ...]
    anchored: int | None = None

    @property
    def passed(self) -> bool:
        """Whether everything adds up."""
        return not self.mismatches


async def verify(session: AsyncSession) -> Verification:
    """Recompute every balance, transaction and escrow from the entries, and hold withdrawals and payouts against their
    postings and chain transactions, on one snapshot of the database; then hash every sealed transaction as it stands
    now, and compare it with its seal, the chain of seals, and the roots.

    Where others write meanwhile, the caller's transaction has to begin with `repository.hold_snapshot`.
    """
    return _together(await _sum_up(session), await _hash(session))


async def verify_whole(database: Database) -> Verification:
    """The same on two connections that see one snapshot: the database sums up while this process hashes."""
    async with database.transaction() as session:
        await repository.hold_snapshot(session)
        snapshot = await repository.export_snapshot(session)
        async with asyncio.TaskGroup() as group:
            sums = group.create_task(_sum_up_beside(database, snapshot))
            hashes = group.create_task(_hash(session))
    return _together(sums.result(), hashes.result())


@dataclass(frozen=True)
class _Sums:
    counts: repository.Counts
    mismatches: list[str]


@dataclass(frozen=True)
class _Hashes:
    seals: int
    roots: int
    mismatches: list[str]


def _together(sums: _Sums, hashes: _Hashes) -> Verification:
    found = [*sums.mismatches, *hashes.mismatches]
    counts = sums.counts
    return Verification(
        counts.accounts, counts.transactions, counts.entries, hashes.seals, hashes.roots, tuple(found[:_MOST])
    )


async def _sum_up(session: AsyncSession) -> _Sums:
    found = await repository.mismatches(session) + await auditing.mismatches(session)
    return _Sums(await repository.counts(session), found)


async def _sum_up_beside(database: Database, snapshot: str) -> _Sums:
    # A transaction of its own that ends with its work: the server ends those in which nothing happens.
    async with database.transaction() as session:
        await repository.share_snapshot(session, snapshot)
        return await _sum_up(session)


async def _hash(session: AsyncSession) -> _Hashes:
    head = await seals.head(session)
    roots, root_count = await seals.roots(session, limit=1_000_000)
    with _without_collections():
        found = [each async for each in _against_seals(session, last=head.position, roots=roots)]
    found += [
        f"transaction {row.id} ({row.key}) was slipped in: it stands before the last seal and was never sealed"
        for row in await seals.uncovered(session, head)
    ]
    return _Hashes(head.position, root_count, found)


@contextmanager
def _without_collections() -> Iterator[None]:
    """Nothing here refers to itself, and looking for what does takes as long as all of the hashing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


async def _against_seals(session: AsyncSession, *, last: int, roots: list[Root]) -> AsyncIterator[str]:
    chain, position, leaves = merkle.EMPTY_CHAIN, 0, _Leaves(roots)
    accounts: seals.Accounts = {}
    for first in range(1, last + 1, _AT_ONCE):
        if len(accounts) > _ACCOUNTS_KEPT:
            accounts.clear()
        for seal in await seals.sealed(session, first=first, last=first + _AT_ONCE - 1, accounts=accounts):
            if seal.position != position + 1:
                yield f"the seals from position {position + 1} to {seal.position - 1} are gone"
            position = seal.position
            if (complaint := _against_books(seal)) is not None:
                yield complaint
            chain = merkle.link(chain, seal.leaf)
            if chain != seal.chain:
                yield f"the chain of seals is broken at position {position}: that seal, or one before it, was altered"
                chain = seal.chain
            for complaint in leaves.add(seal):
                yield complaint
    for complaint in leaves.rest():
        yield complaint


def _against_books(seal: Seal) -> str | None:
    transaction = seal.transaction
    if transaction is None:
        return f"transaction {seal.transaction_id}, sealed at position {seal.position}, is gone"
    if merkle.leaf_hash(canonical(transaction)) == seal.leaf:
        return None
    rows = ", ".join(str(entry.id) for entry in transaction.entries)
    return (
        f"transaction {transaction.id} ({transaction.key}) is not what was sealed at position {seal.position}: "
        f"its row, one of its entries ({rows or 'all gone'}) or one of their accounts was altered"
    )


class _Leaves:
    """Gathers the leaves of each root's span, and compares the root over them with what was closed."""

    def __init__(self, roots: list[Root]) -> None:
        self._roots = sorted(roots, key=lambda root: root.statement.first)
        self._leaves: list[bytes] = []
        self._blocks: list[bytes] = []

    def add(self, seal: Seal) -> list[str]:
        """Take in the next seal; what is wrong with the root that ends here."""
        if not self._roots or seal.position < self._roots[0].statement.first:
            return []
        self._leaves.append(seal.leaf)
        statement = self._roots[0].statement
        is_last = seal.position >= statement.last
        if len(self._leaves) == merkle.BLOCK or is_last:
            self._blocks.append(merkle.root(self._leaves))
            self._leaves = []
        if not is_last:
            return []
        closed, blocks = self._roots.pop(0), self._blocks
        self._blocks = []
        named = f"root {statement.number} of {statement.day}"
        complaints = []
        if merkle.root(blocks) != statement.root or b"".join(blocks) != closed.blocks:
            complaints.append(f"{named} is not the root of what it covers")
        if seal.chain != statement.chain:
            complaints.append(f"{named} does not name the chain of seals at its end")
        return complaints

    def rest(self) -> list[str]:
        """Roots whose seals are gone."""
        return [f"root {each.statement.number} covers seals that are gone" for each in self._roots]
