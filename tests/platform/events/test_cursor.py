"""Cursors, client-given ones above all."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from qubix_platform.database.connection import Connection, connect
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.events import repository
from qubix_platform.events.cursor import Cursor
from qubix_platform.events.errors import CursorExpired, CursorInvalid
from qubix_platform.events.reader import head, require_replayable
from tests.platform.events.inbox import write


@pytest.fixture
async def connection(database_settings: DatabaseSettings) -> AsyncIterator[Connection]:
    opened = await connect(database_settings.app_url)
    yield opened
    await opened.close()


cursors = st.builds(Cursor, xid=st.integers(0, 2**64 - 1), id=st.integers(0, 2**63 - 1))


@given(cursors)
def test_a_cursor_survives_its_text(cursor: Cursor) -> None:
    assert Cursor.parse(str(cursor)) == cursor


@given(cursors, cursors)
def test_cursors_are_ordered_by_transaction_and_then_by_id(one: Cursor, other: Cursor) -> None:
    assert (one < other) == ((one.xid, one.id) < (other.xid, other.id))


@pytest.mark.parametrize(
    "given_text",
    [
        "",
        "1",
        "-",
        "1-",
        "-1",
        "1-2-3",
        "01-1",
        " 1-2",
        "1-2\n",
        "a-b",
        "1e3-1",
        "١-٢",
        f"{2**64}-1",
        f"1-{2**63}",
        "1" * 999,
    ],
)
def test_other_texts_are_refused(given_text: str) -> None:
    with pytest.raises(CursorInvalid, match="not the id of an event"):
        Cursor.parse(given_text)


async def test_a_cursor_of_the_future_is_refused(database: Database) -> None:
    async with database.transaction() as session:
        now = await head(session)
        await require_replayable(session, now)
        with pytest.raises(CursorInvalid, match="another platform's"):
            await require_replayable(session, Cursor(xid=now.xid + 1000, id=1))


async def test_a_cursor_of_before_a_quiet_day_is_refused_and_one_of_its_end_is_not(
    database: Database, connection: Connection
) -> None:
    async with database.transaction() as session:
        long_ago = await head(session)
    await write(database, 1)
    await write(database, 2)
    async with database.transaction() as session:
        now = await head(session)
        await session.execute(text("update outbox set created_at = now() - interval '2 days'"))
    assert await repository.prune(connection, older_than=timedelta(hours=24), limit=100) == 1
    assert await repository.prune(connection, older_than=timedelta(hours=24), limit=100) == 0
    async with database.transaction() as session:
        await require_replayable(session, now)
        with pytest.raises(CursorExpired):
            await require_replayable(session, long_ago)


async def test_a_cursor_before_what_is_kept_is_refused(database: Database) -> None:
    await write(database, 1)
    async with database.transaction() as session:
        with pytest.raises(CursorExpired, match="24 hours"):
            await require_replayable(session, Cursor(xid=1, id=1))
