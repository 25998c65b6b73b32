"""All SQL of what machines have run."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

_OF_USER = text("""
    select a.id as attempt_id, a.job_id, a.provider_id, p.worker_id, p.name as machine, p.simulated, a.status, a.cause,
           a.is_standby, a.price_per_hour, a.billable_seconds, a.earned, a.created_at, a.started_at, a.ended_at,
           count(*) over () as total
      from attempts a join providers p on p.id = a.provider_id
     where p.user_id = :user_id and (cast(:provider_id as uuid) is null or p.id = :provider_id)
     order by a.created_at desc, a.id limit :limit offset :offset
""")


async def of_user(
    session: AsyncSession, user_id: UUID, *, provider_id: UUID | None, limit: int, offset: int
) -> tuple[Sequence[Row[Any]], int]:
    """What a user's machines have run, newest first, and how much there is; of one of them, if it is named."""
    values = {"user_id": user_id, "provider_id": provider_id, "limit": limit, "offset": offset}
    rows = (await session.execute(_OF_USER, values)).all()
    return rows, rows[0].total if rows else 0
