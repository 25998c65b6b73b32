"""The only place where the status of a group's item changes."""

import json
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import ItemStatus
from qubix_platform.groups.transition import announce_item

# Whoever takes the next one passes over those that others just take.
_TAKE: Final = text("""
    update group_items set status = 'TAKEN', attempt_id = :attempt_id, taken_at = clock_timestamp()
     where id = (select id from group_items where group_id = :group_id and status = 'QUEUED' order by id limit 1
                    for update skip locked)
    returning id, name, data, tries
""")
_END: Final = text("""
    update group_items set status = :to, result = cast(:result as jsonb), error = :error, ended_at = clock_timestamp()
     where id = :id and status = 'TAKEN' and attempt_id = :attempt_id
    returning id, group_id, name, status
""")
# The worker's own fault is a try; what its provider or the platform failed is none.
_GIVE_BACK: Final = text("""
    with lost as (
        select i.id, g.max_tries, a.cause, coalesce(a.error, 'no word') as reason,
               i.tries + (coalesce(a.cause, '') in ('USER_ERROR', 'OUT_OF_MEMORY', 'TIMEOUT', 'COMPLETED'))::integer
                   as tries
          from group_items i join attempts a on a.id = i.attempt_id join job_groups g on g.id = i.group_id
         where i.status = 'TAKEN' and a.status not in ('ASSIGNED', 'RUNNING')
         order by i.id limit :limit for update of i skip locked
    )
    update group_items i set tries = l.tries, attempt_id = null,
           status = case when l.tries >= l.max_tries then 'FAILED' else 'QUEUED' end,
           ended_at = case when l.tries >= l.max_tries then clock_timestamp() end,
           error = case when l.tries >= l.max_tries
                then l.tries || ' workers ended without finishing it, the last with ' || l.cause || ': ' || l.reason end
      from lost l where i.id = l.id
    returning i.id, i.group_id, i.name, i.status
""")
_DROP: Final = text("""
    update group_items set status = 'DROPPED', ended_at = clock_timestamp()
     where group_id = :group_id and status in ('QUEUED', 'TAKEN')
""")


async def take(session: AsyncSession, *, group_id: UUID, attempt_id: UUID) -> Row[Any] | None:
    """Give the oldest item that waits to an attempt, which holds none; None where none waits."""
    values = {"group_id": group_id, "attempt_id": attempt_id}
    return (await session.execute(_TAKE, values)).one_or_none()


async def end(session: AsyncSession, *, item_id: int, attempt_id: UUID, result: JsonValue, error: str | None) -> bool:
    """Compare-and-set an item that the attempt holds to its end, with the event; False where it does not hold it."""
    values = {
        "id": item_id,
        "attempt_id": attempt_id,
        "to": (ItemStatus.DONE if error is None else ItemStatus.FAILED).value,
        "result": None if result is None else json.dumps(result),
        "error": error,
    }
    row = (await session.execute(_END, values)).one_or_none()
    if row is not None:
        await announce_item(session, row)
    return row is not None


async def give_back(session: AsyncSession, *, limit: int) -> Sequence[Row[Any]]:
    """Queue items anew whose worker ended without them; those that were too much for too many have failed."""
    rows = (await session.execute(_GIVE_BACK, {"limit": limit})).all()
    for row in rows:
        await announce_item(session, row)
    return rows


async def drop_all(session: AsyncSession, group_id: UUID) -> None:
    """End every item of a group that has not ended."""
    await session.execute(_DROP, {"group_id": group_id})
