"""Reading the stream of events from the application's own sessions, for those who ask for what they missed."""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.database.connection import Connection
from qubix_platform.events import repository
from qubix_platform.events.cursor import Cursor
from qubix_platform.events.errors import CursorExpired, CursorInvalid
from qubix_platform.events.models import Event

MAX_BATCH: Final = 500


async def head(session: AsyncSession) -> Cursor:
    """The place where the stream stands now. Take it first and read the state afterwards, and nothing is missed."""
    return await repository.read_head(await _driver(session))


async def events_after(
    session: AsyncSession, *, after: Cursor, topics: Collection[str] | None = None, limit: int = MAX_BATCH
) -> list[Event]:
    """Up to `limit` committed events after a cursor, in order. An empty list means that there are no more just now."""
    return await repository.read_after(await _driver(session), after=after, topics=topics, limit=limit)


async def require_replayable(session: AsyncSession, cursor: Cursor) -> None:
    """Check a cursor that came from a client.

    Raises:
        CursorInvalid: it lies in the future, so it is of another database.
        CursorExpired: events that came after it may have been deleted already.
    """
    newest_possible, oldest_kept = await repository.read_bounds(await _driver(session))
    if cursor.xid > newest_possible:
        raise CursorInvalid(
            asked=f"Continuing the stream of events after {cursor}",
            obstacle="this platform has not come that far, so the id must be another platform's",
            remedy="Begin with what happens next, by giving no id.",
        )
    if oldest_kept is not None and cursor.xid < oldest_kept:
        raise CursorExpired(
            asked=f"Continuing the stream of events after {cursor}",
            obstacle="events are kept for 24 hours, and some that came after it are gone",
            remedy="Read the present state, and begin with what happens next, by giving no id.",
            details={"oldestKept": str(Cursor(xid=oldest_kept, id=0))},
        )


async def _driver(session: AsyncSession) -> Connection:
    raw: Any = await (await session.connection()).get_raw_connection()
    driver: Connection = raw.driver_connection
    return driver
