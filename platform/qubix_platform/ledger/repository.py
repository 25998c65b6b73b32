"""All SQL of the ledger. It writes through the database's functions alone: the application's role can no other way."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.ledger.model import Account, Posting

_POST = text("""
    select ledger_post(:key, :kind, :ref, cast(:kinds as text[]), cast(:owners as text[]), cast(:amounts as bigint[]),
                       cast(:causes as text[]))
""")
_POST_ALL = text("""
    select ledger_post_all(cast(:keys as text[]), cast(:kinds as text[]), cast(:refs as text[]),
                           cast(:postings as integer[]), cast(:account_kinds as text[]), cast(:owners as text[]),
                           cast(:amounts as bigint[]), cast(:causes as text[]))
""")
_BALANCES = text("""
    select coalesce((select balance from ledger_accounts where kind = 'wallet' and owner = :user), 0) as available,
           coalesce((select sum(a.balance) from jobs j
                       join ledger_accounts a on a.kind = 'escrow' and a.owner = j.escrow_id::text
                      where j.user_id = cast(:user as uuid) and j.completed_at is null), 0)::bigint
           + coalesce((select sum(e.paid) from escrows e
                        where e.user_id = cast(:user as uuid) and e.status in ('AWAITING', 'LOCKED')), 0)::bigint
               as held
""")
_BALANCE = text("""
    select a.balance + case when a.is_hot
           then (select coalesce(sum(e.amount), 0) from ledger_entries e
                  where e.account_id = a.id and e.balance_after is null
                     and e.xid >= a.folded_to) else 0 end
      from ledger_accounts a where a.kind = :kind and a.owner = :owner
""")
_FOLD = text("select ledger_fold(id) from ledger_accounts where is_hot order by id")
_TRANSACTIONS = text("""
    select t.id, t.kind, t.created_at, a.kind as account_kind, a.owner, e.amount, e.cause
      from ledger_transactions t
      join ledger_entries e on e.transaction_id = t.id
      join ledger_accounts a on a.id = e.account_id
     where t.ref = :ref order by e.id
""")
_HOLD_SNAPSHOT = text("set transaction isolation level repeatable read")
_EXPORT_SNAPSHOT = text("select pg_export_snapshot()")
# Books of a million entries are summed up in memory.
_ROOM = text("set local work_mem = '128MB'")
_COUNTS = text("""
    select (select count(*) from ledger_accounts) as accounts,
           (select count(*) from ledger_transactions) as transactions,
           (select count(*) from ledger_entries) as entries
""")
_UNBALANCED = text("""
    select transaction_id as id, sum(amount)::bigint as amount from ledger_entries
     group by transaction_id having sum(amount) <> 0 order by 1 limit 100
""")
_EMPTY = text("""
    select t.id, t.key from ledger_transactions t
     where not exists (select from ledger_entries e where e.transaction_id = t.id) order by 1 limit 100
""")
_STRAY = text("""
    select e.id, e.transaction_id, e.account_id
      from ledger_entries e
      left join ledger_transactions t on t.id = e.transaction_id
      left join ledger_accounts a on a.id = e.account_id
     where t.id is null or a.id is null or e.xid <> t.xid or e.created_at <> t.created_at limit 100
""")
_DRIFTED = text("""
    select a.id, a.kind, a.owner, a.balance, coalesce(e.folded, 0)::bigint as recomputed
      from ledger_accounts a
      left join (select e.account_id, sum(e.amount) as total,
                        sum(e.amount) filter (where e.balance_after is not null or e.xid < a.folded_to) as folded
                   from ledger_entries e join ledger_accounts a on a.id = e.account_id group by e.account_id) e
        on e.account_id = a.id
     where a.balance <> coalesce(e.folded, 0) or (not a.can_overdraw and e.total < 0)
     order by a.id limit 100
""")
_ESCROW_OPEN = text("""
    select j.id, j.status, a.balance
      from jobs j join ledger_accounts a on a.kind = 'escrow' and a.owner = j.escrow_id::text
     where j.status in ('COMPLETED', 'FAILED', 'CANCELLED') and a.balance <> 0 order by j.created_at limit 100
""")
_ESCROW_SHORT = text("""
    select j.id, j.status, j.hold_amount - j.settled_amount as expected, coalesce(a.balance, 0) as balance
      from jobs j left join ledger_accounts a on a.kind = 'escrow' and a.owner = j.escrow_id::text
     where j.status not in ('COMPLETED', 'FAILED', 'CANCELLED')
       and coalesce(a.balance, 0) <> j.hold_amount - j.settled_amount
     order by j.created_at limit 100
""")
_ORPHANED_ESCROW = text("""
    select a.id, a.owner, a.balance from ledger_accounts a
     where a.kind = 'escrow' and a.balance <> 0 and not exists (select from jobs j where j.escrow_id::text = a.owner)
       and not exists (select from escrows e
                        where e.id::text = a.owner and e.status in ('AWAITING', 'LOCKED') and e.paid = a.balance)
     order by a.id limit 100
""")
_PENDING_OFF = text("""
    select coalesce(a.owner, t.id::text) as owner, coalesce(a.balance, 0) as balance,
           coalesce(t.pending_cost, 0) as expected
      from (select owner, balance from ledger_accounts where kind = 'pending') a
      full join (select id, pending_cost from attempts where pending_cost <> 0) t on t.id::text = a.owner
     where coalesce(a.balance, 0) <> coalesce(t.pending_cost, 0)
     order by 1 limit 100
""")
_RESERVATION_OFF = text("""
    select a.owner, a.balance, case when r.status = 'ACTIVE' then r.prepaid - r.settled_amount else 0 end as expected
      from ledger_accounts a left join reservations r on r.id::text = a.owner
     where a.kind = 'reservation'
       and a.balance <> case when r.status = 'ACTIVE' then r.prepaid - r.settled_amount else 0 end
     order by a.id limit 100
""")


@dataclass(frozen=True)
class Counts:
    """How much there is to verify."""

    accounts: int
    transactions: int
    entries: int


@dataclass(frozen=True)
class StoredLeg:
    """A leg as it stands in the books."""

    transaction_id: int
    account_kind: str
    owner: str
    amount: int
    cause: str


async def post(session: AsyncSession, posting: Posting) -> int:
    """Post in the caller's transaction; the id of the ledger's transaction, the same one for a repeated key."""
    legs = posting.legs
    result = await session.execute(
        _POST,
        {
            "key": posting.key,
            "kind": posting.kind.value,
            "ref": posting.ref,
            "kinds": [leg.account.kind.value for leg in legs],
            "owners": [leg.account.owner for leg in legs],
            "amounts": [leg.amount for leg in legs],
            "causes": [leg.cause.value for leg in legs],
        },
    )
    return int(result.scalar_one())


async def post_all(session: AsyncSession, postings: Sequence[Posting]) -> list[int]:
    """Post a batch in the caller's transaction, all or nothing; the ids of the ledger's transactions, in order."""
    legs = [(number, leg) for number, posting in enumerate(postings, start=1) for leg in posting.legs]
    result = await session.execute(
        _POST_ALL,
        {
            "keys": [posting.key for posting in postings],
            "kinds": [posting.kind.value for posting in postings],
            "refs": [posting.ref for posting in postings],
            "postings": [number for number, _ in legs],
            "account_kinds": [leg.account.kind.value for _, leg in legs],
            "owners": [leg.account.owner for _, leg in legs],
            "amounts": [leg.amount for _, leg in legs],
            "causes": [leg.cause.value for _, leg in legs],
        },
    )
    return [int(transaction_id) for transaction_id in result.scalar_one()]


async def balances_of(session: AsyncSession, user_id: UUID) -> tuple[int, int]:
    """A user's available balance and what is held in escrow for their jobs, QU."""
    row = (await session.execute(_BALANCES, {"user": str(user_id)})).one()
    return int(row.available), int(row.held)


async def balance_of(session: AsyncSession, account: Account) -> int:
    """An account's balance, QU; for a hot account with what is not folded yet. 0 where it does not exist."""
    row = (await session.execute(_BALANCE, {"kind": account.kind.value, "owner": account.owner})).scalar_one_or_none()
    return int(row or 0)


async def fold(session: AsyncSession) -> None:
    """Fold the finished entries of the hot accounts into their balances."""
    await session.execute(_FOLD)


async def legs_of(session: AsyncSession, ref: str) -> Sequence[StoredLeg]:
    """Every leg that was posted for a reference, in order."""
    rows = await session.execute(_TRANSACTIONS, {"ref": ref})
    return [StoredLeg(row.id, row.account_kind, row.owner, row.amount, row.cause) for row in rows]


async def hold_snapshot(session: AsyncSession) -> None:
    """Let every statement of the transaction see the same books. To be called before any other statement."""
    await session.execute(_HOLD_SNAPSHOT)


async def export_snapshot(session: AsyncSession) -> str:
    """Name what a transaction that holds its snapshot sees, for others to see the same while it lasts."""
    return str((await session.execute(_EXPORT_SNAPSHOT)).scalar_one())


async def share_snapshot(session: AsyncSession, snapshot: str) -> None:
    """See what another transaction exported. To be called before any other statement."""
    await hold_snapshot(session)
    await session.execute(text(f"set transaction snapshot '{snapshot}'"))  # PostgreSQL's own words; it binds none here


async def counts(session: AsyncSession) -> Counts:
    """Size of the books."""
    row = (await session.execute(_COUNTS)).one()
    return Counts(accounts=row.accounts, transactions=row.transactions, entries=row.entries)


async def mismatches(session: AsyncSession) -> list[str]:
    """Recompute everything from the entries; one sentence for each thing that does not add up."""
    await session.execute(_ROOM)
    found = [
        f"transaction {row.id} does not sum to zero: {row.amount} QU" for row in await session.execute(_UNBALANCED)
    ]
    found += [f"transaction {row.id} ({row.key}) has no entries" for row in await session.execute(_EMPTY)]
    found += [
        f"entry {row.id} on account {row.account_id} was not posted with its transaction {row.transaction_id}"
        for row in await session.execute(_STRAY)
    ]
    found += [
        f"account {row.id} ({row.kind} of {row.owner}) says {row.balance} QU, its entries sum to {row.recomputed} QU"
        for row in await session.execute(_DRIFTED)
    ]
    found += [
        f"job {row.id} is {row.status}, but its escrow still holds {row.balance} QU"
        for row in await session.execute(_ESCROW_OPEN)
    ]
    found += [
        f"job {row.id} is {row.status}, but its escrow holds {row.balance} QU of {row.expected} QU"
        for row in await session.execute(_ESCROW_SHORT)
    ]
    found += [
        f"escrow account {row.id} holds {row.balance} QU for {row.owner}, which is no job and no escrow paid so far"
        for row in await session.execute(_ORPHANED_ESCROW)
    ]
    found += [
        f"attempt {row.owner} has {row.balance} QU of pending pay, its record says {row.expected} QU"
        for row in await session.execute(_PENDING_OFF)
    ]
    found += [
        f"reservation {row.owner} holds {row.balance} QU of {row.expected} QU"
        for row in await session.execute(_RESERVATION_OFF)
    ]
    return found
