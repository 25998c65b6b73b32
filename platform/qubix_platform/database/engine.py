"""The connection pool."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import URL, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from qubix_platform.database.connection import DEFAULT_LIMITS, Connection, TimeLimits, connect

DEFAULT_POOL_SIZE: Final = 8
DEFAULT_MAX_OVERFLOW: Final = 8


def create_engine(
    url: URL,
    *,
    pool_size: int = DEFAULT_POOL_SIZE,
    max_overflow: int = DEFAULT_MAX_OVERFLOW,
    pool_timeout: timedelta = timedelta(seconds=5),
    limits: TimeLimits = DEFAULT_LIMITS,
    application_name: str = "qubix",
) -> AsyncEngine:
    """Make an engine. Nothing is connected yet.

    Args:
        url: from `DatabaseSettings`.
        pool_size: connections kept open.
        max_overflow: connections beyond that while there is more to do.
        pool_timeout: how long a task waits for a free connection.
        limits: set in every session of the pool.
        application_name: what `pg_stat_activity` shows.
    """

    async def open_connection() -> Connection:
        return await connect(url, limits=limits, application_name=application_name)

    engine = create_async_engine(
        url,
        async_creator=open_connection,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=pool_timeout.total_seconds(),
        pool_use_lifo=True,
        hide_parameters=True,
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(dbapi_connection: Any, _record: Any, _proxy: Any) -> None:
    # asyncpg saw the socket close by itself, so this finds a restarted server without a round trip on every checkout.
    if dbapi_connection.driver_connection.is_closed():
        raise InvalidatePoolError("the server closed this connection")
