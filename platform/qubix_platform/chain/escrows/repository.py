"""All SQL of escrows but the change of their status."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.chain.escrows.model import Escrow, NewEscrow
from qubix_platform.chain.escrows.states import EscrowSource, EscrowStatus

_INSERT = text("""
    insert into escrows (id, user_id, source, amount, paid, status, address_id, payer, idempotency_key, expires_at)
    values (:id, :user_id, :source, :amount, :paid, :status, :address_id, :payer, :idempotency_key, now() + :lasts)
    on conflict (user_id, idempotency_key) do nothing
    returning *
""")
_GET = text("select * from escrows where id = :id and (cast(:user_id as uuid) is null or user_id = :user_id)")
_LOCK = text(
    "select * from escrows where id = :id and (cast(:user_id as uuid) is null or user_id = :user_id) for update"
)
_BY_KEY = text("select * from escrows where user_id = :user_id and idempotency_key = :key")
_OF_USER = text(
    "select * from escrows where user_id = :user_id order by created_at desc, id limit :limit offset :offset"
)
_PAY = text("update escrows set paid = paid + :amount, updated_at = clock_timestamp() where id = :id returning *")
_EXPIRED = text("""
    select id from escrows where status in ('AWAITING', 'LOCKED') and expires_at < now()
     order by expires_at limit :limit
""")
_OPEN_PAYMENTS = text("""
    select count(*) from chain_transactions
     where ref = cast(:ref as text) and direction = 'OUT' and status in ('QUEUED', 'SIGNED', 'BROADCAST', 'DROPPED')
       and purpose in ('PAYOUT', 'RETURN')
""")
_SWEEPABLE = text("""
    select a.id from chain_addresses a join escrows e on e.id = a.owner
     where a.purpose = 'escrow' and a.balance > 0 and e.status in ('RELEASED', 'REFUNDED')
       and not exists (select from chain_transactions t where t.address_id = a.id and t.direction = 'OUT'
                          and t.status in ('QUEUED', 'SIGNED', 'BROADCAST', 'DROPPED'))
     order by a.id limit :limit
""")
_AWAITING = text("select count(*) from escrows where user_id = :user_id and status = 'AWAITING'")


async def insert(session: AsyncSession, new: NewEscrow, *, idempotency_key: str | None = None) -> Escrow | None:
    """Store an escrow; none where its idempotency key was used."""
    values = {
        "id": new.id,
        "user_id": new.user_id,
        "source": new.source.value,
        "amount": new.amount,
        "paid": new.amount if new.status is EscrowStatus.LOCKED else 0,
        "status": new.status.value,
        "lasts": new.lasts,
        "address_id": new.address_id,
        "payer": new.payer,
        "idempotency_key": idempotency_key,
    }
    row = (await session.execute(_INSERT, values)).one_or_none()
    return None if row is None else read(row)


async def get(session: AsyncSession, escrow_id: UUID, *, user_id: UUID | None = None) -> Escrow | None:
    """One escrow; of that user, where one is given."""
    row = (await session.execute(_GET, {"id": escrow_id, "user_id": user_id})).one_or_none()
    return None if row is None else read(row)


async def lock(session: AsyncSession, escrow_id: UUID, *, user_id: UUID | None = None) -> Escrow | None:
    """One escrow, kept from changing until the transaction ends."""
    row = (await session.execute(_LOCK, {"id": escrow_id, "user_id": user_id})).one_or_none()
    return None if row is None else read(row)


async def by_key(session: AsyncSession, *, user_id: UUID, key: str) -> Escrow | None:
    """The escrow that an idempotency key made."""
    row = (await session.execute(_BY_KEY, {"user_id": user_id, "key": key})).one_or_none()
    return None if row is None else read(row)


async def of_user(session: AsyncSession, user_id: UUID, *, limit: int, offset: int) -> list[Escrow]:
    """A user's escrows, newest first."""
    rows = await session.execute(_OF_USER, {"user_id": user_id, "limit": limit, "offset": offset})
    return [read(row) for row in rows]


async def pay(session: AsyncSession, escrow_id: UUID, amount: int) -> Escrow:
    """Note that a payment of `amount` QU counts towards an escrow."""
    return read((await session.execute(_PAY, {"id": escrow_id, "amount": amount})).one())


async def expired(session: AsyncSession, *, limit: int) -> list[UUID]:
    """Escrows that waited too long, for a payment or for a job."""
    return list((await session.execute(_EXPIRED, {"limit": limit})).scalars())


async def open_payments(session: AsyncSession, escrow_id: UUID) -> int:
    """How many of its payouts and returns have not ended."""
    return int((await session.execute(_OPEN_PAYMENTS, {"ref": str(escrow_id)})).scalar_one())


async def sweepable(session: AsyncSession, *, limit: int) -> list[int]:
    """Addresses of closed escrows on which something is left that nobody is about to be paid."""
    return list((await session.execute(_SWEEPABLE, {"limit": limit})).scalars())


async def awaiting(session: AsyncSession, user_id: UUID) -> int:
    """How many of a user's escrows await a payment."""
    return int((await session.execute(_AWAITING, {"user_id": user_id})).scalar_one())


def read(row: Row[Any]) -> Escrow:
    """An escrow from its row."""
    return Escrow(
        id=row.id,
        user_id=row.user_id,
        source=EscrowSource(row.source),
        amount=row.amount,
        paid=row.paid,
        status=EscrowStatus(row.status),
        job_id=row.job_id,
        provider_user_id=row.provider_user_id,
        provider_amount=row.provider_amount,
        refund_amount=row.refund_amount,
        address_id=row.address_id,
        payer=row.payer,
        expires_at=row.expires_at,
        created_at=row.created_at,
    )
