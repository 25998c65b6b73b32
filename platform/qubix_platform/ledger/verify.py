"""Recompute the books from their entries."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.ledger import repository


@dataclass(frozen=True)
class Verification:
    """What a verification looked at and found. The books are right when `mismatches` is empty."""

    accounts: int
    transactions: int
    entries: int
    mismatches: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether everything adds up."""
        return not self.mismatches


async def verify(session: AsyncSession) -> Verification:
    """Recompute every balance, transaction and escrow from the entries, on one snapshot of the database.

    Where others write meanwhile, the caller's transaction has to begin with `repository.hold_snapshot`.
    """
    counts = await repository.counts(session)
    found = await repository.mismatches(session)
    return Verification(counts.accounts, counts.transactions, counts.entries, tuple(found))
