"""All SQL of jobs that are held back."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

# Of a job that nothing has happened to there is no row: it stays as it is. What can go now comes first.
_DUE = text("""
    with due as (
        select j.id, j.created_at, j.array_id, j.array_index, failed.id as failed_id, failed.name as failed_name,
               failed.status as failed_status, failed.cause as failed_cause,
               row_number() over (partition by j.array_id, failed.id is null order by j.array_index) as place
          from jobs j
          left join lateral (select b.id, b.name, b.status, b.cause
                               from job_dependencies d join jobs b on b.id = d.after_job_id
                              where d.job_id = j.id and not d.may_fail and b.status in ('FAILED', 'CANCELLED')
                              order by b.completed_at, b.id limit 1) failed on true
         where j.status = 'PENDING' and j.is_held_back and j.cancel_requested_at is null
           and (failed.id is not null
                or not exists (select from job_dependencies d join jobs b on b.id = d.after_job_id
                                where d.job_id = j.id and b.status not in ('COMPLETED', 'FAILED', 'CANCELLED')))
    ), stands as (
        select a.id, a.at_once, count(j.id) as active
          from job_arrays a
          left join jobs j on j.array_id = a.id and not j.is_held_back
                          and j.status not in ('COMPLETED', 'FAILED', 'CANCELLED')
         where a.id in (select array_id from due) group by a.id
    )
    select due.*, stands.at_once, stands.active from due left join stands on stands.id = due.array_id
     order by coalesce(due.failed_id is null and due.place > stands.at_once - stands.active, false),
              due.created_at, due.array_index, due.id limit :limit
""")
_RELEASE = text("""
    with locked as (
        select id from jobs where id = any (cast(:ids as uuid[])) and status = 'PENDING' and is_held_back
         order by id for no key update
    )
    update jobs j set is_held_back = false, queued_at = clock_timestamp() from locked where j.id = locked.id
    returning j.id
""")


async def due(session: AsyncSession, *, limit: int) -> Sequence[Row[Any]]:
    """Jobs that are held back and that something can be done for now."""
    return (await session.execute(_DUE, {"limit": limit})).all()


async def release(session: AsyncSession, ids: Sequence[UUID]) -> list[UUID]:
    """Hold these jobs back no longer: they wait for a machine from now on. Those that did so until now."""
    return list((await session.execute(_RELEASE, {"ids": sorted(ids)})).scalars())
