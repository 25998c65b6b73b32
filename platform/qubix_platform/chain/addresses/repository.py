"""All SQL of the platform's addresses."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.chain.model import Address, AddressPurpose

_INSERT = text("""
    insert into chain_addresses (purpose, index, public_key, identity, is_ours)
    values (:purpose, :index, :public_key, :identity, :is_ours) on conflict do nothing
""")
_HOLD_OWNER = text("select pg_advisory_xact_lock(hashtextextended('chain_addresses:' || :owner, 0))")
_FREE = text("select count(*) from chain_addresses where purpose = :purpose and owner is null")
_NEXT = text("select coalesce(max(index) + 1, 0) from chain_addresses where purpose = :purpose")
_OF_OWNER = text("select * from chain_addresses where purpose = :purpose and owner = :owner")
# An address that money came to before anybody had it is nobody's to have.
_ASSIGN = text("""
    update chain_addresses set owner = :owner, assigned_at = clock_timestamp()
     where id = (select id from chain_addresses a
                  where purpose = :purpose and owner is null and balance = 0
                    and not exists (select from chain_transactions t where t.address_id = a.id)
                  order by id limit 1 for update skip locked)
    returning *
""")
_BY_KEYS = text("select * from chain_addresses where public_key = any (cast(:keys as bytea[]))")
_BY_ID = text("select * from chain_addresses where id = :id")
# A treasury may be replaced by another; the newest is the one in use.
_INTERNAL = text("""
    select distinct on (purpose) * from chain_addresses where purpose in ('hot', 'treasury')
     order by purpose, index desc
""")
_FILLED = text("""
    select * from chain_addresses where balance > 0 and (cast(:purpose as text) is null or purpose = :purpose)
     order by id limit :limit
""")
_HELD = text("select purpose, sum(balance)::bigint as balance from chain_addresses group by purpose")


async def insert(
    session: AsyncSession, *, purpose: AddressPurpose, index: int, public_key: bytes, identity: str, is_ours: bool
) -> None:
    """Store an address; nothing where it is there."""
    values = {
        "purpose": purpose.value,
        "index": index,
        "public_key": public_key,
        "identity": identity,
        "is_ours": is_ours,
    }
    await session.execute(_INSERT, values)


async def count_free(session: AsyncSession, purpose: AddressPurpose) -> int:
    """How many nobody has."""
    return int((await session.execute(_FREE, {"purpose": purpose.value})).scalar_one())


async def next_index(session: AsyncSession, purpose: AddressPurpose) -> int:
    """The number of the next one."""
    return int((await session.execute(_NEXT, {"purpose": purpose.value})).scalar_one())


async def of_owner(session: AsyncSession, *, purpose: AddressPurpose, owner: UUID) -> Address | None:
    """What a user or an escrow has."""
    row = (await session.execute(_OF_OWNER, {"purpose": purpose.value, "owner": owner})).one_or_none()
    return None if row is None else _address(row)


async def hold_owner(session: AsyncSession, owner: UUID) -> None:
    """Let nobody else give this owner an address until the caller's transaction ends."""
    await session.execute(_HOLD_OWNER, {"owner": str(owner)})


async def assign(session: AsyncSession, *, purpose: AddressPurpose, owner: UUID) -> Address | None:
    """Give out one that nobody has; none where all are taken."""
    row = (await session.execute(_ASSIGN, {"purpose": purpose.value, "owner": owner})).one_or_none()
    return None if row is None else _address(row)


async def by_public_keys(session: AsyncSession, keys: Collection[bytes]) -> Mapping[bytes, Address]:
    """Those of the keys that are ours."""
    rows = await session.execute(_BY_KEYS, {"keys": list(keys)})
    return {bytes(row.public_key): _address(row) for row in rows}


async def get(session: AsyncSession, address_id: int) -> Address:
    """One address."""
    return _address((await session.execute(_BY_ID, {"id": address_id})).one())


async def internal(session: AsyncSession) -> Mapping[AddressPurpose, Address]:
    """The hot wallet and the treasury in use."""
    return {AddressPurpose(row.purpose): _address(row) for row in await session.execute(_INTERNAL)}


async def filled(session: AsyncSession, *, purpose: AddressPurpose | None, limit: int) -> list[Address]:
    """Addresses that hold something, by our books."""
    rows = await session.execute(_FILLED, {"purpose": purpose, "limit": limit})
    return [_address(row) for row in rows]


async def held(session: AsyncSession) -> Mapping[AddressPurpose, int]:
    """What all addresses of each purpose hold together, QU by our books."""
    return {AddressPurpose(row.purpose): row.balance for row in await session.execute(_HELD)}


def _address(row: Row[Any]) -> Address:
    return Address(
        id=row.id,
        purpose=AddressPurpose(row.purpose),
        index=row._mapping["index"],
        public_key=bytes(row.public_key),
        identity=row.identity,
        is_ours=row.is_ours,
        owner=row.owner,
        balance=row.balance,
    )
