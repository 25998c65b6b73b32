"""All SQL of items but their status."""

import json
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import ItemStatus

_PUSH: Final = text("""
    insert into group_items (group_id, name, data)
    select :group_id, n.item ->> 0, n.item -> 1
      from jsonb_array_elements(cast(:items as jsonb)) with ordinality as n (item, place) order by n.place
    on conflict (group_id, name) do nothing
""")
_LIST: Final = text("""
    select i.*, a.job_id from group_items i left join attempts a on a.id = i.attempt_id
     where i.group_id = :group_id and i.id > :after
       and (cast(:statuses as text[]) is null or i.status = any (:statuses))
     order by i.id limit :limit
""")
# What a worker may know without holding anything: it asks several times a second.
_LOOK: Final = text("""
    select j.group_id, j.asked_to_leave_at is not null or g.status = 'ENDED' as is_leaving,
           coalesce(a.limit_seconds - extract(epoch from clock_timestamp() - a.started_at), a.limit_seconds)::float8
               as left_s,
           a.limit_seconds, a.status as attempt_status, a.job_id,
           (select coalesce(max(extract(epoch from last.ended_at - last.taken_at)), 0)::float8
              from (select i.ended_at, i.taken_at from group_items i where i.group_id = j.group_id and i.status = 'DONE'
                     order by i.ended_at desc limit 20) last) as longest_s,
           exists (select from group_items i where i.group_id = j.group_id and i.status = 'QUEUED') as has_more,
           exists (select from group_items i where i.attempt_id = a.id and i.status = 'TAKEN') as is_busy
      from attempts a join jobs j on j.id = a.job_id left join job_groups g on g.id = j.group_id
     where a.id = :attempt_id
""")
_HELD: Final = text("select id, name, data, tries from group_items where attempt_id = :attempt_id and status = 'TAKEN'")


async def push(session: AsyncSession, group_id: UUID, items: Sequence[tuple[str, JsonValue]]) -> int:
    """Add items, name and data, to the end of a group's queue; how many there were not yet."""
    values = {"group_id": group_id, "items": json.dumps([list(item) for item in items])}
    result: Any = await session.execute(_PUSH, values)
    return int(result.rowcount)


async def list_after(
    session: AsyncSession, group_id: UUID, *, statuses: Sequence[ItemStatus], after: int, limit: int
) -> Sequence[Row[Any]]:
    """Items of a group in order; of any state where none is named."""
    wanted = [status.value for status in statuses] or None
    values = {"group_id": group_id, "statuses": wanted, "after": after, "limit": limit}
    return (await session.execute(_LIST, values)).all()


async def look(session: AsyncSession, attempt_id: UUID) -> Row[Any] | None:
    """How an attempt stands as a worker; `group_id` is null where it is none."""
    return (await session.execute(_LOOK, {"attempt_id": attempt_id})).one_or_none()


async def held_by(session: AsyncSession, attempt_id: UUID) -> Row[Any] | None:
    """The item that an attempt holds."""
    return (await session.execute(_HELD, {"attempt_id": attempt_id})).one_or_none()
