"""All SQL of jobs that are held back."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

# Of a job that nothing has happened to there is no row: it stays as it is.
_DUE = text("""
    select j.id, failed.id as failed_id, failed.name as failed_name, failed.status as failed_status,
           failed.cause as failed_cause
      from jobs j
      left join lateral (select b.id, b.name, b.status, b.cause
                           from job_dependencies d join jobs b on b.id = d.after_job_id
                          where d.job_id = j.id and not d.may_fail and b.status in ('FAILED', 'CANCELLED')
                          order by b.completed_at, b.id limit 1) failed on true
     where j.status = 'PENDING' and j.is_held_back and j.cancel_requested_at is null
       and (failed.id is not null
            or not exists (select from job_dependencies d join jobs b on b.id = d.after_job_id
                            where d.job_id = j.id and b.status not in ('COMPLETED', 'FAILED', 'CANCELLED')))
     order by j.created_at, j.id limit :limit
""")
_RELEASE = text("""
    update jobs set is_held_back = false, queued_at = clock_timestamp()
     where id = any (cast(:ids as uuid[])) and status = 'PENDING' and is_held_back
    returning id
""")


async def due(session: AsyncSession, *, limit: int) -> Sequence[Row[Any]]:
    """Jobs that are held back and that something can be done for now."""
    return (await session.execute(_DUE, {"limit": limit})).all()


async def release(session: AsyncSession, ids: Sequence[UUID]) -> list[UUID]:
    """Hold these jobs back no longer: they wait for a machine from now on. Those that did so until now."""
    return list((await session.execute(_RELEASE, {"ids": sorted(ids)})).scalars())
