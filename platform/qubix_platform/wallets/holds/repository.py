"""All SQL of what is held."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

_OF_USER: Final = text("""
    with holds as (
        select j.id, 'job' as kind, j.name, j.status, a.balance as amount, j.created_at as since
          from jobs j join ledger_accounts a on a.kind = 'escrow' and a.owner = j.escrow_id::text
         where j.user_id = :user_id and j.completed_at is null
        union all
        select e.id, 'escrow', null, e.status, e.paid, e.created_at
          from escrows e where e.user_id = :user_id and e.status in ('AWAITING', 'LOCKED')
        union all
        select r.id, 'reservation', p.worker_id, r.status, r.prepaid - r.settled_amount, r.created_at
          from reservations r join providers p on p.id = r.provider_id
         where r.user_id = :user_id and r.status = 'ACTIVE'
    )
    select id, kind, name, status, amount, since, count(*) over () as total
      from holds where amount > 0 order by since desc, id limit :limit offset :offset
""")


async def of_user(session: AsyncSession, user_id: UUID, *, limit: int, offset: int) -> tuple[Sequence[Row[Any]], int]:
    """What holds a user's money, newest first, and how many there are."""
    rows = (await session.execute(_OF_USER, {"user_id": user_id, "limit": limit, "offset": offset})).all()
    return rows, rows[0].total if rows else 0
