"""All SQL of groups but their status and their items."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

_INSERT: Final = text("""
    insert into job_groups (user_id, key_id, name, template, request_key, fingerprint, min_workers, max_workers,
                            items_per_worker, idle_seconds, max_tries)
    values (:user_id, :key_id, :name, cast(:template as jsonb), :request_key, :fingerprint, :min_workers, :max_workers,
            :items_per_worker, :idle_seconds, :max_tries)
    returning id
""")
_LOCK_KEY: Final = text("select pg_advisory_xact_lock(hashtextextended(:user_id || ':group:' || :key, 0))")
_KNOWN_KEY: Final = text("select id, fingerprint from job_groups where user_id = :user_id and request_key = :key")
_SUMMED = """
    select g.*, i.items, coalesce(w.workers, 0) as workers, coalesce(w.leaving, 0) as leaving,
           coalesce(w.held, 0)::bigint as held, coalesce(w.cost, 0)::bigint as cost_so_far, count(*) over () as total
      from job_groups g
      left join lateral (select coalesce(jsonb_object_agg(c.status, c.items), '{{}}') as items
                           from (select status, count(*) as items from group_items
                                  where group_id = g.id group by status) c) i on true
      left join lateral (
          select count(*) filter (where is_living and j.asked_to_leave_at is null) as workers,
                 count(*) filter (where is_living and j.asked_to_leave_at is not null) as leaving,
                 sum(j.hold_amount - j.settled_amount) filter (where is_living) as held,
                 sum(coalesce(j.actual_cost, j.settled_amount)) as cost
            from jobs j, lateral (select j.status not in ('COMPLETED', 'FAILED', 'CANCELLED') as is_living) l
           where j.group_id = g.id) w on true
     where g.user_id = :user_id {which}
"""
_GET: Final = text(_SUMMED.format(which="and g.id = :id"))
_LIST: Final = text(
    _SUMMED.format(
        which="and (:with_ended or g.status <> 'ENDED') order by g.created_at desc, g.id limit :limit offset :offset"
    )
)
_HOLD_OPEN: Final = text("select status from job_groups where id = :id and user_id = :user_id for share")
_LOCK: Final = text("""
    select g.*, clock_timestamp() as now,
           g.key_id is not null and not exists (
               select from api_keys k where k.id = g.key_id and k.revoked_at is null
                  and (k.expires_at is null or k.expires_at > clock_timestamp())) as key_is_gone
      from job_groups g where g.id = :id for no key update
""")
_SET_BOUNDS: Final = text("""
    update job_groups set min_workers = :min_workers, max_workers = :max_workers, key_id = :key_id,
           surplus_since = null, obstacle = null, resumed_at = clock_timestamp()
     where id = :id
""")
# More items than call for the most workers need not be counted.
_STANDING: Final = """
    select g.id, g.status, g.min_workers, g.max_workers, g.items_per_worker, g.idle_seconds, g.surplus_since,
           g.obstacle, clock_timestamp() as now,
           (select count(*) from (select from group_items i where i.group_id = g.id and i.status = 'QUEUED'
                                   limit g.max_workers * g.items_per_worker::bigint) queued)
               + (select count(*) from group_items i
                    join attempts a on a.id = i.attempt_id join jobs j on j.id = a.job_id
                   where i.status = 'TAKEN' and j.group_id = g.id) as items,
           coalesce(w.workers, '[]') as workers,
           f.failures, f.last_failure
      from job_groups g
      left join lateral (
          select jsonb_agg(jsonb_build_object(
                     'job_id', j.id, 'status', j.status, 'created_at', j.created_at,
                     'asked_to_leave_at', j.asked_to_leave_at, 'is_stopping', j.cancel_requested_at is not null,
                     'is_busy', exists (select from group_items i where i.attempt_id = j.current_attempt_id
                                           and i.status = 'TAKEN'))) as workers
            from jobs j where j.group_id = g.id and j.status in ('PENDING', 'ASSIGNED', 'RUNNING')) w on true
      left join lateral (
          select count(*) as failures, (array_agg(coalesce(j.error, 'it ended by itself')
                                                  order by j.completed_at desc))[1] as last_failure
            from jobs j
           where j.group_id = g.id and j.asked_to_leave_at is null
             and j.cause in ('COMPLETED', 'USER_ERROR', 'OUT_OF_MEMORY')
             and j.completed_at > greatest(g.resumed_at, (select i.ended_at from group_items i
                     where i.group_id = g.id and i.status = 'DONE' order by i.ended_at desc limit 1))) f on true
     where g.status <> 'ENDED' {which}
"""
_STANDINGS: Final = text(_STANDING.format(which="order by g.created_at"))
_STANDING_OF: Final = text(_STANDING.format(which="and g.id = :id"))
_NOTE: Final = text("""
    update job_groups set surplus_since = cast(:surplus_since as timestamptz), obstacle = cast(:obstacle as text)
     where id = :id
""")
_ADOPT: Final = text("update jobs set group_id = :group_id where id = :job_id")
_ASK: Final = text("""
    update jobs set asked_to_leave_at = clock_timestamp()
     where id = any (cast(:ids as uuid[])) and asked_to_leave_at is null
""")
_LIVING: Final = text("""
    select id, status, cancel_requested_at from jobs
     where group_id = :id and status not in ('COMPLETED', 'FAILED', 'CANCELLED') order by id for no key update
""")
_LOCK_JOBS: Final = text("""
    select id, status, cancel_requested_at from jobs where id = any (cast(:ids as uuid[])) order by id
       for no key update
""")


@dataclass(frozen=True, kw_only=True)
class NewGroup:
    """What is stored of a new group."""

    user_id: UUID
    key_id: UUID | None
    name: str
    template: dict[str, Any]
    request_key: str | None
    fingerprint: bytes
    min_workers: int
    max_workers: int
    items_per_worker: int
    idle_seconds: int
    max_tries: int


async def insert(session: AsyncSession, group: NewGroup) -> UUID:
    """Store a new group as ACTIVE."""
    values = vars(group) | {"template": json.dumps(group.template)}
    group_id: UUID = (await session.execute(_INSERT, values)).scalar_one()
    return group_id


async def known_key(session: AsyncSession, *, user_id: UUID, key: str) -> Row[Any] | None:
    """The group that an Idempotency-Key made; until the transaction ends nobody else can use it."""
    await session.execute(_LOCK_KEY, {"user_id": str(user_id), "key": key})
    return (await session.execute(_KNOWN_KEY, {"user_id": user_id, "key": key})).one_or_none()


async def get(session: AsyncSession, *, group_id: UUID, user_id: UUID) -> Row[Any] | None:
    """A user's group, with its workers and items summed up."""
    return (await session.execute(_GET, {"id": group_id, "user_id": user_id})).one_or_none()


async def list_page(
    session: AsyncSession, *, user_id: UUID, with_ended: bool, limit: int, offset: int
) -> Sequence[Row[Any]]:
    """A page of a user's groups, newest first; each row carries the `total` of them."""
    values = {"user_id": user_id, "with_ended": with_ended, "limit": limit, "offset": offset}
    return (await session.execute(_LIST, values)).all()


async def status_held(session: AsyncSession, *, group_id: UUID, user_id: UUID) -> str | None:
    """A user's group's status, which stays as it is until the transaction ends."""
    values = {"id": group_id, "user_id": user_id}
    status: str | None = (await session.execute(_HOLD_OPEN, values)).scalar_one_or_none()
    return status


async def lock(session: AsyncSession, group_id: UUID) -> Row[Any] | None:
    """A group, locked until the transaction ends."""
    return (await session.execute(_LOCK, {"id": group_id})).one_or_none()


async def set_bounds(
    session: AsyncSession, group_id: UUID, *, min_workers: int, max_workers: int, key_id: UUID | None
) -> None:
    """Other bounds for a group; what failed before counts no more, and the limits of this key are kept from now on."""
    values = {"id": group_id, "min_workers": min_workers, "max_workers": max_workers, "key_id": key_id}
    await session.execute(_SET_BOUNDS, values)


async def standings(session: AsyncSession) -> Sequence[Row[Any]]:
    """How every group stands that has not ended, oldest first."""
    return (await session.execute(_STANDINGS)).all()


async def standing(session: AsyncSession, group_id: UUID) -> Row[Any] | None:
    """How a group stands; None where it has ended."""
    return (await session.execute(_STANDING_OF, {"id": group_id})).one_or_none()


async def note(session: AsyncSession, row: Row[Any], *, surplus_since: Any, obstacle: str | None) -> None:
    """Remember what the next look at a group needs, and what its owner is told."""
    await session.execute(_NOTE, {"id": row.id, "surplus_since": surplus_since, "obstacle": obstacle})


async def adopt(session: AsyncSession, *, group_id: UUID, job_id: UUID) -> None:
    """Make a new job a worker of a group."""
    await session.execute(_ADOPT, {"group_id": group_id, "job_id": job_id})


async def ask_to_leave(session: AsyncSession, job_ids: Sequence[UUID]) -> None:
    """Give these workers no more items."""
    await session.execute(_ASK, {"ids": list(job_ids)})


async def lock_living(session: AsyncSession, group_id: UUID) -> Sequence[Row[Any]]:
    """The workers of a group that have not ended, locked until the transaction ends."""
    return (await session.execute(_LIVING, {"id": group_id})).all()


async def lock_jobs(session: AsyncSession, job_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """These workers, locked until the transaction ends."""
    return (await session.execute(_LOCK_JOBS, {"ids": list(job_ids)})).all()
