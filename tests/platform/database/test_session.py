"""The transaction at the edge: what it commits, and what happens when the database does not answer."""

import asyncio
import os
import signal
import time
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.database.connection import TimeLimits
from qubix_platform.database.embedded import EmbeddedPostgres
from qubix_platform.database.embedded.process import wait_until_gone
from qubix_platform.database.embedded.roles import APP_ROLE
from qubix_platform.database.engine import create_engine
from qubix_platform.database.errors import CommitOutcomeUnknown, DatabaseUnavailable
from qubix_platform.database.session import Database, after_commit
from qubix_platform.database.settings import DatabaseSettings

INSERT = text("insert into users (username) values (:name)")
COUNT = text("select count(*) from users where username = :name")
END_MYSELF = text("select pg_terminate_backend(pg_backend_pid())")


async def count(database: Database, name: str) -> int:
    async with database.transaction() as session:
        return int((await session.execute(COUNT, {"name": name})).scalar_one())


async def insert_and_fail(database: Database, error: Exception) -> None:
    async with database.transaction() as session:
        await session.execute(INSERT, {"name": "ada"})
        raise error


async def test_a_block_that_ends_well_is_committed(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(INSERT, {"name": "ada"})
    assert await count(database, "ada") == 1


async def test_a_block_that_raises_is_rolled_back_and_its_error_kept(database: Database) -> None:
    with pytest.raises(ValueError, match="mine"):
        await insert_and_fail(database, ValueError("mine"))
    assert await count(database, "ada") == 0


async def test_an_os_error_of_the_block_is_not_taken_for_the_database_s(database: Database) -> None:
    with pytest.raises(ConnectionRefusedError):
        await insert_and_fail(database, ConnectionRefusedError("somebody else's"))


async def test_a_broken_rule_of_the_database_reaches_the_caller_as_it_is(database: Database) -> None:
    async def twice() -> None:
        async with database.transaction() as session:
            await session.execute(INSERT, {"name": "ada"})
            await session.execute(INSERT, {"name": "ada"})

    with pytest.raises(IntegrityError):
        await twice()


async def test_hooks_run_once_after_the_commit_and_not_after_a_rollback(database: Database) -> None:
    calls: list[str] = []

    def hook() -> None:
        calls.append("called")

    def broken() -> None:
        raise ValueError("a hint that failed")

    async with database.transaction() as session:
        after_commit(session, broken)
        after_commit(session, hook)
        after_commit(session, hook)
        await session.execute(INSERT, {"name": "ada"})
        assert calls == []
    assert calls == ["called"]

    async def rolled_back() -> None:
        async with database.transaction() as session:
            after_commit(session, hook)
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        await rolled_back()
    assert calls == ["called"]


async def test_a_connection_that_breaks_in_the_block_is_explained(database: Database) -> None:
    async def broken() -> None:
        async with database.transaction() as session:
            await session.execute(INSERT, {"name": "ada"})
            await session.execute(END_MYSELF)

    with pytest.raises(DatabaseUnavailable, match="Nothing was changed") as raised:
        await broken()
    assert raised.value.status == 500
    assert await count(database, "ada") == 0


async def test_run_repeats_what_broke_before_the_commit(database: Database) -> None:
    calls = 0

    async def work(session: AsyncSession) -> str:
        nonlocal calls
        calls += 1
        await session.execute(INSERT, {"name": "ada"})
        if calls == 1:
            await session.execute(END_MYSELF)
        return "done"

    assert await database.run(work) == "done"
    assert calls == 2
    assert await count(database, "ada") == 1


async def test_run_repeats_a_deadlock(database: Database) -> None:
    calls = 0

    async def work(session: AsyncSession) -> None:
        nonlocal calls
        calls += 1
        if calls < 3:
            await session.execute(text("do $$ begin raise exception using errcode = '40P01'; end $$"))

    await database.run(work)
    assert calls == 3


async def test_run_does_not_repeat_what_cannot_pass(database: Database) -> None:
    calls = 0

    async def work(session: AsyncSession) -> None:
        nonlocal calls
        calls += 1
        await session.execute(text("select 1 / 0"))

    with pytest.raises(DBAPIError, match="division by zero"):
        await database.run(work)
    assert calls == 1


@pytest.fixture
async def dies_while_committing(database_settings: DatabaseSettings) -> None:
    """The first commit that touches `users` loses its connection; the next one passes."""
    assert database_settings.owner_url is not None
    owner = create_engine(database_settings.owner_url)
    async with owner.begin() as connection:
        for statement in (
            "create sequence deaths",
            f"grant usage on sequence deaths to {APP_ROLE}",
            """create function die() returns trigger language plpgsql as $$ begin
                 if nextval('deaths') = 1 then perform pg_terminate_backend(pg_backend_pid()); end if; return null;
               end $$""",
            """create constraint trigger die after insert on users deferrable initially deferred
                 for each row execute function die()""",
        ):
            await connection.execute(text(statement))
    await owner.dispose()


@pytest.mark.usefixtures("dies_while_committing")
async def test_a_commit_without_an_answer_is_repeated_only_where_that_is_safe(database: Database) -> None:
    calls = 0

    async def work(session: AsyncSession) -> None:
        nonlocal calls
        calls += 1
        await session.execute(text("insert into users (username) values ('ada') on conflict do nothing"))

    with pytest.raises(CommitOutcomeUnknown, match="Idempotency-Key"):
        await database.run(work)
    assert calls == 1


@pytest.mark.usefixtures("dies_while_committing")
async def test_an_idempotent_transaction_is_repeated_after_a_commit_without_an_answer(database: Database) -> None:
    async def work(session: AsyncSession) -> None:
        await session.execute(text("insert into users (username) values ('ada') on conflict do nothing"))

    await database.run(work, idempotent=True)
    assert await count(database, "ada") == 1


async def test_too_few_connections_are_explained(database_settings: DatabaseSettings) -> None:
    engine = create_engine(
        database_settings.app_url, pool_size=1, max_overflow=0, pool_timeout=timedelta(milliseconds=50)
    )
    database = Database(engine)
    async with database.transaction():
        for _ in range(7):  # more than the breaker takes
            with pytest.raises(DatabaseUnavailable, match="every connection"):
                await count(database, "ada")
    assert await count(database, "ada") == 0
    await database.close()


@pytest.mark.parametrize(
    ("limits", "statement"),
    [
        (TimeLimits(statement=timedelta(milliseconds=100)), "select pg_sleep(20)"),
        (TimeLimits(transaction=timedelta(milliseconds=100)), "select pg_sleep(20)"),
    ],
)
async def test_nothing_lasts_without_limit(
    database_settings: DatabaseSettings, limits: TimeLimits, statement: str
) -> None:
    database = Database(create_engine(database_settings.app_url, limits=limits))

    async def too_long() -> None:
        async with database.transaction() as session:
            await session.execute(text(statement))

    began = time.monotonic()
    with pytest.raises((DBAPIError, DatabaseUnavailable)):
        await too_long()
    assert time.monotonic() - began < 5
    await database.close()


async def test_a_restarted_server_is_not_noticed(own_server: EmbeddedPostgres) -> None:
    await asyncio.to_thread(own_server.start)
    database = Database(create_engine(own_server.app_url, pool_size=4))
    one = text("select 1")

    async def ask() -> None:
        async with database.transaction() as session:
            await session.execute(one)

    await asyncio.gather(*(ask() for _ in range(4)))
    await asyncio.to_thread(own_server.stop)
    await asyncio.to_thread(own_server.start)
    await asyncio.gather(*(ask() for _ in range(4)))
    await database.close()


async def test_a_dead_server_is_waited_for_then_refused_at_once_then_found_again(own_server: EmbeddedPostgres) -> None:
    await asyncio.to_thread(own_server.start)
    database = Database(
        create_engine(own_server.app_url),
        retry_for=timedelta(seconds=0.3),
        breaker_threshold=2,
        breaker_ttl=timedelta(seconds=1),
    )

    async def ask() -> float:
        began = time.monotonic()
        try:
            async with database.transaction() as session:
                await session.execute(text("select 1"))
        finally:
            took.append(time.monotonic() - began)
        return took[-1]

    took: list[float] = []
    await ask()
    pid = own_server.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert await asyncio.to_thread(wait_until_gone, own_server.data, seconds=10) == []
    await database.engine.dispose()  # this is about connecting; a connection that breaks has a test of its own
    for obstacle in ("no connection", "no connection", "not asked again just yet"):
        with pytest.raises(DatabaseUnavailable, match=obstacle):
            await ask()
    assert took[1] >= 0.2, "it was not tried again"
    assert took[3] < 0.1, "the breaker did not refuse at once"
    await asyncio.to_thread(own_server.start)
    patient = Database(create_engine(own_server.app_url))
    async with patient.transaction() as session:
        await session.execute(text("select pg_sleep(1)"))
    await ask()
    await database.close()
    await patient.close()


async def test_ping_tells_a_server_that_answers_from_one_that_does_not(own_server: EmbeddedPostgres) -> None:
    await asyncio.to_thread(own_server.start)
    database = Database(create_engine(own_server.app_url))
    assert await database.ping() < timedelta(seconds=2)
    pid = own_server.pid
    assert pid is not None
    await database.close()
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(DatabaseUnavailable, match=r"did not answer within 0\.2 s"):
            await database.ping(timeout=timedelta(seconds=0.2))
    finally:
        os.kill(pid, signal.SIGCONT)
    assert await database.ping() < timedelta(seconds=2)
    await database.close()


async def test_a_server_that_comes_back_in_time_is_waited_for(own_server: EmbeddedPostgres) -> None:
    await asyncio.to_thread(own_server.start)
    database = Database(create_engine(own_server.app_url), retry_for=timedelta(seconds=20))
    await asyncio.to_thread(own_server.stop)

    async def ask() -> int:
        async with database.transaction() as session:
            return int((await session.execute(text("select 1"))).scalar_one())

    answer, _ = await asyncio.gather(ask(), asyncio.to_thread(own_server.start))
    assert answer == 1
    await database.close()
