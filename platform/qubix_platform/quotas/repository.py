"""All SQL of quotas."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.accounts import QuotaSet

_GET = text("""
    select u.id as user_id, u.username, coalesce(q.weight, 100) as weight, q.max_gpus,
           coalesce(q.may_use_high, false) or u.is_operator as may_use_high
      from users u left join quotas q on q.user_id = u.id where u.id = :user_id
""")
_SET = text("""
    insert into quotas (user_id, weight, max_gpus, may_use_high) values (:user_id, :weight, :max_gpus, :may_use_high)
    on conflict (user_id) do update set weight = excluded.weight, max_gpus = excluded.max_gpus,
        may_use_high = excluded.may_use_high, updated_at = now()
""")


async def get(session: AsyncSession, user_id: UUID) -> Row[Any]:
    """What a user may have; what anybody may where nothing was set."""
    return (await session.execute(_GET, {"user_id": user_id})).one()


async def store(session: AsyncSession, user_id: UUID, request: QuotaSet) -> None:
    """Set what a user may have."""
    await session.execute(_SET, request.model_dump() | {"user_id": user_id})
