"""All SQL of attempts that have to make room."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

_NOTICE: Final = text("""
    update attempts set preemption_noticed_at = coalesce(preemption_noticed_at, clock_timestamp()) where id = :id
""")
# Whoever saved its work since it was asked to need not stay for the rest of the notice.
_LEAVING: Final = text("""
    select a.id, p.worker_id, p.type as provider_type
      from attempts a join providers p on p.id = a.provider_id
     where a.status in ('ASSIGNED', 'RUNNING') and a.preemption_noticed_at is not null
       and (a.preemption_noticed_at <= clock_timestamp() - make_interval(secs => :notice)
            or exists (select from checkpoints c
                        where c.attempt_id = a.id and c.taken_at >= a.preemption_noticed_at))
     order by a.preemption_noticed_at, a.id
""")
_IN_THE_WAY: Final = text("""
    select a.id from reservations r
      join attempts a on a.provider_id = r.provider_id and a.status in ('ASSIGNED', 'RUNNING')
      join jobs j on j.id = a.job_id
     where r.status = 'ACTIVE' and r.starts_at <= clock_timestamp() + make_interval(secs => :notice)
       and r.ends_at > clock_timestamp() and j.user_id <> r.user_id and a.preemption_noticed_at is null
""")


async def notice(session: AsyncSession, attempt_id: UUID) -> None:
    """Remember since when an attempt is asked to make room."""
    await session.execute(_NOTICE, {"id": attempt_id})


async def leaving(session: AsyncSession, *, notice_seconds: int) -> Sequence[Row[Any]]:
    """Attempts that were asked to make room, and whose time for it is over or was enough."""
    return (await session.execute(_LEAVING, {"notice": notice_seconds})).all()


async def in_the_way(session: AsyncSession, *, notice_seconds: int) -> list[UUID]:
    """Attempts on machines that are reserved by others from soon on, and were not asked to leave yet."""
    return list((await session.execute(_IN_THE_WAY, {"notice": notice_seconds})).scalars())
