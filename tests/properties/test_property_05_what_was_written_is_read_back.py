"""Property 5: a server of its own, with every guarantee of durability on, killed and started again in between."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Awaitable, Callable, Iterator
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
from qubix_platform.database.migrate import migrate
from qubix_platform.database.session import Database
from qubix_platform.jobs import service as jobs
from tests.platform.market_life import Market

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
            database = Database(create_engine(self._server.app_url, application_name="property-5"))
            try:
                return await work(database)
            finally:
                await database.close()

        return self._work(on_database)

    def restart(self, *, kill: bool) -> None:
        if kill and self._server.pid is not None:
            os.kill(self._server.pid, signal.SIGKILL)
        else:
            self._server.stop()
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    @staticmethod
    def _work(coroutine: Callable[[], Awaitable[Result]]) -> Result:
        async def run() -> Result:
            return await coroutine()

        return asyncio.run(run())


@pytest.fixture(scope="module")
def server() -> Iterator[DurableServer]:
    root = Path(tempfile.mkdtemp(prefix="qubix-durable-"))
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
