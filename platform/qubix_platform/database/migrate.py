"""Bringing the database's tables to what this version of QUBIX needs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from qubix_platform.database.connection import Connection as DriverConnection
from qubix_platform.database.connection import TimeLimits, connect
from qubix_platform.database.errors import DatabaseMisconfigured, DatabaseTooNew, DatabaseTooOld, DatabaseUnavailable
from qubix_platform.database.failures import cannot_connect
from qubix_platform.database.grants import apply_grants

OLDEST_SERVER: Final = 15

_SCRIPTS: Final = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME: Final = 0x7175626978  # "qubix": the advisory lock that serialises migrations of one database
_LIMITS: Final = TimeLimits(
    statement=timedelta(minutes=30),
    lock=timedelta(minutes=1),
    idle_in_transaction=timedelta(minutes=5),
    transaction=timedelta(hours=1),
)


async def migrate(owner_url: URL, *, app_role: str) -> str:
    """Run every revision that the database lacks and then set the application's rights, all in one transaction.

    Args:
        owner_url: of the role that owns the tables.
        app_role: the role that the API and the scheduler log in as.

    Returns:
        The revision that the database is at now.

    Raises:
        DatabaseTooNew: a later QUBIX has migrated this database. Nothing was changed.
        DatabaseMisconfigured: the server's version or the roles do not fit. Nothing was changed.
        DatabaseUnavailable: the server cannot be reached.
    """
    async with _owner(owner_url) as connection:
        await _require_server(connection)
        await connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
        _require_known(await connection.run_sync(_revision))
        await connection.run_sync(_upgrade)
        await apply_grants(connection, app_role=app_role)
        return await connection.run_sync(_revision) or newest()


async def current(url: URL) -> str | None:
    """The revision that the database is at; `None` where it was never migrated.

    Raises:
        DatabaseUnavailable: the server cannot be reached.
    """
    async with _owner(url) as connection:
        return await connection.run_sync(_revision)


async def require_current(url: URL) -> None:
    """Refuse to work on a database that is not exactly what this version of QUBIX needs. Any role may ask.

    Raises:
        DatabaseTooNew, DatabaseTooOld: with what to do.
        DatabaseUnavailable: the server cannot be reached.
    """
    have = await current(url)
    _require_known(have)
    if have != newest():
        raise DatabaseTooOld(
            asked="Checking the database's version",
            obstacle=f"it is at revision {have or 'none'}, and this QUBIX needs {newest()}",
            remedy="Run `qubix admin migrate` with DATABASE_OWNER_URL set.",
            details={"revision": have, "needed": newest()},
        )


def newest() -> str:
    """The revision that this version of QUBIX brings a database to."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None, "there is at least one revision"
    return head


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _require_known(revision: str | None) -> None:
    known = [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]
    if revision is not None and revision not in known:
        raise DatabaseTooNew(
            asked="Checking the database's version",
            obstacle=f"it is at revision {revision}, made by a later QUBIX, and this one knows up to {newest()}",
            remedy="Run that later version of QUBIX, or give this one a database of its own. Nothing was changed.",
            details={"revision": revision, "needed": newest()},
        )


async def _require_server(connection: AsyncConnection) -> None:
    number = int((await connection.execute(text("show server_version_num"))).scalar_one())
    if number // 10_000 < OLDEST_SERVER:
        raise DatabaseMisconfigured(
            asked="Checking the database server's version",
            obstacle=f"it is PostgreSQL {number // 10_000}, and QUBIX needs {OLDEST_SERVER} or later",
            remedy="Upgrade the server, or let `qubix up` run one of its own.",
        )


@asynccontextmanager
async def _owner(url: URL) -> AsyncIterator[AsyncConnection]:
    async def open_connection() -> DriverConnection:
        return await connect(url, limits=_LIMITS, application_name="qubix-migrate")

    engine = create_async_engine(url, async_creator=open_connection, poolclass=NullPool)
    connection = engine.connect()
    try:
        await connection.start()
    except Exception as error:
        if not cannot_connect(error):
            raise
        raise DatabaseUnavailable(
            asked="Connecting to the database to look at its version",
            obstacle=f"no connection could be made ({type(error).__name__})",
            remedy="Check that the server runs and that the address is right.",
        ) from error
    try:
        async with connection.begin():
            yield connection
    finally:
        await connection.close()
        await engine.dispose()
