"""All SQL of deadlines."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

# Whoever waits, and knows what they need, is looked at from the first; all others at their deadline.
_NEAR = text("""
    select j.id, j.status, j.deadline, j.compute_needed, clock_timestamp() as now,
           (select max(p.fp32_tflops) from providers p
             where p.removed_at is null and p.status = 'ONLINE' and p.is_available) as fastest
      from jobs j
     where j.deadline is not null and j.status in ('PENDING', 'ASSIGNED', 'RUNNING') and j.cancel_requested_at is null
       and (j.deadline <= clock_timestamp() or (j.status = 'PENDING' and j.compute_needed > 0))
     order by j.deadline limit :limit
""")


async def near(session: AsyncSession, *, limit: int) -> Sequence[Row[Any]]:
    """Jobs that may have missed their deadline, or be about to, the first deadline first."""
    return (await session.execute(_NEAR, {"limit": limit})).all()
