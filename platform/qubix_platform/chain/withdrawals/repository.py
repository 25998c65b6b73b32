"""All SQL of withdrawals."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

_COLUMNS = """
    w.id, w.user_id, w.destination, w.amount, w.resolution, w.created_at, w.transaction_id, t.status, t.tick, t.hash,
    t.tries, t.error
"""
_INSERT = text("""
    insert into withdrawals (user_id, destination, amount, idempotency_key)
    values (:user_id, :destination, :amount, :idempotency_key)
    on conflict (user_id, idempotency_key) do nothing returning id
""")
_ATTACH = text("update withdrawals set transaction_id = :transaction_id where id = :id")
_RESOLVE = text("update withdrawals set resolution = :resolution where id = :id")
_GET = text(f"""
    select {_COLUMNS} from withdrawals w join chain_transactions t on t.id = w.transaction_id
     where w.id = :id and w.user_id = :user_id
""")
_BY_KEY = text(f"""
    select {_COLUMNS} from withdrawals w join chain_transactions t on t.id = w.transaction_id
     where w.user_id = :user_id and w.idempotency_key = :key
""")
_LIST = text(f"""
    select {_COLUMNS}, count(*) over () as total
      from withdrawals w join chain_transactions t on t.id = w.transaction_id
     where w.user_id = :user_id order by w.created_at desc, w.id limit :limit offset :offset
""")
_ON_THE_WAY = text("""
    select coalesce(sum(w.amount), 0)::bigint from withdrawals w join chain_transactions t on t.id = w.transaction_id
     where w.user_id = :user_id and t.status not in ('CONFIRMED', 'FAILED')
""")


async def insert(
    session: AsyncSession, *, user_id: UUID, destination: str, amount: int, idempotency_key: str | None
) -> UUID | None:
    """Store a withdrawal; none where its idempotency key was used."""
    values = {"user_id": user_id, "destination": destination, "amount": amount, "idempotency_key": idempotency_key}
    withdrawal_id: UUID | None = (await session.execute(_INSERT, values)).scalar_one_or_none()
    return withdrawal_id


async def attach(session: AsyncSession, withdrawal_id: UUID, *, transaction_id: UUID) -> None:
    """Name the transaction that carries it out."""
    await session.execute(_ATTACH, {"id": withdrawal_id, "transaction_id": transaction_id})


async def resolve(session: AsyncSession, withdrawal_id: UUID, *, resolution: str) -> None:
    """Say why it came to an end of its own."""
    await session.execute(_RESOLVE, {"id": withdrawal_id, "resolution": resolution})


async def get(session: AsyncSession, *, withdrawal_id: UUID, user_id: UUID) -> Row[Any] | None:
    """A user's withdrawal, with how its transaction stands."""
    return (await session.execute(_GET, {"id": withdrawal_id, "user_id": user_id})).one_or_none()


async def by_key(session: AsyncSession, *, user_id: UUID, key: str) -> Row[Any] | None:
    """The withdrawal that an idempotency key made."""
    return (await session.execute(_BY_KEY, {"user_id": user_id, "key": key})).one_or_none()


async def of_user(session: AsyncSession, user_id: UUID, *, limit: int, offset: int) -> tuple[list[Row[Any]], int]:
    """A user's withdrawals, newest first, and how many there are."""
    rows = (await session.execute(_LIST, {"user_id": user_id, "limit": limit, "offset": offset})).all()
    return list(rows), rows[0].total if rows else 0


async def on_the_way(session: AsyncSession, user_id: UUID) -> int:
    """QU that a user has withdrawn and that have not arrived."""
    return int((await session.execute(_ON_THE_WAY, {"user_id": user_id})).scalar_one())
