"""What an operator looks at, and the one thing that they may change by hand."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_COUNTS = text("""
    select direction, status, count(*) as count, sum(amount)::bigint as amount
      from chain_transactions group by direction, status order by direction, status
""")
_REPOINT = text("update withdrawals set transaction_id = :paid_by where transaction_id = :queued")
_LOCK = text("select id from chain_transactions where id = any (cast(:ids as uuid[])) order by id for update")
_IS_ADOPTED = text("select exists (select from chain_movements where transaction_id = :id)")


@dataclass(frozen=True)
class Count:
    """How many transactions of one direction have one status, and how many QU they carry."""

    direction: str
    status: str
    count: int
    amount: int


async def counts(session: AsyncSession) -> list[Count]:
    """How many transactions there are, by direction and status."""
    return [Count(*row) for row in await session.execute(_COUNTS)]


async def lock(session: AsyncSession, *ids: UUID) -> None:
    """Keep transactions from changing until the caller's ends."""
    await session.execute(_LOCK, {"ids": list(ids)})


async def is_adopted(session: AsyncSession, transaction_id: UUID) -> bool:
    """Whether the books account for a transaction."""
    return bool((await session.execute(_IS_ADOPTED, {"id": transaction_id})).scalar_one())


async def repoint(session: AsyncSession, *, queued: UUID, paid_by: UUID) -> None:
    """Let a withdrawal be the one that another transaction paid."""
    await session.execute(_REPOINT, {"queued": queued, "paid_by": paid_by})
