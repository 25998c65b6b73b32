"""Property 5: a server of its own, with every guarantee of durability on, killed and started again in between."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qubix.schemas.jobs import Job
from qubix_platform.auth.callers import UserCaller
from qubix_platform.database.embedded import EmbeddedPostgres
from qubix_platform.database.embedded.roles import APP_ROLE
from qubix_platform.database.engine import create_engine
from qubix_platform.database.errors import CommitOutcomeUnknown, DatabaseUnavailable
from qubix_platform.database.migrate import migrate
from qubix_platform.database.session import Database
from qubix_platform.jobs import service as jobs
from tests.platform.market_life import Market
from tests.properties.money_life import MoneyLife, Step, opening_steps, steps
from tests.scratch import scratch

Result = TypeVar("Result")
EXAMPLES_PER_RESTART = 20

text = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=50)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)

environments = st.dictionaries(st.from_regex(r"[A-Z]{1,8}", fullmatch=True), text)


class DurableServer:
    """A PostgreSQL whose process is killed, or stopped in order, between the examples."""

    def __init__(self, root: Path) -> None:
        self._server = EmbeddedPostgres(root, database="qubix")
        self._server.start()
        self._work(lambda: migrate(self._server.owner_url, app_role=APP_ROLE))
        self.written: list[tuple[UserCaller, Job]] = []

    def run(self, work: Callable[[Database], Awaitable[Result]]) -> Result:
        async def on_database() -> Result:
            # Whoever is cut off is told so at once: what is done again then is the test's own matter.
            engine = create_engine(self._server.app_url, application_name="property-5")
            database = Database(engine, retry_for=timedelta(0))
            try:
                return await work(database)
            finally:
                await database.close()

        return self._work(on_database)

    def restart(self, *, kill: bool) -> None:
        if kill:
            self.kill()
        else:
            self._server.stop()
        self._server.start()

    def kill(self) -> None:
        if self._server.pid is not None:
            os.kill(self._server.pid, signal.SIGKILL)

    def stop(self) -> None:
        self._server.stop()

    @staticmethod
    def _work(coroutine: Callable[[], Awaitable[Result]]) -> Result:
        async def run() -> Result:
            return await coroutine()

        return asyncio.run(run())


@pytest.fixture(scope="module")
def server() -> Iterator[DurableServer]:
    root = Path(tempfile.mkdtemp(prefix="qubix-durable-", dir=scratch()))
    durable = DurableServer(root)
    yield durable
    durable.stop()
    shutil.rmtree(root)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=text.filter(len), inputs=json_values, env=st.dictionaries(st.from_regex(r"[A-Z]{1,8}", fullmatch=True), text)
)
def test_property_05_what_was_written_is_read_back(
    server: DurableServer, name: str, inputs: object, env: dict[str, str]
) -> None:
    """Feature: qubix-enterprise-upgrade, Property 5: For any data that was written, a later read returns the same, also
    after the server and its database were restarted or killed."""

    async def write(database: Database) -> tuple[UserCaller, Job]:
        market = Market(database)
        consumer = await market.consumer()
        return consumer, await market.job(consumer, name=name, input_data=inputs, env=env)

    server.written.append(server.run(write))
    if len(server.written) % EXAMPLES_PER_RESTART == 0:
        server.restart(kill=len(server.written) % (2 * EXAMPLES_PER_RESTART) == 0)
        server.run(lambda database: read_back(database, server.written))


async def read_back(database: Database, written: list[tuple[UserCaller, Job]]) -> None:
    for consumer, job in written:
        async with database.transaction() as session:
            assert await jobs.get_job(session, caller=consumer, job_id=job.id) == job


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    history=st.lists(steps(), min_size=1, max_size=8),
    opening=st.integers(4_500, 20_000),
    hours=st.integers(0, 2),
    price=st.integers(1, 10**7),
    killed_at=st.integers(0, 20),
)
def test_property_05_money_outlives_every_kill(
    server: DurableServer, history: list[Step], opening: int, hours: int, price: int, killed_at: int
) -> None:
    """Feature: qubix-enterprise-upgrade, Property 5: For any history of deposits, holds, partial settlements, top-ups,
    cancels, failures and refunds, with the database killed in the middle of any of its steps and the step repeated,
    every step has its effect once, and the books add up."""
    life = server.run(lambda database: MoneyLife.begin(database, price=price))
    course = [*opening_steps(opening, hours=hours), *history]
    for number, step in enumerate(course):
        if number == killed_at % len(course):
            server.run(partial(_take_while_the_server_dies, server, life, step))
            server.restart(kill=True)
            server.run(lambda database: _on(life, database).forget_what_never_was())
        server.run(partial(_take, life, step))
    server.run(lambda database: _on(life, database).check())


def _on(life: MoneyLife, database: Database) -> MoneyLife:
    life.database = database
    return life


async def _take(life: MoneyLife, step: Step, database: Database) -> None:
    await _on(life, database).take(step)


async def _take_while_the_server_dies(server: DurableServer, life: MoneyLife, step: Step, database: Database) -> None:
    """The step and the kill at once: it happened, or it did not, and nobody can tell which."""
    await database.ping()
    outcomes = await asyncio.gather(
        _on(life, database).repeat(step), asyncio.to_thread(server.kill), return_exceptions=True
    )
    assert all(
        outcome is None or isinstance(outcome, DatabaseUnavailable | CommitOutcomeUnknown) for outcome in outcomes
    )
