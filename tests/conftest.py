"""A real PostgreSQL for the tests: one server per worker of pytest, one fresh, migrated database per test."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final, TypeVar

import psutil
import pytest
import structlog

from qubix_platform.database.connection import connect
from qubix_platform.database.embedded import EmbeddedPostgres
from qubix_platform.database.embedded.roles import APP_ROLE, OWNER_ROLE
from qubix_platform.database.engine import create_engine
from qubix_platform.database.migrate import migrate
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings, plain
from tests.scratch import scratch

pytest_plugins = ["tests.devnet_fixture"]

FreshDatabase = Callable[[], AbstractContextManager[DatabaseSettings]]
"""Makes a migrated database of its own, and drops it at the end of the block."""

Result = TypeVar("Result")

# Tracebacks that show every local variable take a second each.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

_PREFIX: Final = "qubix-tests-"
_TEMPLATE: Final = "qubix"
# Nothing of a test's data has to outlive the machine's power.
_FAST: Final = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "64MB"}


def run_blocking(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine from a fixture that is not one, in a thread, so that pytest's own event loop is left alone."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """The worker's server, with the template database migrated."""
    _sweep()
    # Not in a folder of pytest's: those may be entered by their user only, and as root the server runs as another.
    root = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=scratch()))
    server = EmbeddedPostgres(root, database=_TEMPLATE, settings=_FAST)
    try:
        server.start()
        run_blocking(migrate(server.owner_url, app_role=APP_ROLE))
        yield server
    finally:
        server.stop()
        shutil.rmtree(root)


@pytest.fixture
def server_root() -> Iterator[Path]:
    """A folder for a server that a test starts, and may kill. Whatever still runs in it at the end is stopped."""
    root = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=scratch()))
    root.chmod(0o711)
    yield root
    EmbeddedPostgres(root).stop()
    shutil.rmtree(root)


@pytest.fixture
def own_server(server_root: Path) -> EmbeddedPostgres:
    """A durable server of the test's own, not started yet."""
    return EmbeddedPostgres(server_root)


@pytest.fixture(scope="session")
def fresh_database(postgres: EmbeddedPostgres) -> FreshDatabase:
    """For fixtures of a wider scope than one test."""
    numbers = count(1)

    async def execute(statement: str) -> None:
        connection = await connect(postgres.admin_url.set(database="postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    @contextmanager
    def make() -> Iterator[DatabaseSettings]:
        name = f"test_{next(numbers)}"
        run_blocking(execute(f"create database {name} template {_TEMPLATE} owner {OWNER_ROLE} strategy file_copy"))
        try:
            yield DatabaseSettings(
                app_url=postgres.app_url.set(database=name), owner_url=postgres.owner_url.set(database=name)
            )
        finally:
            run_blocking(execute(f"drop database {name} with (force)"))

    return make


@pytest.fixture
def database_settings(fresh_database: FreshDatabase) -> Iterator[DatabaseSettings]:
    """Addresses of a fresh, migrated database, for both roles."""
    with fresh_database() as settings:
        yield settings


@pytest.fixture
def database_url(database_settings: DatabaseSettings) -> str:
    """`DATABASE_URL` of the test's database, for processes that the test starts."""
    return plain(database_settings.app_url)


@pytest.fixture
async def database(database_settings: DatabaseSettings) -> AsyncIterator[Database]:
    """The test's database as the application uses it."""
    opened = Database(create_engine(database_settings.app_url, application_name="qubix-test"))
    yield opened
    await opened.close()


def _sweep() -> None:
    """Stop and remove the servers of test runs that were killed before they could do it themselves."""
    for root in scratch().glob(f"{_PREFIX}*"):
        owner = root.name.removeprefix(_PREFIX).split("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            EmbeddedPostgres(root).stop()
            shutil.rmtree(root, ignore_errors=True)
