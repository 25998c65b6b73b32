"""All SQL of arrays."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.arrays import ArrayRange

_INSERT = text("""
    insert into job_arrays (user_id, name, first_index, last_index, at_once)
    values (:user_id, :name, :first, :last, :at_once) returning id
""")
# The first is a job like any other by now; the others are like it in all but these columns, whatever columns there are.
_FIRST = text("""
    update jobs j set array_id = a.id, array_index = a.first_index,
           name = left(a.name, 190) || '[' || a.first_index || ']',
           spec = jsonb_set(j.spec, '{env}', (j.spec -> 'env') || jsonb_build_object(
               'QUBIX_ARRAY_INDEX', a.first_index::text, 'QUBIX_ARRAY_ID', a.id::text,
               'QUBIX_ARRAY_SIZE', (a.last_index - a.first_index + 1)::text))
      from job_arrays a where j.id = :job_id and a.id = :array_id
""")
_OTHERS = text("""
    insert into jobs
    select made.* from jobs j
      join job_arrays a on a.id = j.array_id
     cross join lateral generate_series(a.first_index + 1, a.last_index) as i
     cross join lateral jsonb_populate_record(j, jsonb_build_object(
         'id', gen_random_uuid(), 'escrow_id', null, 'array_index', i, 'name', left(a.name, 190) || '[' || i || ']',
         'spec', jsonb_set(j.spec, '{env, QUBIX_ARRAY_INDEX}', to_jsonb(i::text)),
         'queued_at', j.queued_at + (i - a.first_index) * interval '1 microsecond',
         'is_held_back', j.is_held_back or i >= a.first_index + a.at_once)) as made
     where j.id = :job_id
""")
_SUMMED = """
    select a.*, a.last_index - a.first_index + 1 as size, s.*, count(*) over () as total
      from job_arrays a
      join lateral (select coalesce(jsonb_object_agg(c.status, c.jobs), '{{}}') as counts,
                           sum(c.held_back)::bigint as held_back, sum(c.hold_amount)::bigint as hold_amount,
                           sum(c.cost)::bigint as cost_so_far
                      from (select j.status, count(*) as jobs, count(*) filter (where j.is_held_back) as held_back,
                                   sum(j.hold_amount) as hold_amount, coalesce(sum(j.actual_cost), 0) as cost
                              from jobs j where j.array_id = a.id group by j.status) c) s on true
     where a.user_id = :user_id {which}
"""
_GET = text(_SUMMED.format(which="and a.id = :id"))
_LIST = text(_SUMMED.format(which="order by a.created_at desc, a.id limit :limit offset :offset"))
_OF_JOB = text("select array_id from jobs where id = :job_id")
_JOBS = text("""
    select j.*, p.worker_id, coalesce(p.simulated, false) as simulated
      from jobs j left join providers p on p.id = j.provider_id where j.array_id = :id order by j.array_index
""")
_LOCK_LIVE = text("""
    select id, status, cancel_requested_at from jobs
     where array_id = :id and status not in ('COMPLETED', 'FAILED', 'CANCELLED') order by id for no key update
""")


async def insert(session: AsyncSession, job: Row[Any], span: ArrayRange) -> tuple[UUID, Sequence[Row[Any]]]:
    """Make a new job the first of an array, and the others like it: the array's id, and its jobs in order."""
    head = {"user_id": job.user_id, "name": job.name, "first": span.first, "last": span.last, "at_once": span.at_once}
    array_id: UUID = (await session.execute(_INSERT, head)).scalar_one()
    for statement in (_FIRST, _OTHERS):
        await session.execute(statement, {"job_id": job.id, "array_id": array_id})
    return array_id, await jobs(session, array_id)


async def get(session: AsyncSession, *, array_id: UUID, user_id: UUID) -> Row[Any] | None:
    """A user's array, with its jobs summed up."""
    return (await session.execute(_GET, {"id": array_id, "user_id": user_id})).one_or_none()


async def list_page(session: AsyncSession, *, user_id: UUID, limit: int, offset: int) -> Sequence[Row[Any]]:
    """A page of a user's arrays, newest first; each row carries the `total` of them."""
    return (await session.execute(_LIST, {"user_id": user_id, "limit": limit, "offset": offset})).all()


async def of_job(session: AsyncSession, job_id: UUID) -> UUID | None:
    """The array that a job belongs to."""
    array_id: UUID | None = (await session.execute(_OF_JOB, {"job_id": job_id})).scalar_one_or_none()
    return array_id


async def jobs(session: AsyncSession, array_id: UUID) -> Sequence[Row[Any]]:
    """The jobs of an array, in order."""
    return (await session.execute(_JOBS, {"id": array_id})).all()


async def lock_live(session: AsyncSession, array_id: UUID) -> Sequence[Row[Any]]:
    """The jobs of an array that have not ended, locked until the transaction ends."""
    return (await session.execute(_LOCK_LIVE, {"id": array_id})).all()
