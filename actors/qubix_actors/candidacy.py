"""Standing for a lead: of all processes of one kind, the one that holds the lock acts, and the others are ready to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

import structlog
from sqlalchemy import URL

from qubix_actors.pulse import Pulse
from qubix_platform.database.connection import Connection
from qubix_platform.database.engine import create_engine
from qubix_platform.database.errors import DatabaseUnavailable
from qubix_platform.database.session import Database
from qubix_platform.events.dispatcher import Dispatcher
from qubix_platform.events.listener import EventListener
from qubix_platform.events.service import poke_after_commits
from qubix_platform.events.worker import ConnectedWorker

log = structlog.get_logger(__name__)

_CANDIDATE_EVERY_S: Final = 0.25
_CONNECTIONS: Final = 4


class Candidacy:
    """What a process that may lead has, whatever it does then: a database, the outbox, the connection of its lock.

    Args:
        url: of the application's role.
        name: of what is led, for the log and `pg_stat_activity`.
        try_lead: takes the lock on a connection, for as long as that lasts; False where another process has it.
        lead: what to do with the lock, until the connection breaks.
        prepare: what the connection needs before it stands.
    """

    def __init__(
        self,
        url: URL,
        *,
        name: str,
        try_lead: Callable[[Connection], Awaitable[bool]],
        lead: Callable[[Connection], Awaitable[None]],
        prepare: Callable[[Connection], Awaitable[None]] | None = None,
    ) -> None:
        self.database = Database(
            create_engine(url, pool_size=_CONNECTIONS, max_overflow=_CONNECTIONS, application_name=f"qubix-{name}")
        )
        self.pulse = Pulse()
        self._name = name
        self._try_lead = try_lead
        self._lead = lead
        self._prepare = prepare
        self._outbox = Dispatcher(url)
        poke_after_commits(self.database, self._outbox.poke)
        self._worker = ConnectedWorker(url, name=f"qubix-{name}-lead", work=self._work)
        self._listener: EventListener | None = None
        self._is_leading = False

    @property
    def is_leading(self) -> bool:
        """Whether this is the one process that acts."""
        return self._is_leading

    async def start(self, *, timeout: timedelta, listener: EventListener | None = None) -> None:
        """Begin, as leader or as candidate; `listener` hears events from before the lead on.

        Raises:
            DatabaseUnavailable: no connection could be made in time. Nothing was begun; it may be tried again.
        """
        self._listener = listener
        try:
            await self._outbox.start(timeout=timeout)
            if listener is not None:
                await listener.start(timeout=timeout)
            await self._worker.start(timeout=timeout)
        except DatabaseUnavailable:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End the lead, and everything that this has."""
        await self._worker.stop()
        if self._listener is not None:
            await self._listener.stop()
        await self._outbox.stop()
        await self.database.close()

    @asynccontextmanager
    async def leading(self, *loops: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
        """Lead within this block, with loops beside it that end with it."""
        tasks = [asyncio.create_task(each) for each in loops]
        self._is_leading = True
        try:
            yield
        finally:
            self._is_leading = False
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.pulse.clear()

    async def _work(self, connection: Connection) -> None:
        if self._prepare is not None:
            await self._prepare(connection)
        self._worker.ready()
        while not await self._try_lead(connection):  # noqa: ASYNC110 - a lock that another session holds gives no event
            await asyncio.sleep(_CANDIDATE_EVERY_S)
        log.info("leads", what=self._name, pid=connection.get_server_pid())
        await self._lead(connection)
