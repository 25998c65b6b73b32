"""The only place where a group's status changes."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.base import JsonObject
from qubix.schemas.states import EventType, GroupStatus
from qubix_platform.events import service as events

# One that has ended is passed over: final states are final.
_TRANSITION: Final = text("""
    update job_groups set status = :to, obstacle = case when :to = 'ENDED' then null else obstacle end,
           ended_at = case when :to = 'ENDED' then clock_timestamp() end
     where id = :id and status <> 'ENDED' and status <> :to
    returning id
""")


async def transition(session: AsyncSession, *, group_id: UUID, to: GroupStatus) -> bool:
    """Move a group on, with its event in the same transaction; False where it stood there, or had ended."""
    row = (await session.execute(_TRANSITION, {"id": group_id, "to": to.value})).one_or_none()
    if row is not None:
        await announce(session, group_id, status=to.value)
    return row is not None


async def announce(session: AsyncSession, group_id: UUID, **changes: Any) -> None:
    """Tell the scheduler, and whoever watches, that something about a group has changed."""
    data: JsonObject = {"groupId": str(group_id), **changes}
    topics = [f"group:{group_id}", "scheduler"]
    await events.record(session, type=EventType.GROUP_UPDATE, topics=topics, data=data)


async def announce_item(session: AsyncSession, row: Row[Any]) -> None:
    """Tell whoever watches a group of what came of an item."""
    data: JsonObject = {"groupId": str(row.group_id), "itemId": row.id, "name": row.name, "itemStatus": row.status}
    await events.record(session, type=EventType.GROUP_UPDATE, topics=[f"group:{row.group_id}"], data=data)
