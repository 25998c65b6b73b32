"""What can die: the dispatcher, the listener's connection, the whole server. Nothing may be lost, nothing doubled."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from qubix_platform.database.connection import connect
from qubix_platform.database.embedded import EmbeddedPostgres
from qubix_platform.database.embedded.roles import APP_ROLE
from qubix_platform.database.engine import create_engine
from qubix_platform.database.errors import DatabaseUnavailable
from qubix_platform.database.migrate import migrate
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.events.cursor import START
from qubix_platform.events.dispatcher import Dispatcher
from qubix_platform.events.listener import EventListener
from qubix_platform.events.models import POKE_CHANNEL
from qubix_platform.events.reader import events_after
from qubix_platform.events.service import poke_after_commits
from tests.platform.events.inbox import Inbox, eventually, write


@asynccontextmanager
async def candidate_process(database_url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A dispatcher in a process of its own, that leads when the block begins."""
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "tests.platform.events.candidate"],
        env={**os.environ, "DATABASE_URL": database_url},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            while b"leads" not in await process.stdout.readline():
                continue
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def terminate_sessions(database: Database, application: str) -> int:
    """End every session of this name in the test's database, as a restart of the server or a cut network would."""
    async with database.transaction() as session:
        ended = await session.execute(
            text("""
                select pg_terminate_backend(pid) from pg_stat_activity
                 where application_name = :name and datname = current_database()
            """),
            {"name": application},
        )
        return len(ended.scalars().all())


@pytest.mark.parametrize(("number", "within_s"), [(signal.SIGKILL, 1.0), (signal.SIGSTOP, 8.0)])
async def test_another_takes_the_lead(
    database: Database,
    database_settings: DatabaseSettings,
    database_url: str,
    listener: EventListener,
    inbox: Inbox,
    number: signal.Signals,
    within_s: float,
) -> None:
    async with candidate_process(database_url) as process:
        second = Dispatcher(database_settings.app_url)
        await second.start()
        assert not second.is_leading
        process.send_signal(number)
        began = time.monotonic()
        await eventually(lambda: second.is_leading)
        taken_over_s = time.monotonic() - began
        await write(database, 1)
        assert await inbox.wait_for(1) == [1]
        await second.stop()
    assert taken_over_s < within_s


async def test_only_one_leads(database_settings: DatabaseSettings) -> None:
    dispatchers = [Dispatcher(database_settings.app_url) for _ in range(3)]
    for dispatcher in dispatchers:
        await dispatcher.start()
    await eventually(lambda: any(dispatcher.is_leading for dispatcher in dispatchers))
    assert sum(dispatcher.is_leading for dispatcher in dispatchers) == 1
    while dispatchers:
        leader = next(dispatcher for dispatcher in dispatchers if dispatcher.is_leading)
        dispatchers.remove(leader)
        await leader.stop()
        assert not leader.is_leading
        if dispatchers:
            await eventually(lambda: any(dispatcher.is_leading for dispatcher in dispatchers))


async def test_a_candidate_passes_the_poke_on(
    database: Database, database_settings: DatabaseSettings, dispatcher: Dispatcher
) -> None:
    await eventually(lambda: dispatcher.is_leading)
    candidate = Dispatcher(database_settings.app_url)
    await candidate.start()
    poked = asyncio.Event()
    connection = await connect(database_settings.app_url)
    await connection.add_listener(POKE_CHANNEL, lambda *_: poked.set())
    poke_after_commits(database, candidate.poke)
    await write(database, 1)
    async with asyncio.timeout(5):
        await poked.wait()
    await connection.close()
    await candidate.stop()


async def test_without_any_dispatcher_the_listeners_timer_finds_events(
    database: Database, listener: EventListener, inbox: Inbox
) -> None:
    await write(database, 1)
    assert await inbox.wait_for(1) == [1]


async def test_a_listener_that_loses_its_connection_misses_nothing(
    database: Database, dispatcher: Dispatcher, listener: EventListener, inbox: Inbox
) -> None:
    for number in range(60):
        if number % 15 == 7:
            assert await terminate_sessions(database, "qubix-listener") <= 1
        await write(database, number)
    assert await inbox.wait_for(60) == list(range(60))


async def test_a_dispatcher_that_loses_its_connection_comes_back(
    database: Database, dispatcher: Dispatcher, listener: EventListener, inbox: Inbox
) -> None:
    await eventually(lambda: dispatcher.is_leading)
    assert await terminate_sessions(database, "qubix-dispatcher") == 1
    await eventually(lambda: not dispatcher.is_leading)
    await eventually(lambda: dispatcher.is_leading)
    await write(database, 1)
    assert await inbox.wait_for(1) == [1]


async def test_an_open_transaction_that_holds_everything_back_is_named(
    database: Database,
    database_settings: DatabaseSettings,
    dispatcher: Dispatcher,
    listener: EventListener,
    inbox: Inbox,
) -> None:
    holder = create_engine(database_settings.app_url, application_name="the-culprit")
    with capture_logs() as logs:
        async with holder.begin() as connection:
            await connection.execute(text("select pg_current_xact_id()"))
            await write(database, 1)
            await eventually(lambda: any(entry["event"] == "outbox_horizon_stalled" for entry in logs))
            assert inbox.events == []
        await inbox.wait_for(1)
    await holder.dispose()
    alarm = next(entry for entry in logs if entry["event"] == "outbox_horizon_stalled")
    assert alarm["log_level"] == "warning"
    assert alarm["stalled_s"] >= 2
    assert alarm["holder"].application == "the-culprit"


async def test_old_events_are_deleted_and_young_ones_kept(
    database: Database, database_settings: DatabaseSettings
) -> None:
    await write(database, *range(2500))
    async with database.transaction() as session:
        await session.execute(text("update outbox set created_at = now() - interval '25 hours'"))
    await write(database, 7777)
    dispatcher = Dispatcher(database_settings.app_url, kept=timedelta(hours=24))
    await dispatcher.start()

    async def left() -> list[object]:
        async with database.transaction() as session:
            return [event.data["n"] for event in await events_after(session, after=START, limit=9999)]

    async with asyncio.timeout(20):
        while await left() != [7777]:
            continue
    await dispatcher.stop()


async def test_a_killed_server_costs_no_event(own_server: EmbeddedPostgres) -> None:
    await asyncio.to_thread(own_server.start)
    await migrate(own_server.owner_url, app_role=APP_ROLE)
    database = Database(create_engine(own_server.app_url), retry_for=timedelta(seconds=20))
    inbox = Inbox()
    dispatcher = Dispatcher(own_server.app_url)
    listener = EventListener(own_server.app_url, on_events=inbox)
    await dispatcher.start()
    await listener.start()
    poke_after_commits(database, dispatcher.poke)
    committed: set[int] = set()
    unknown: set[int] = set()

    async def writer(first: int) -> None:
        for number in range(first, first + 60):
            try:
                await write(database, number)
                committed.add(number)
            except DatabaseUnavailable:
                unknown.add(number)

    def more_than(count: int) -> bool:
        return len(committed) > count

    async def killer() -> None:
        for _ in range(2):
            await eventually(partial(more_than, len(committed) + 30))
            pid = own_server.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            await asyncio.to_thread(own_server.start)

    await asyncio.gather(*(writer(index * 1000) for index in range(4)), killer())
    async with database.transaction() as session:
        stored = [event.data["n"] for event in await events_after(session, after=START, limit=9999)]
    numbers = await inbox.wait_for(len(stored))
    assert numbers == stored
    assert len(set(numbers)) == len(numbers)
    assert committed <= set(numbers) <= committed | unknown
    assert unknown, "the kills hit nobody"
    await listener.stop()
    await dispatcher.stop()
    await database.close()


async def test_starting_without_a_server_is_refused(database_settings: DatabaseSettings) -> None:
    nowhere = database_settings.app_url.update_query_dict({"host": "/nonexistent"})
    listener = EventListener(nowhere, on_events=Inbox())
    with pytest.raises(DatabaseUnavailable, match="qubix-listener"):
        await listener.start(timeout=timedelta(seconds=0.3))
