"""All SQL of the outbox. Reading goes by asyncpg alone: listeners and the dispatcher have connections of their own."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import EventType
from qubix_platform.database.connection import Connection
from qubix_platform.events.cursor import Cursor
from qubix_platform.events.models import Event, HorizonHolder, NewEvent, Tail

_INSERT = text("""
    insert into outbox (type, topics, data)
    select e.event ->> 'type', array(select jsonb_array_elements_text(e.event -> 'topics')), e.event -> 'data'
      from jsonb_array_elements(cast(cast(:events as text) as jsonb)) with ordinality as e (event, position)
     order by e.position
""")
# Below the snapshot's horizon every transaction has ended, so nothing can appear there later; each event is read once.
# `order by xid` alone would mean the selected column, which is text and sorts 1000 before 999.
_AFTER: Final = """
    select id, xid::text as xid, type, topics, data::text as data, created_at
      from outbox
     where (xid, id) > ($1::text::xid8, $2::bigint) and xid < pg_snapshot_xmin(pg_current_snapshot())
       and ($4::text[] is null or topics && $4::text[])
     order by outbox.xid, outbox.id limit $3
"""
# Whether anything waits is asked of the last row and not with `exists`, which the planner answers by reading the table.
_TAIL: Final = """
    select newest.xid::text as xid, newest.id, pg_snapshot_xmin(pg_current_snapshot())::text as horizon,
           coalesce((select xid from outbox order by outbox.xid desc, outbox.id desc limit 1)
                    >= pg_snapshot_xmin(pg_current_snapshot()), false) as is_waiting
      from (select) one
      left join lateral (
          select xid, id from outbox
           where (xid, id) > ($1::text::xid8, $2::bigint) and xid < pg_snapshot_xmin(pg_current_snapshot())
           order by xid desc, id desc limit 1) newest on true
"""
_HEAD: Final = "select pg_snapshot_xmin(pg_current_snapshot())::text"
_BOUNDS: Final = """
    select pg_snapshot_xmax(pg_current_snapshot())::text as newest_possible,
           (select xid::text from outbox order by outbox.xid, outbox.id limit 1) as oldest_kept
"""
# The newest one stays: an outbox that was emptied could not tell that an old cursor has missed anything.
_PRUNE: Final = """
    delete from outbox where id in (
        select id from outbox where created_at < now() - $1::interval
           and id <> (select id from outbox order by outbox.xid desc, outbox.id desc limit 1)
         order by created_at limit $2)
"""
_HOLDER: Final = """
    select pid, usename::text as user, application_name as application, datname::text as database, state,
           extract(epoch from clock_timestamp() - xact_start)::float8 as open_s, left(query, 200) as query
      from pg_stat_activity where backend_xid is not null order by age(backend_xid) desc limit 1
"""


async def insert(session: AsyncSession, events: Sequence[NewEvent]) -> None:
    """Add events to the outbox in this order, in one statement."""
    await session.execute(_INSERT, {"events": orjson.dumps(events).decode()})


async def read_after(
    connection: Connection, *, after: Cursor, limit: int, topics: Collection[str] | None = None
) -> list[Event]:
    """The next events in their order; only those that touch one of `topics`, where that is given."""
    rows = await connection.fetch(_AFTER, str(after.xid), after.id, limit, None if topics is None else list(topics))
    return [
        Event(
            cursor=Cursor(xid=int(row["xid"]), id=row["id"]),
            type=EventType(row["type"]),
            topics=tuple(row["topics"]),
            data=orjson.loads(row["data"]),
            created_at=row["created_at"],
        )
        for row in rows
    ]


async def read_tail(connection: Connection, *, after: Cursor) -> Tail:
    """The newest event that may be read, and how far the horizon is."""
    row = await connection.fetchrow(_TAIL, str(after.xid), after.id)
    assert row is not None, "the outer join keeps its one row"
    return Tail(
        newest=Cursor(xid=int(row["xid"]), id=row["id"]) if row["xid"] is not None else None,
        horizon=int(row["horizon"]),
        is_waiting=row["is_waiting"],
    )


async def read_head(connection: Connection) -> Cursor:
    """The cursor that everything which is not committed yet comes after."""
    return Cursor(xid=int(await connection.fetchval(_HEAD)), id=0)


async def read_bounds(connection: Connection) -> tuple[int, int | None]:
    """The first transaction that has not begun, and the oldest of which an event is kept."""
    row = await connection.fetchrow(_BOUNDS)
    assert row is not None, "a query without a source has one row"
    return int(row["newest_possible"]), None if row["oldest_kept"] is None else int(row["oldest_kept"])


async def prune(connection: Connection, *, older_than: timedelta, limit: int) -> int:
    """Delete up to `limit` of the oldest events, but never the newest one; how many it were."""
    return int((await connection.execute(_PRUNE, older_than, limit)).rsplit(" ", 1)[-1])


async def read_horizon_holder(connection: Connection) -> HorizonHolder | None:
    """Who holds the horizon back, as far as this role may see it."""
    row = await connection.fetchrow(_HOLDER)
    return HorizonHolder(**dict(row)) if row is not None else None
