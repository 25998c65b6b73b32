"""All SQL of chain transactions but the change of their status."""

import json
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.chain.model import Address, AddressPurpose, Order, Outlay, Purpose
from qubix_platform.chain.transactions.model import Recorded, Sighting
from qubix_platform.chain.transactions.states import ChainStatus, Direction

_COLUMNS = """
    t.id, t.direction, t.purpose, t.ref, t.user_id, t.address_id, a.purpose as place, a.index, t.source, t.destination,
    t.amount, t.network_fee, t.payments, t.input_type, t.payload, t.status, t.tries, t.not_before_tick, t.tick,
    t.digest, t.leg, t.hash, t.raw, t.confirmations, t.error, t.created_at
"""
_FROM = "from chain_transactions t join chain_addresses a on a.id = t.address_id"

_INSERT_ORDER = text("""
    with made as (
        insert into chain_transactions (direction, purpose, ref, user_id, address_id, source, destination, amount,
                                        network_fee, payments, input_type, payload, status)
        values ('OUT', :purpose, :ref, :user_id, :address_id, :source, :destination, :amount, :network_fee,
                cast(:payments as jsonb), :input_type, :payload, 'QUEUED')
        returning id, status
    )
    insert into chain_transaction_events (transaction_id, status) select id, status from made returning transaction_id
""")
_INSERT_IN = text("""
    with made as (
        insert into chain_transactions (direction, purpose, ref, user_id, address_id, source, destination, amount,
                                        status, tick, digest, leg, hash, raw)
        values ('IN', :purpose, :ref, :user_id, :address_id, :source, :destination, :amount, :status, :tick, :digest,
                :leg, :hash, :raw)
        on conflict (hash, leg) where direction = 'IN' do nothing
        returning id, status, tick, hash, digest
    )
    insert into chain_transaction_events (transaction_id, status, tick, hash, digest)
    select id, status, tick, hash, digest from made returning transaction_id
""")
_INSERT_UNKNOWN = text("""
    with made as (
        insert into chain_transactions (direction, purpose, ref, address_id, source, destination, amount, status, tick,
                                        digest, hash)
        values ('OUT', 'UNKNOWN', :hash, :address_id, :source, :destination, :amount, 'CONFIRMED', :tick, :digest,
                :hash)
        on conflict (digest) where direction = 'OUT' do nothing
        returning id, status, tick, hash, digest
    )
    insert into chain_transaction_events (transaction_id, status, tick, hash, digest)
    select id, status, tick, hash, digest from made returning transaction_id
""")
_GET = text(f"select {_COLUMNS} {_FROM} where t.id = :id")
_BY_HASH = text(f"select {_COLUMNS} {_FROM} where t.direction = 'IN' and t.hash = :hash and t.leg = :leg")
# What may have ended first, since its end frees what others wait for; then what fills a wallet before what empties it.
# Of each source only so many, so that one that cannot pay holds up no other.
_DUE = text(f"""
    with open as (
        select id, direction, status, tick, seq, purpose in ('SWEEP', 'REFILL') as fills,
               row_number() over (partition by address_id, status order by seq) as place
          from chain_transactions
         where status in ('SIGNED', 'BROADCAST') or (status = 'QUEUED' and not_before_tick <= :tick)
    )
    select {_COLUMNS} {_FROM} join open o on o.id = t.id
     where (o.status <> 'QUEUED' and o.tick <= :processed) or (o.status = 'SIGNED' and o.tick > :tick)
        or (o.status = 'QUEUED' and o.place <= :of_each)
     order by o.status = 'QUEUED', o.fills desc, o.direction desc, o.seq limit :limit
""")
_COUNT_OPEN = text("""
    select count(*) from chain_transactions where status in ('QUEUED', 'SIGNED', 'BROADCAST', 'SEEN')
""")
_SEEN = text(f"select {_COLUMNS} {_FROM} where t.status = 'SEEN' order by t.seq limit :limit")
_OF_REF = text(f"select {_COLUMNS} {_FROM} where t.ref = :ref order by t.seq")
_OF_USER = text(f"""
    select {_COLUMNS} {_FROM} where t.user_id = :user_id and t.purpose = :purpose order by t.seq desc
     limit :limit offset :offset
""")
_COUNT_OF_USER = text("select count(*) from chain_transactions where user_id = :user_id and purpose = :purpose")
_LATEST = text(f"""
    select {_COLUMNS} {_FROM} where cast(:status as text) is null or t.status = :status order by t.seq desc limit :limit
""")
_KNOWN = text("""
    select e.digest from chain_transaction_events e join chain_transactions t on t.id = e.transaction_id
     where t.direction = 'OUT' and e.status = 'SIGNED' and e.digest = any (cast(:digests as bytea[]))
""")
_ON_THE_WAY = text("""
    select address_id, sum(amount)::bigint as amount from chain_transactions
     where direction = 'OUT' and status in ('SIGNED', 'BROADCAST') group by address_id
""")
_COMMITTED = text("""
    select address_id, purpose, sum(amount)::bigint as amount from chain_transactions
     where direction = 'OUT' and status in ('QUEUED', 'SIGNED', 'BROADCAST') group by address_id, purpose
""")
_USED = text("""
    select digest from chain_transactions where direction = 'OUT' and digest = any (cast(:digests as bytea[]))
""")
_PENDING = text("""
    select coalesce(sum(amount) filter (where direction = 'IN' and purpose = 'DEPOSIT' and status = 'SEEN'), 0)::bigint
               as deposits
      from chain_transactions where user_id = :user_id and status = 'SEEN'
""")
_MOVE = text("""
    with moved as (
        insert into chain_movements (address_id, transaction_id, tick, amount)
        select x.address_id, :transaction_id, :tick, x.amount
          from unnest(cast(:addresses as bigint[]), cast(:amounts as bigint[])) as x (address_id, amount)
        returning address_id, amount
    )
    update chain_addresses a set balance = a.balance + m.amount from moved m where a.id = m.address_id
""")
_EVENTS = text("""
    select status, tick, hash, error, created_at from chain_transaction_events where transaction_id = :id order by id
""")


async def insert_order(session: AsyncSession, order: Order, *, destination: str, network_fee: int) -> UUID:
    """Store an outgoing transaction that is to be signed."""
    values = {
        "purpose": order.purpose.value,
        "ref": order.ref,
        "user_id": order.user_id,
        "address_id": order.source.id,
        "source": order.source.identity,
        "destination": destination,
        "amount": sum(outlay.amount for outlay in order.outlays) + network_fee,
        "network_fee": network_fee,
        "payments": json.dumps([[outlay.destination, outlay.amount] for outlay in order.outlays]),
        "input_type": 1 if network_fee else 0,
        "payload": order.payload,
    }
    transaction_id: UUID = (await session.execute(_INSERT_ORDER, values)).scalar_one()
    return transaction_id


async def insert_in(
    session: AsyncSession,
    sighting: Sighting,
    *,
    purpose: Purpose,
    ref: str,
    user_id: UUID | None,
    address: Address,
    status: ChainStatus,
    raw: bytes | None = None,
) -> UUID | None:
    """Store an incoming payment; none where it is known already."""
    values = {
        "purpose": purpose.value,
        "ref": ref,
        "user_id": user_id,
        "address_id": address.id,
        "source": sighting.source,
        "destination": address.identity,
        "amount": sighting.amount,
        "status": status.value,
        "tick": sighting.tick,
        "digest": sighting.digest,
        "leg": sighting.leg,
        "hash": sighting.hash,
        "raw": raw,
    }
    transaction_id: UUID | None = (await session.execute(_INSERT_IN, values)).scalar_one_or_none()
    return transaction_id


async def insert_unknown(
    session: AsyncSession, *, address: Address, destination: str, amount: int, tick: int, digest: bytes, tx_hash: str
) -> UUID | None:
    """Store what left an address of ours without an order; none where it is known already."""
    values = {
        "address_id": address.id,
        "source": address.identity,
        "destination": destination,
        "amount": amount,
        "tick": tick,
        "digest": digest,
        "hash": tx_hash,
    }
    transaction_id: UUID | None = (await session.execute(_INSERT_UNKNOWN, values)).scalar_one_or_none()
    return transaction_id


async def get(session: AsyncSession, transaction_id: UUID) -> Recorded:
    """One transaction."""
    return _recorded((await session.execute(_GET, {"id": transaction_id})).one())


async def find(session: AsyncSession, transaction_id: UUID) -> Recorded | None:
    """One transaction, where there is one."""
    row = (await session.execute(_GET, {"id": transaction_id})).one_or_none()
    return None if row is None else _recorded(row)


async def incoming(session: AsyncSession, tx_hash: str, leg: int) -> Recorded | None:
    """The incoming payment of a transaction's id, and its place in a SendMany."""
    row = (await session.execute(_BY_HASH, {"hash": tx_hash, "leg": leg})).one_or_none()
    return None if row is None else _recorded(row)


async def due(session: AsyncSession, *, tick: int, processed: int, limit: int, of_each: int) -> list[Recorded]:
    """What is to be looked for, broadcast or signed now, in this order; of each source's queue only the first.

    Args:
        session: the caller's transaction.
        tick: the one that the chain works on.
        processed: the last one that the archive knows.
        limit: so many at most.
        of_each: so many of what is queued for one source.
    """
    values = {"tick": tick, "processed": processed, "limit": limit, "of_each": of_each}
    return [_recorded(row) for row in await session.execute(_DUE, values)]


async def count_open(session: AsyncSession) -> int:
    """How many transactions have not ended."""
    return int((await session.execute(_COUNT_OPEN)).scalar_one())


async def seen_ones(session: AsyncSession, *, limit: int) -> list[Recorded]:
    """What came in and is not final yet, oldest first."""
    return [_recorded(row) for row in await session.execute(_SEEN, {"limit": limit})]


async def of_ref(session: AsyncSession, ref: str) -> list[Recorded]:
    """Everything that was done or seen for one escrow, withdrawal or day, oldest first."""
    return [_recorded(row) for row in await session.execute(_OF_REF, {"ref": ref})]


async def of_user(
    session: AsyncSession, *, user_id: UUID, purpose: Purpose, limit: int, offset: int = 0
) -> tuple[list[Recorded], int]:
    """A user's transactions of one purpose, newest first, and how many there are."""
    values = {"user_id": user_id, "purpose": purpose.value, "limit": limit, "offset": offset}
    total: int = (await session.execute(_COUNT_OF_USER, {"user_id": user_id, "purpose": purpose.value})).scalar_one()
    return [_recorded(row) for row in await session.execute(_OF_USER, values)], total


async def latest(session: AsyncSession, *, status: ChainStatus | None, limit: int) -> list[Recorded]:
    """The newest transactions, of one status where it is given."""
    return [_recorded(row) for row in await session.execute(_LATEST, {"status": status, "limit": limit})]


async def ordered_digests(session: AsyncSession, digests: Collection[bytes]) -> frozenset[bytes]:
    """Those of the digests that we signed ourselves, in whichever try."""
    rows = await session.execute(_KNOWN, {"digests": list(digests)})
    return frozenset(bytes(digest) for digest in rows.scalars())


async def on_the_way(session: AsyncSession) -> dict[int, int]:
    """QU in signed transactions whose end is not known, by address."""
    return {row.address_id: row.amount for row in await session.execute(_ON_THE_WAY)}


async def committed(session: AsyncSession) -> dict[tuple[int, Purpose], int]:
    """QU in outgoing transactions that have not ended, queued ones too, by address and purpose."""
    rows = await session.execute(_COMMITTED)
    return {(row.address_id, Purpose(row.purpose)): row.amount for row in rows}


async def used_digests(session: AsyncSession, digests: Collection[bytes]) -> frozenset[bytes]:
    """Those of the digests that some transaction has: equal ones in one tick would be one and the same."""
    rows = await session.execute(_USED, {"digests": list(digests)})
    return frozenset(bytes(digest) for digest in rows.scalars())


async def pending_deposits(session: AsyncSession, user_id: UUID) -> int:
    """QU that came in for a user and are not credited yet."""
    return int((await session.execute(_PENDING, {"user_id": user_id})).scalar_one())


async def move(session: AsyncSession, *, transaction_id: UUID, tick: int, amounts: Sequence[tuple[int, int]]) -> None:
    """Note what a confirmed transaction did to addresses of ours: pairs of an address and its change, QU."""
    changed = sorted((address_id, amount) for address_id, amount in amounts if amount)
    values = {
        "transaction_id": transaction_id,
        "tick": tick,
        "addresses": [address_id for address_id, _ in changed],
        "amounts": [amount for _, amount in changed],
    }
    await session.execute(_MOVE, values)


async def life_of(session: AsyncSession, transaction_id: UUID) -> Sequence[Row[Any]]:
    """Each step of a transaction's life."""
    return (await session.execute(_EVENTS, {"id": transaction_id})).all()


def _recorded(row: Row[Any]) -> Recorded:
    values = dict(row._mapping)
    payments = values.pop("payments")
    return Recorded(
        **values
        | {
            "direction": Direction(row.direction),
            "purpose": Purpose(row.purpose),
            "place": AddressPurpose(row.place),
            "status": ChainStatus(row.status),
            "payload": bytes(row.payload),
            "digest": None if row.digest is None else bytes(row.digest),
            "raw": None if row.raw is None else bytes(row.raw),
        },
        outlays=tuple(Outlay(destination, amount) for destination, amount in payments),
    )
