"""All SQL of statements, invoices and revenue: reading entries, and nothing else."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.books import StatementOrder
from qubix_platform.ledger.statements.period import Period

# A transaction begins before it waits for a balance, so times need not follow the ids: lines are in the order of ids,
# with a balance of their own, and one day ends where the next begins.
_TOTALS = text("""
    select coalesce(sum(e.amount) filter (where e.created_at < :begin), 0)::bigint as opening,
           coalesce(sum(e.amount) filter (where e.created_at >= :begin and e.amount > 0), 0)::bigint as money_in,
           coalesce(-sum(e.amount) filter (where e.created_at >= :begin and e.amount < 0), 0)::bigint as money_out,
           count(*) filter (where e.created_at >= :begin) as movements
      from ledger_accounts a join ledger_entries e on e.account_id = a.id
     where a.kind = 'wallet' and a.owner = :user_id and e.created_at < :end
""")
_LINES = """
    select e.created_at as at, e.transaction_id, t.kind as type, e.cause, t.ref, e.amount,
           (:opening + sum(e.amount) over (order by e.id))::bigint as balance
      from ledger_accounts a
      join ledger_entries e on e.account_id = a.id
      join ledger_transactions t on t.id = e.transaction_id
     where a.kind = 'wallet' and a.owner = :user_id and e.created_at >= :begin and e.created_at < :end
     order by e.id {direction} limit :limit offset :offset
"""
_OLDEST_FIRST = text(_LINES.format(direction="asc"))
_NEWEST_FIRST = text(_LINES.format(direction="desc"))
# Others' jobs, which paid this user, are jobs without a name.
_SUBJECTS = text("""
    select id::text as ref, 'job' as subject, case when user_id = :user_id then name end as name
      from jobs where id = any (cast(:ids as uuid[]))
    union all
    select id::text, 'escrow', null from escrows where id = any (cast(:ids as uuid[]))
    union all
    select r.id::text, 'reservation', p.worker_id
      from reservations r join providers p on p.id = r.provider_id where r.id = any (cast(:ids as uuid[]))
    union all
    select id::text, 'withdrawal', destination from withdrawals where id = any (cast(:ids as uuid[]))
""")
# Whoever posts to a wallet holds its row, so that the ids of its entries come to light in their order: nothing comes
# before the last one that was read.
_NEXT_LINES = text("""
    select e.id, e.created_at as at, e.transaction_id, t.kind as type, e.cause, t.ref, e.amount
      from ledger_accounts a
      join ledger_entries e on e.account_id = a.id
      join ledger_transactions t on t.id = e.transaction_id
     where a.kind = 'wallet' and a.owner = :user_id and e.created_at >= :begin and e.created_at < :end and e.id > :after
     order by e.id limit :limit
""")
_CONSUMED = text("""
    with dealings as (
        select j.id, 'job' as kind, j.name, j.created_at, j.completed_at as closed_at,
               (select coalesce(sum(n.billable_seconds), 0) from attempts n where n.job_id = j.id) as seconds
          from jobs j where j.user_id = cast(:user_id as uuid)
        union all
        select r.id, 'reservation', null, r.created_at, r.closed_at, r.settled_seconds
          from reservations r where r.user_id = cast(:user_id as uuid)
    )
    select d.id, d.kind, d.name, max(t.created_at) as last_paid_at, d.seconds::bigint as seconds,
           sum(e.amount)::bigint as amount, coalesce(sum(e.amount) filter (where e.cause = 'FEE'), 0)::bigint as fee
      from dealings d
      join ledger_transactions t on t.ref = d.id::text and t.created_at >= :begin and t.created_at < :end
      join ledger_entries e on e.transaction_id = t.id and e.cause in ('EARNING', 'FEE') and e.amount > 0
     where d.created_at < :end and (d.closed_at is null or d.closed_at >= :begin)
     group by d.id, d.kind, d.name, d.seconds order by 4, 1
""")
_EARNED = text("""
    with earned as (
        select e.transaction_id, t.ref, t.kind, max(e.created_at) as at, sum(e.amount) as amount
          from ledger_accounts a
          join ledger_entries e on e.account_id = a.id and e.cause = 'EARNING' and e.amount > 0
          join ledger_transactions t on t.id = e.transaction_id
         where a.kind = 'wallet' and a.owner = :user_id and e.created_at >= :begin and e.created_at < :end
         group by e.transaction_id, t.ref, t.kind
    ), fees as (
        select f.transaction_id, sum(f.amount) as fee
          from earned join ledger_entries f on f.transaction_id = earned.transaction_id and f.cause = 'FEE'
         group by f.transaction_id
    )
    select cast(d.ref as uuid) as id, case d.kind when 'RESERVATION' then 'reservation' else 'job' end as kind,
           null as name, max(d.at) as last_paid_at,
           coalesce((select r.settled_seconds from reservations r where r.id = cast(d.ref as uuid)),
                    (select sum(n.billable_seconds) from attempts n join providers p on p.id = n.provider_id
                      where n.job_id = cast(d.ref as uuid) and p.user_id = cast(:user_id as uuid)), 0)::bigint
               as seconds,
           sum(d.amount + coalesce(f.fee, 0))::bigint as amount, coalesce(sum(f.fee), 0)::bigint as fee
      from earned d left join fees f on f.transaction_id = d.transaction_id
     group by d.ref, 2 order by 4, 1
""")
_REVENUE = text("""
    with platform as (
        select (e.created_at at time zone 'UTC')::date as day, e.transaction_id, a.kind, e.amount, t.ref
          from ledger_accounts a
          join ledger_entries e on e.account_id = a.id and e.balance_after is null
          join ledger_transactions t on t.id = e.transaction_id
         where a.kind in ('fees', 'costs') and e.created_at >= :begin and e.created_at < :end
    ), earned as (
        select p.day, sum(e.amount) as amount
          from (select distinct day, transaction_id from platform where kind = 'fees') p
          join ledger_entries e on e.transaction_id = p.transaction_id and e.cause = 'EARNING' and e.amount > 0
         group by p.day
    ), days as (
        select p.day, count(distinct p.ref) filter (where p.kind = 'fees') as jobs,
               coalesce(sum(p.amount) filter (where p.kind = 'fees'), 0)::bigint as fees,
               coalesce(-sum(p.amount) filter (where p.kind = 'costs' and p.amount < 0), 0)::bigint as network_costs
          from platform p group by p.day
    )
    select d.day, d.jobs, (coalesce(e.amount, 0) + d.fees)::bigint as turnover, d.fees, d.network_costs
      from days d left join earned e on e.day = d.day order by d.day
""")


async def totals(session: AsyncSession, user_id: UUID, period: Period) -> Row[Any]:
    """`opening`, `money_in`, `money_out` (QU) and the number of `movements` of a wallet over a period."""
    return (await session.execute(_TOTALS, _of(user_id, period))).one()


async def lines(
    session: AsyncSession,
    user_id: UUID,
    period: Period,
    *,
    opening: int,
    limit: int,
    offset: int,
    order: StatementOrder,
) -> Sequence[Row[Any]]:
    """Movements on a wallet, in order, each with the balance after it."""
    values = _of(user_id, period) | {"opening": opening, "limit": limit, "offset": offset}
    statement = _OLDEST_FIRST if order is StatementOrder.OLDEST else _NEWEST_FIRST
    return (await session.execute(statement, values)).all()


async def subjects(session: AsyncSession, user_id: UUID, ids: Sequence[UUID]) -> dict[str, Row[Any]]:
    """What these ids are of, each with its `subject` and `name`; those of nothing that is known are left out."""
    rows = await session.execute(_SUBJECTS, {"user_id": user_id, "ids": list(ids)})
    return {row.ref: row for row in rows}


async def next_lines(
    session: AsyncSession, user_id: UUID, period: Period, *, after: int, limit: int
) -> Sequence[Row[Any]]:
    """The next movements on a wallet after the entry `after`, in order, each with its entry's `id`."""
    return (await session.execute(_NEXT_LINES, _of(user_id, period) | {"after": after, "limit": limit})).all()


async def consumed(session: AsyncSession, user_id: UUID, period: Period) -> Sequence[Row[Any]]:
    """What a user's jobs cost in a period, each job once."""
    return (await session.execute(_CONSUMED, _of(user_id, period))).all()


async def earned(session: AsyncSession, user_id: UUID, period: Period) -> Sequence[Row[Any]]:
    """What a user's machines earned in a period, before the fee, each job once."""
    return (await session.execute(_EARNED, _of(user_id, period))).all()


async def revenue(session: AsyncSession, period: Period) -> Sequence[Row[Any]]:
    """The platform's days on which it took a fee or paid the network."""
    return (await session.execute(_REVENUE, {"begin": period.begin, "end": period.end})).all()


def _of(user_id: UUID, period: Period) -> dict[str, Any]:
    return {"user_id": str(user_id), "begin": period.begin, "end": period.end}
