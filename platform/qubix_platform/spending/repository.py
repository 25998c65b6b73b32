"""All SQL of spending limits."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.spending.limits import Exposure, Limits

# Locked: two holds at once would each see room for itself alone. They come right before the ledger's accounts in the
# order in which everybody locks.
_LOCK: Final = text("""
    select key_id, per_job, per_day, total from spending_limits
     where user_id = :user_id and (key_id is null or key_id = :key_id) order by id for no key update
""")
_LIST: Final = text("""
    select l.key_id, k.name as key_name, l.per_job, l.per_day, l.total, l.updated_at
      from spending_limits l left join api_keys k on k.id = l.key_id
     where l.user_id = :user_id order by l.key_id nulls first
""")
_IS_LIMITED: Final = text("select exists (select from spending_limits where user_id = :user_id and key_id = :key_id)")
_HAS_KEY: Final = text("select exists (select from api_keys where id = :key_id and user_id = :user_id)")
_SET: Final = text("""
    insert into spending_limits (user_id, key_id, per_job, per_day, total)
    values (:user_id, :key_id, :per_job, :per_day, :total)
    on conflict on constraint spending_limits_subject do update
       set per_job = excluded.per_job, per_day = excluded.per_day, total = excluded.total, updated_at = now()
""")
_CLEAR: Final = text("""
    delete from spending_limits where user_id = :user_id and key_id is not distinct from cast(:key_id as uuid)
""")
# What a job cost on the day of its end is what was not settled on the way: those parts count on their own days.
# What a lost attempt gave back is taken off what it was paid on the same day, and off no other day. A reservation
# counts in full on the day on which it is prepaid, less what comes back.
_EXPOSURE: Final = text("""
    with today as (
        select date_trunc('day', now(), 'UTC') as began
    ), mine as (
        select id, completed_at, hold_amount, settled_amount, actual_cost from jobs
         where user_id = :user_id and (cast(:key_id as uuid) is null or key_id = cast(:key_id as uuid))
           and (:ever or completed_at is null or completed_at >= (select began from today))
    ), parts as (
        select coalesce(sum(greatest(0, one.charged)), 0) as today
          from (select sum(s.charged) as charged
                  from mine join attempts a on a.job_id = mine.id join attempt_settlements s on s.attempt_id = a.id
                 where mine.settled_amount > 0 and s.settled_at >= (select began from today)
                 group by a.id) one
    ), reserved as (
        select coalesce(sum(amount), 0) as ever,
               coalesce(sum(amount) filter (where created_at >= (select began from today)), 0) as today
          from (select created_at, case when status = 'ACTIVE' then prepaid else settled_amount end as amount
                  from reservations
                 where user_id = :user_id and (cast(:key_id as uuid) is null or key_id = cast(:key_id as uuid))
                   and (:ever or created_at >= (select began from today))) mine
    )
    select (coalesce(sum(actual_cost - settled_amount) filter (where completed_at >= (select began from today)), 0)
               + (select today from parts) + (select today from reserved))::bigint as today,
           (coalesce(sum(coalesce(actual_cost, settled_amount)), 0) + (select ever from reserved))::bigint as ever,
           coalesce(sum(hold_amount - settled_amount) filter (where completed_at is null), 0)::bigint as held
      from mine
""")


async def lock(session: AsyncSession, *, user_id: UUID, key_id: UUID | None) -> list[Limits]:
    """The limits that bear on a hold, locked until the transaction ends."""
    rows = await session.execute(_LOCK, {"user_id": user_id, "key_id": key_id})
    return [Limits(**row._mapping) for row in rows]


async def exposure(session: AsyncSession, *, user_id: UUID, key_id: UUID | None, ever: bool) -> Exposure:
    """What a user, or one key of theirs, spent and has held. Without `ever`, other days than today are left out."""
    values = {"user_id": user_id, "key_id": key_id, "ever": ever}
    row = (await session.execute(_EXPOSURE, values)).one()
    return Exposure(today=row.today, ever=row.ever, held=row.held)


async def list_all(session: AsyncSession, user_id: UUID) -> Sequence[Row[Any]]:
    """A user's limits with the names of the keys, the user's own first."""
    return (await session.execute(_LIST, {"user_id": user_id})).all()


async def is_limited(session: AsyncSession, *, user_id: UUID, key_id: UUID) -> bool:
    """Whether an API key has limits of its own."""
    return bool((await session.execute(_IS_LIMITED, {"user_id": user_id, "key_id": key_id})).scalar_one())


async def has_key(session: AsyncSession, *, user_id: UUID, key_id: UUID) -> bool:
    """Whether an API key is the user's."""
    return bool((await session.execute(_HAS_KEY, {"user_id": user_id, "key_id": key_id})).scalar_one())


async def store(session: AsyncSession, user_id: UUID, limits: Limits) -> None:
    """Set limits in place of those that were there."""
    await session.execute(_SET, {"user_id": user_id, **vars(limits)})


async def clear(session: AsyncSession, *, user_id: UUID, key_id: UUID | None) -> None:
    """Take limits away."""
    await session.execute(_CLEAR, {"user_id": user_id, "key_id": key_id})
