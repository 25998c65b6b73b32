"""From the commit to the callback: everything committed arrives, once, in order."""

import asyncio
import random
import statistics
import time
from collections.abc import Sequence
from contextlib import suppress

import pytest
from sqlalchemy import event, text

from qubix.schemas.states import EventType
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.events.cursor import START, Cursor
from qubix_platform.events.dispatcher import Dispatcher
from qubix_platform.events.errors import CursorExpired
from qubix_platform.events.listener import EventListener
from qubix_platform.events.models import Event
from qubix_platform.events.reader import events_after, head, require_replayable
from qubix_platform.events.service import record
from tests.platform.events.inbox import Inbox, write

pytestmark = pytest.mark.usefixtures("dispatcher")


# A transaction has a number, and a place in the order of events, from its first write on.
BEGIN_WRITING = text("select pg_current_xact_id()")


class RolledBack(Exception):
    pass


async def test_a_transaction_writes_its_events_at_once_and_in_their_order(
    database: Database, listener: EventListener, inbox: Inbox
) -> None:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    async with database.transaction() as session:
        await record(session, type=EventType.JOB_PROGRESS, topics=[], data={"n": 1})
        await record(session, type=EventType.JOB_PROGRESS, topics=[], data={"n": 2})
        await record(session, type=EventType.JOB_PROGRESS, topics=[], data={"n": 3})
        event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)
    assert [statement.split()[:3] for statement in statements] == [["insert", "into", "outbox"]]
    assert await inbox.wait_for(3) == [1, 2, 3]


async def test_an_event_arrives_with_all_that_was_recorded(
    database: Database, listener: EventListener, inbox: Inbox
) -> None:
    async with database.transaction() as session:
        await record(
            session,
            type=EventType.JOB_COMPLETED,
            topics=["job:1", "marketplace"],
            data={"n": 7, "name": "Zoë", "nested": {"list": [1, None, True, 0.5]}},
        )
    await inbox.wait_for(1)
    [event] = inbox.events
    assert event.type is EventType.JOB_COMPLETED
    assert event.topics == ("job:1", "marketplace")
    assert event.data == {"n": 7, "name": "Zoë", "nested": {"list": [1, None, True, 0.5]}}
    assert listener.cursor == event.cursor


async def test_an_event_of_a_rolled_back_transaction_never_arrives(
    database: Database, listener: EventListener, inbox: Inbox
) -> None:
    with suppress(RolledBack):
        async with database.transaction() as session:
            await record(session, type=EventType.JOB_PROGRESS, topics=[], data={"n": 1})
            raise RolledBack
    await write(database, 2)
    assert await inbox.wait_for(1) == [2]


async def test_delivery_takes_milliseconds(database: Database, listener: EventListener) -> None:
    delays: list[float] = []
    arrived = asyncio.Event()

    async def on_events(_events: Sequence[Event]) -> None:
        arrived.set()

    listener._on_events = on_events
    for number in range(50):
        arrived.clear()
        await write(database, number)
        committed = time.perf_counter()
        async with asyncio.timeout(5):
            await arrived.wait()
        delays.append(time.perf_counter() - committed)
    p50_ms = statistics.median(delays) * 1000
    print(f"commit to callback: p50 {p50_ms:.2f} ms, max {max(delays) * 1000:.2f} ms")
    assert p50_ms < 40, "the 100 ms timer delivered, and not the poke"


async def test_an_earlier_transaction_that_commits_later_is_not_missed(
    database: Database, listener: EventListener, inbox: Inbox
) -> None:
    async with database.transaction() as slow:
        await slow.execute(BEGIN_WRITING)
        await record(slow, type=EventType.JOB_PROGRESS, topics=[], data={"n": 1})
        await write(database, 2)
        async with database.transaction() as session:
            assert await events_after(session, after=START) == [], "2 is behind the horizon while 1 is open"
    assert await inbox.wait_for(2) == [1, 2]


async def test_a_foreign_transaction_only_delays(database: Database, listener: EventListener, inbox: Inbox) -> None:
    with suppress(RolledBack):
        async with database.transaction() as session:
            await session.execute(BEGIN_WRITING)
            await write(database, 1)
            raise RolledBack
    assert await inbox.wait_for(1) == [1]


async def test_concurrent_writers_lose_and_double_nothing(
    database: Database, listener: EventListener, inbox: Inbox
) -> None:
    expected: set[int] = set()
    chance = random.Random(20)

    async def writer(first: int) -> None:
        for number in range(first, first + 40):
            try:
                async with database.transaction() as session:
                    await session.execute(BEGIN_WRITING)
                    await record(session, type=EventType.JOB_PROGRESS, topics=[], data={"n": number})
                    await session.execute(text("select pg_sleep(:s)"), {"s": chance.choice([0, 0, 0.001, 0.02])})
                    if chance.random() < 0.2:
                        raise RolledBack
                expected.add(number)
            except RolledBack:
                continue

    await asyncio.gather(*(writer(1000 * index) for index in range(10)))
    await write(database, -1)
    numbers = await inbox.wait_for(len(expected) + 1)
    assert sorted(numbers) == sorted(expected | {-1})
    cursors = [event.cursor for event in inbox.events]
    assert cursors == sorted(set(cursors))


async def test_a_large_transaction_arrives_in_several_batches(
    database: Database, listener: EventListener, inbox: Inbox
) -> None:
    await write(database, *range(1201))
    assert await inbox.wait_for(1201) == list(range(1201))


async def test_a_callback_that_fails_gets_the_same_events_again(
    database: Database, database_settings: DatabaseSettings
) -> None:
    inbox = Inbox()
    failures = iter([True, False])

    async def on_events(events: Sequence[Event]) -> None:
        if next(failures, False):
            raise ValueError("not now")
        await inbox(events)

    listener = EventListener(database_settings.app_url, on_events=on_events)
    await listener.start()
    await write(database, 1)
    await write(database, 2)
    assert await inbox.wait_for(2) == [1, 2]
    await listener.stop()


async def test_a_listener_goes_on_where_another_stopped(
    database: Database, database_settings: DatabaseSettings, dispatcher: Dispatcher
) -> None:
    first, second = Inbox(), Inbox()
    listener = EventListener(database_settings.app_url, on_events=first)
    await listener.start()
    await write(database, 1)
    await first.wait_for(1)
    await listener.stop()
    await write(database, 2)
    listener = EventListener(database_settings.app_url, on_events=second, after=listener.cursor)
    await listener.start()
    await write(database, 3)
    assert await second.wait_for(2) == [2, 3]
    await listener.stop()


async def test_what_is_read_after_the_head_was_committed_after_it(database: Database) -> None:
    await write(database, 1)
    async with database.transaction() as session:
        since = await head(session)
    await write(database, 2)
    async with database.transaction() as session:
        found = await events_after(session, after=since)
    assert [event.data["n"] for event in found] == [2]


async def test_order_is_that_of_numbers_and_not_of_their_digits(database: Database) -> None:
    xids = [10, 9, 101, 99, 100]
    async with database.transaction() as session:
        for xid in xids:
            await session.execute(
                text("""
                    insert into outbox (xid, type, topics, data)
                    values (cast(cast(:xid as text) as xid8), 'JOB_PROGRESS', '{}', jsonb_build_object('n', 1))
                """),
                {"xid": str(xid)},
            )
    async with database.transaction() as session:
        assert [event.cursor.xid for event in await events_after(session, after=START)] == sorted(xids)
        rest = await events_after(session, after=Cursor(xid=99, id=0), limit=2)
        assert [event.cursor.xid for event in rest] == [99, 100]
        await require_replayable(session, Cursor(xid=9, id=2))
        with pytest.raises(CursorExpired):
            await require_replayable(session, Cursor(xid=8, id=1))


async def test_topics_choose(database: Database) -> None:
    await write(database, 1, topic="job:1")
    await write(database, 2, topic="job:2")
    async with database.transaction() as session:
        found = await events_after(session, after=START, topics=["job:2", "job:3"])
    assert [event.data["n"] for event in found] == [2]
