"""All SQL of seals and roots. Both are written through the database's functions alone."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.receipts.anchor import RootStatement
from qubix.receipts.canonical import LedgerEntry, LedgerTransaction
from qubix_platform.ledger.sealing.model import GONE, NO_SEAL, Anchor, Head, OpenSpan, Root, Seal

Accounts = dict[int, tuple[str, str]]
"""Kind and owner of accounts, by their ids."""

_NO_ACCOUNT: Final = ("", "")
_TAKE_TURN = text("select pg_advisory_xact_lock(hashtextextended('qubix.ledger_seal', 0))")
_HEAD = text("""
    select position, xid::text::bigint as xid, transaction_id, chain from ledger_seals order by position desc limit 1
""")
_UNSEALED = text("""
    select id from ledger_transactions
     where (xid, id) > (cast(cast(:xid as text) as xid8), cast(:id as bigint))
       and xid < pg_snapshot_xmin(pg_current_snapshot())
       and not exists (select from ledger_seals s where s.transaction_id = ledger_transactions.id)
     order by xid, id limit :limit
""")
_HEADER = """t.id, t.xid::text::bigint as xid, t.key, encode(t.fingerprint, 'hex') as fingerprint, t.kind, t.ref,
           (extract(epoch from t.created_at) * 1000000)::bigint as created_at"""
_HEADERS = text(f"select {_HEADER} from ledger_transactions t where t.id = any (:ids)")
# Accounts are looked up beside: a join would read the same few again and again.
_ENTRIES = text("""
    select transaction_id, id, account_id, amount, balance_after, cause from ledger_entries
     where transaction_id = any (:ids) order by transaction_id, id
""")
_ACCOUNTS = text("select id, kind, owner from ledger_accounts where id = any (:ids)")
_SEAL = text("select ledger_seal(:after, cast(:ids as bigint[]), cast(:leaves as bytea[]), cast(:chains as bytea[]))")
_SEALED_HEADERS = text(f"""
    select s.position, s.transaction_id, s.leaf, s.chain, {_HEADER}
      from ledger_seals s left join ledger_transactions t on t.id = s.transaction_id
     where s.position between :first and :last order by s.position
""")
_UNCOVERED = text("""
    select t.id, t.key from ledger_transactions t
     where (t.xid, t.id) <= (cast(cast(:xid as text) as xid8), cast(:id as bigint))
       and not exists (select from ledger_seals s where s.transaction_id = t.id)
     order by t.id limit 100
""")
_OPEN_SPAN = text("""
    with covered as (select coalesce(max(last_position), 0) as position from ledger_roots)
    select c.position + 1 as first, l.position as last, l.chain, (f.sealed_at at time zone 'UTC')::date as day,
           (f.sealed_at at time zone 'UTC')::date < (now() at time zone 'UTC')::date as is_over
      from covered c
     cross join lateral (
           select s.sealed_at from ledger_seals s where s.position > c.position order by s.position limit 1) f
     cross join (select position, chain from ledger_seals order by position desc limit 1) l
""")
_LEAVES = text("""
    select s.leaf from generate_series(cast(:first as bigint), cast(:last as bigint)) as p (position)
      left join ledger_seals s on s.position = p.position order by p.position
""")
_CLOSE = text("select ledger_close_root(:day, :last, :root, :chain, :blocks)")
_ROOT_COLUMNS = "r.number, r.day, r.first_position, r.last_position, r.root, r.chain, r.blocks, r.closed_at"
_ROOTS = text(f"""
    select {_ROOT_COLUMNS}, c.hash, c.tick, c.raw, count(*) over () as total
      from ledger_roots r
      left join chain_transactions c
        on c.purpose = 'ANCHOR' and c.ref = r.number::text and c.status = 'CONFIRMED'
     where cast(:numbers as integer[]) is null or r.number = any (:numbers)
     order by r.number desc limit :limit offset :offset
""")
_UNANCHORED = text(f"""
    select {_ROOT_COLUMNS}, null as hash from ledger_roots r
     where not exists (select from chain_transactions c
                        where c.purpose = 'ANCHOR' and c.ref = r.number::text and c.status <> 'FAILED')
     order by r.number limit :limit
""")
_POSITIONS = text("""
    select s.transaction_id, s.position, r.number
      from ledger_seals s left join ledger_roots r on s.position between r.first_position and r.last_position
     where s.transaction_id = any (:ids) order by s.position
""")


async def take_turn(session: AsyncSession) -> None:
    """Wait until nobody else seals; until the transaction ends nobody else can."""
    await session.execute(_TAKE_TURN)


async def head(session: AsyncSession) -> Head:
    """The last seal; `NO_SEAL` where nothing was sealed yet."""
    row = (await session.execute(_HEAD)).one_or_none()
    return Head(row.position, row.xid, row.transaction_id, row.chain) if row is not None else NO_SEAL


async def unsealed(session: AsyncSession, after: Head, *, limit: int) -> list[LedgerTransaction]:
    """The next transactions in the order (xid, id) that are committed for good, as nothing before them can come."""
    rows = await session.execute(_UNSEALED, {"xid": str(after.xid), "id": after.transaction_id, "limit": limit})
    ids = list(rows.scalars())
    found = await transactions(session, ids)
    return [found[each] for each in ids]


async def transactions(session: AsyncSession, ids: Sequence[int]) -> dict[int, LedgerTransaction]:
    """Transactions as they stand in the books, by their ids."""
    if not ids:
        return {}
    headers = (await session.execute(_HEADERS, {"ids": list(ids)})).all()
    entries = await _entries(session, ids, {})
    return {row[0]: LedgerTransaction._make((*row, tuple(entries.get(row[0], ())))) for row in headers}


async def seal(
    session: AsyncSession, *, after: int, ids: Sequence[int], leaves: Sequence[bytes], chains: Sequence[bytes]
) -> int:
    """Write seals after position `after`; the new last position."""
    values = {"after": after, "ids": list(ids), "leaves": list(leaves), "chains": list(chains)}
    return int((await session.execute(_SEAL, values)).scalar_one())


async def sealed(session: AsyncSession, *, first: int, last: int, accounts: Accounts) -> list[Seal]:
    """Seals from position `first` to `last`, each with its transaction as it stands in the books now.

    `accounts` are those that are known from an earlier call; it takes in what is learned.
    """
    headers = (await session.execute(_SEALED_HEADERS, {"first": first, "last": last})).all()
    entries = await _entries(session, [header[1] for header in headers], accounts)
    return [
        Seal(
            position,
            transaction_id,
            leaf,
            chain,
            None if header[0] is None else LedgerTransaction._make((*header, tuple(entries.get(transaction_id, ())))),
        )
        for position, transaction_id, leaf, chain, *header in headers
    ]


async def uncovered(session: AsyncSession, up_to: Head) -> Sequence[Row[Any]]:
    """Transactions that stand before the last seal without one of their own."""
    return (await session.execute(_UNCOVERED, {"xid": str(up_to.xid), "id": up_to.transaction_id})).all()


async def open_span(session: AsyncSession) -> OpenSpan | None:
    """The seals that no root covers yet."""
    row = (await session.execute(_OPEN_SPAN)).one_or_none()
    return OpenSpan(row.first, row.last, row.day, row.chain, row.is_over) if row is not None else None


async def leaves(session: AsyncSession, *, first: int, last: int) -> list[bytes]:
    """The leaves from position `first` to `last`; `GONE` in the place of each seal that somebody has taken away."""
    return [leaf or GONE for leaf in (await session.execute(_LEAVES, {"first": first, "last": last})).scalars()]


async def close(session: AsyncSession, span: OpenSpan, *, root: bytes, blocks: bytes) -> int:
    """Write a root over a span; its number."""
    values = {"day": span.day, "last": span.last, "root": root, "chain": span.chain, "blocks": blocks}
    return int((await session.execute(_CLOSE, values)).scalar_one())


async def roots(
    session: AsyncSession, *, numbers: Sequence[int] | None = None, limit: int = 200, offset: int = 0
) -> tuple[list[Root], int]:
    """Roots, newest first, and how many there are."""
    values = {"numbers": None if numbers is None else list(numbers), "limit": limit, "offset": offset}
    rows = (await session.execute(_ROOTS, values)).all()
    return [_root(row) for row in rows], rows[0].total if rows else 0


async def unanchored(session: AsyncSession, *, limit: int) -> list[Root]:
    """Roots that no transaction of the chain carries or is about to, oldest first."""
    return [_root(row) for row in await session.execute(_UNANCHORED, {"limit": limit})]


async def positions(session: AsyncSession, ids: Sequence[int]) -> Sequence[Row[Any]]:
    """`transaction_id`, `position` and `number` of the root (None until there is one) of those that are sealed."""
    return (await session.execute(_POSITIONS, {"ids": list(ids)})).all()


async def _entries(
    session: AsyncSession, ids: Sequence[int], accounts: Accounts
) -> Mapping[int, Sequence[LedgerEntry]]:
    rows = (await session.execute(_ENTRIES, {"ids": list(ids)})).all()
    if missing := {row[2] for row in rows} - accounts.keys():
        for account in await session.execute(_ACCOUNTS, {"ids": list(missing)}):
            accounts[account.id] = (account.kind, account.owner)
    found: dict[int, list[LedgerEntry]] = {}
    for transaction_id, entry_id, account_id, amount, balance_after, cause in rows:
        kind, owner = accounts.get(account_id, _NO_ACCOUNT)
        entry = LedgerEntry(entry_id, kind, owner, amount, balance_after, cause)
        found.setdefault(transaction_id, []).append(entry)
    return found


def _root(row: Row[Any]) -> Root:
    statement = RootStatement(row.number, row.day, row.first_position, row.last_position, row.root, row.chain)
    anchor = None if row.hash is None else Anchor(row.hash, row.tick, row.raw)
    return Root(statement, row.blocks, row.closed_at, anchor)
