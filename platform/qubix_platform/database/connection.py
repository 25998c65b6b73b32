"""One connection to PostgreSQL with QUBIX's time limits, for the engine's pool and for dedicated connections alike."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeAlias

import asyncpg
from sqlalchemy import URL

from qubix_platform.database.settings import connect_arguments

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
"""A connection of the driver's. Quoted, because only its stubs are generic."""

_FIRST_WITH_TRANSACTION_TIMEOUT: Final = 17
_CONNECT_TIMEOUT: Final = timedelta(seconds=10)


@dataclass(frozen=True, kw_only=True)
class TimeLimits:
    """How long the server lets things last before it ends them.

    A transaction without an end holds back every reader of the outbox, so none may be without a limit.

    Attributes:
        statement: one statement.
        lock: waiting for one lock.
        idle_in_transaction: an open transaction in which nothing happens.
        transaction: one transaction, on servers from version 17.
    """

    statement: timedelta = timedelta(seconds=15)
    lock: timedelta = timedelta(seconds=10)
    idle_in_transaction: timedelta = timedelta(seconds=10)
    transaction: timedelta = timedelta(seconds=30)


DEFAULT_LIMITS: Final = TimeLimits()


async def connect(url: URL, *, limits: TimeLimits = DEFAULT_LIMITS, application_name: str = "qubix") -> Connection:
    """Open a connection whose session has `limits` set.

    Raises:
        OSError, asyncpg.PostgresError, TimeoutError: the server cannot be reached or refuses.
    """
    arguments: dict[str, Any] = connect_arguments(url)
    arguments["server_settings"] = {
        "application_name": application_name,
        "timezone": "UTC",
        "jit": "off",
        "statement_timeout": _milliseconds(limits.statement),
        "lock_timeout": _milliseconds(limits.lock),
        "idle_in_transaction_session_timeout": _milliseconds(limits.idle_in_transaction),
        **arguments.get("server_settings", {}),
    }
    connection: Connection = await asyncpg.connect(**arguments, timeout=_CONNECT_TIMEOUT.total_seconds())
    if connection.get_server_version().major >= _FIRST_WITH_TRANSACTION_TIMEOUT:
        await connection.execute(f"SET transaction_timeout = {_milliseconds(limits.transaction)}")
    return connection


def _milliseconds(span: timedelta) -> str:
    return str(int(span.total_seconds() * 1000))
