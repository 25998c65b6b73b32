"""All SQL of which job runs after which."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

_NAMED = text("""
    select id, array_id, name, status, cause from jobs
     where user_id = :user_id and (id = any (cast(:ids as uuid[])) or array_id = any (cast(:ids as uuid[])))
     order by created_at, id for key share
""")
_STORE = text("""
    insert into job_dependencies (job_id, after_job_id, may_fail)
    select j.id, d.after_job_id, d.may_fail
      from unnest(cast(:job_ids as uuid[])) as j (id),
           unnest(cast(:after as uuid[]), cast(:may_fail as boolean[])) as d (after_job_id, may_fail)
""")
_UNFINISHED = text("""
    select b.id, b.name, b.status, b.progress, count(*) over () as total
      from job_dependencies d join jobs b on b.id = d.after_job_id
     where d.job_id = :job_id and b.status not in ('COMPLETED', 'FAILED', 'CANCELLED')
     order by b.created_at, b.id limit :limit
""")


async def named(session: AsyncSession, *, user_id: UUID, ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Those of these jobs, and all jobs of those of these arrays, that are the user's, oldest first."""
    return (await session.execute(_NAMED, {"user_id": user_id, "ids": list(ids)})).all()


async def store(session: AsyncSession, job_ids: Sequence[UUID], *, after: Sequence[UUID], may_fail: set[UUID]) -> None:
    """Remember that each of the jobs runs after each of the others; after those of `may_fail` however they end."""
    values = {"job_ids": list(job_ids), "after": list(after), "may_fail": [job_id in may_fail for job_id in after]}
    await session.execute(_STORE, values)


async def unfinished(session: AsyncSession, job_id: UUID, *, limit: int) -> Sequence[Row[Any]]:
    """The jobs that a job still waits for, oldest first; each row carries the `total` of them."""
    return (await session.execute(_UNFINISHED, {"job_id": job_id, "limit": limit})).all()
