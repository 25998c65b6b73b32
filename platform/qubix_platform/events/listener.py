"""Receiving events: every one, once, in order, whatever happens to the connection in between."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import structlog
from sqlalchemy import URL

from qubix_platform.database.connection import Connection
from qubix_platform.events import repository
from qubix_platform.events.cursor import Cursor
from qubix_platform.events.models import WAKE_CHANNEL, Event
from qubix_platform.events.worker import ConnectedWorker

log = structlog.get_logger(__name__)

_TIMER_S: Final = 1.0
_BATCH: Final = 500
_ANSWER_WITHIN_S: Final = 10.0
_AFTER_FAILURE_S: Final = 0.5


class EventListener:
    """Hands every event that is committed after `start` to a callback.

    Args:
        url: of the application's role.
        on_events: gets the next events in order, never two calls at a time. Where it raises, it gets the same ones
            again, so none is lost.
        after: where to go on; by default with what happens next.
        name: for the log and `pg_stat_activity`.

    Example:
        >>> listener = EventListener(settings.app_url, on_events=hub.publish)
        >>> since = await listener.start()
        >>> await hub.load_state()  # after `start`: what changes meanwhile arrives as an event
    """

    def __init__(
        self,
        url: URL,
        *,
        on_events: Callable[[Sequence[Event]], Awaitable[None]],
        after: Cursor | None = None,
        name: str = "qubix-listener",
    ) -> None:
        self._on_events = on_events
        self._cursor = after
        self._woken = asyncio.Event()
        self._worker = ConnectedWorker(url, name=name, work=self._work)

    @property
    def cursor(self) -> Cursor | None:
        """The last event that the callback has dealt with; `None` before `start`."""
        return self._cursor

    async def start(self, *, timeout: timedelta = timedelta(seconds=10)) -> Cursor:
        """Begin to listen and return the cursor that it begins at.

        Raises:
            DatabaseUnavailable: no connection could be made in time.
        """
        await self._worker.start(timeout=timeout)
        assert self._cursor is not None, "set before the worker is ready"
        return self._cursor

    async def stop(self) -> None:
        """End. A callback that runs is cancelled."""
        await self._worker.stop()

    async def _work(self, connection: Connection) -> None:
        connection.add_termination_listener(self._on_end)
        # Listening first and reading afterwards leaves no gap between the two.
        await connection.add_listener(WAKE_CHANNEL, self._on_wake)
        if self._cursor is None:
            self._cursor = await repository.read_head(connection)
        self._worker.ready()
        cursor = self._cursor
        while True:
            cursor = await self._catch_up(connection, cursor)
            with suppress(TimeoutError):  # the timer that stands behind the wake-ups
                async with asyncio.timeout(_TIMER_S):
                    await self._woken.wait()

    async def _catch_up(self, connection: Connection, cursor: Cursor) -> Cursor:
        while True:
            self._woken.clear()
            async with asyncio.timeout(_ANSWER_WITHIN_S):  # a server whose machine is gone does not even refuse
                events = await repository.read_after(connection, after=cursor, limit=_BATCH)
            if not events:
                return cursor
            await self._hand_over(events)
            cursor = self._cursor = events[-1].cursor

    async def _hand_over(self, events: Sequence[Event]) -> None:
        while True:
            try:
                return await self._on_events(events)
            except Exception:
                log.exception("event_callback_failed", first=str(events[0].cursor), count=len(events))
                await asyncio.sleep(_AFTER_FAILURE_S)

    def _on_wake(self, _connection: Any, _pid: int, _channel: str, _payload: object) -> None:
        self._woken.set()

    def _on_end(self, _connection: Any) -> None:
        self._woken.set()
