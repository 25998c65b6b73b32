"""A task with a connection of its own: connects, works, and connects again with backoff for as long as it is wanted."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import asyncpg
import structlog
from sqlalchemy import URL

from qubix_platform.database.connection import DEFAULT_LIMITS, Connection, TimeLimits, connect
from qubix_platform.database.errors import DatabaseUnavailable

log = structlog.get_logger(__name__)

_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 1.0
_LOST: Final = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class ConnectedWorker:
    """Runs `work(connection)` again and again, each time on a new connection, until it is stopped.

    Args:
        url: of the application's role.
        name: for the log and `pg_stat_activity`.
        work: runs until the connection breaks; calls `ready` once it does its job.
        limits: of the connection's session.
    """

    def __init__(
        self,
        url: URL,
        *,
        name: str,
        work: Callable[[Connection], Awaitable[None]],
        limits: TimeLimits = DEFAULT_LIMITS,
    ) -> None:
        self._url = url
        self._name = name
        self._work = work
        self._limits = limits
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failures = 0

    def ready(self) -> None:
        """The work has begun: `start` returns, and the next failure begins with the shortest pause."""
        self._failures = 0
        self._ready.set()

    async def start(self, *, timeout: timedelta) -> None:
        """Begin, and return once the work has.

        Raises:
            DatabaseUnavailable: it could not begin within `timeout`.
        """
        assert self._task is None, f"{self._name} is started once"
        self._task = asyncio.create_task(self._run(), name=self._name)
        try:
            async with asyncio.timeout(timeout.total_seconds()):
                await self._ready.wait()
        except TimeoutError as error:
            await self.stop()
            raise DatabaseUnavailable(
                asked=f"Starting {self._name}",
                obstacle=f"no connection to the database could be made within {timeout.total_seconds():.0f} s",
                remedy="Check that the server runs and that DATABASE_URL is right; the log says what it answered.",
            ) from error

    async def stop(self) -> None:
        """End the task and close its connection."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):  # it was cancelled just now, by this
                await task

    async def _run(self) -> None:
        while True:
            try:
                await self._run_once()
            except _LOST as error:
                log.warning("connection_lost", worker=self._name, error=repr(error), failures=self._failures)
            except Exception:
                # A defect of ours. Going on keeps the platform alive, and the log keeps saying so.
                log.exception("worker_failed", worker=self._name, failures=self._failures)
            await asyncio.sleep(min(_FIRST_PAUSE_S * 2**self._failures, _LONGEST_PAUSE_S))
            self._failures += 1

    async def _run_once(self) -> None:
        connection = await connect(self._url, limits=self._limits, application_name=self._name)
        try:
            await self._work(connection)
        finally:
            connection.terminate()
