"""What the books say of each address."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.chain.model import Address, AddressPurpose

_TO_PROBE: Final = text("""
    select a.id, a.purpose, a.index, a.public_key, a.identity, a.is_ours, a.owner, a.balance
      from chain_addresses a
     where a.purpose in ('hot', 'treasury')
        or (a.id > :after and (
                a.balance > 0
                or exists (select from chain_movements m where m.address_id = a.id and m.tick > :since)))
     order by a.purpose in ('hot', 'treasury') desc, a.id limit :limit
""")
_UNRESOLVED: Final = text("""
    select exists (select from chain_transactions
                    where status in ('SIGNED', 'BROADCAST', 'SEEN') and tick <= :tick
                      and (direction = 'OUT' or status = 'SEEN'))
""")
_EXPECTED: Final = text("""
    select coalesce(sum(amount), 0)::bigint from chain_movements where address_id = :address_id and tick <= :tick
""")
_KNOWN: Final = text("""
    select hash from chain_transactions t
     where hash = any (cast(:hashes as text[]))
       and (purpose <> 'UNKNOWN' or exists (select from chain_movements m where m.transaction_id = t.id))
""")


async def to_probe(session: AsyncSession, *, since: int, after: int, limit: int) -> list[Address]:
    """The hot wallet and the treasury, and then what holds something or moved after tick `since`, by id from `after`
    on, which is left out."""
    return [
        Address(
            id=row.id,
            purpose=AddressPurpose(row.purpose),
            index=row._mapping["index"],
            public_key=bytes(row.public_key),
            identity=row.identity,
            is_ours=row.is_ours,
            owner=row.owner,
            balance=row.balance,
        )
        for row in await session.execute(_TO_PROBE, {"since": since, "after": after, "limit": limit})
    ]


async def is_unresolved(session: AsyncSession, *, tick: int) -> bool:
    """Whether the end of some transaction of a tick up to this one is not known yet."""
    return bool((await session.execute(_UNRESOLVED, {"tick": tick})).scalar_one())


async def expected(session: AsyncSession, *, address_id: int, tick: int) -> int:
    """What an address held after a tick, QU."""
    return int((await session.execute(_EXPECTED, {"address_id": address_id, "tick": tick})).scalar_one())


async def known_hashes(session: AsyncSession, hashes: Collection[str]) -> frozenset[str]:
    """Those of the transactions that the books account for."""
    return frozenset((await session.execute(_KNOWN, {"hashes": list(hashes)})).scalars())
