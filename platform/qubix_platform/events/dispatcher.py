"""Waking the listeners. Every process that writes events runs a dispatcher; the database lets one at a time lead."""

import asyncio
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import structlog
from sqlalchemy import URL

from qubix_platform.database.connection import Connection, TimeLimits
from qubix_platform.events import repository
from qubix_platform.events.cursor import Cursor
from qubix_platform.events.horizon import HorizonWatch
from qubix_platform.events.models import POKE_CHANNEL, WAKE_CHANNEL, Tail
from qubix_platform.events.worker import ConnectedWorker

log = structlog.get_logger(__name__)

KEPT: Final = timedelta(hours=24)
"""How long events are kept for those who reconnect."""

_LEADER_LOCK: Final = 0x6F7574626F78  # "outbox": the advisory lock of the one that leads
_TIMER_S: Final = 0.1
_WAITING_TIMER_S: Final = 0.005
_CANDIDATE_TIMER_S: Final = 0.25
_PRUNE_EVERY_S: Final = 60.0
_PRUNE_BATCH: Final = 500
# A leader asks every 100 ms. One that is frozen does not, loses its session, and with it the lead: after 2 s between
# two questions, after 5 s in the middle of one.
_SILENCE: Final = "SET idle_session_timeout = '2s'"
_LIMITS: Final = TimeLimits(transaction=timedelta(seconds=5))


class Dispatcher:
    """Reads what was committed to the outbox and wakes the listeners with the newest cursor.

    Args:
        url: of the application's role.
        kept: events older than this are deleted.

    Example:
        >>> dispatcher = Dispatcher(settings.app_url)
        >>> await dispatcher.start()
        >>> poke_after_commits(database, dispatcher.poke)
    """

    def __init__(self, url: URL, *, kept: timedelta = KEPT) -> None:
        self._kept = kept
        self._poked = asyncio.Event()
        self._is_leading = False
        self._worker = ConnectedWorker(url, name="qubix-dispatcher", work=self._work, limits=_LIMITS)

    @property
    def is_leading(self) -> bool:
        """Whether this is the one that wakes the listeners just now."""
        return self._is_leading

    async def start(self, *, timeout: timedelta = timedelta(seconds=10)) -> None:
        """Begin, as leader or as candidate.

        Raises:
            DatabaseUnavailable: no connection could be made in time.
        """
        await self._worker.start(timeout=timeout)

    async def stop(self) -> None:
        """End; another candidate takes the lead."""
        await self._worker.stop()

    def poke(self) -> None:
        """Say that something was committed. Returns at once; call it in the event loop that runs the dispatcher."""
        self._poked.set()

    async def _work(self, connection: Connection) -> None:
        await connection.execute(_SILENCE)
        self._worker.ready()
        try:
            await self._wait_for_lead(connection)
            self._is_leading = True
            log.info("dispatcher_leads", pid=connection.get_server_pid())
            await self._lead(connection)
        finally:
            self._is_leading = False

    async def _wait_for_lead(self, connection: Connection) -> None:
        while not await connection.fetchval("select pg_try_advisory_lock($1)", _LEADER_LOCK):
            if await self._wait(_CANDIDATE_TIMER_S):
                # Its own statement and transaction, after the writer's: NOTIFY in the writer's would serialise commits.
                await connection.execute("select pg_notify($1, '')", POKE_CHANNEL)

    async def _lead(self, connection: Connection) -> None:
        await connection.add_listener(POKE_CHANNEL, self._on_poke)
        woken = Cursor(xid=0, id=0)
        watch = HorizonWatch()
        next_prune = time.monotonic()
        pause = 0.0
        while True:
            await self._wait(pause)
            tail = await repository.read_tail(connection, after=woken)
            if tail.newest is not None:
                woken = tail.newest
                await connection.execute("select pg_notify($1, $2)", WAKE_CHANNEL, str(woken))
            watch = await self._watch(connection, watch, tail)
            if time.monotonic() >= next_prune:
                deleted = await repository.prune(connection, older_than=self._kept, limit=_PRUNE_BATCH)
                next_prune = time.monotonic() + (_PRUNE_EVERY_S if deleted < _PRUNE_BATCH else 0)
            # What waits behind another writer is free as soon as that one ends, and one that rolls back does not poke.
            pause = _WAITING_TIMER_S if tail.is_waiting and watch.is_recent(time.monotonic()) else _TIMER_S

    async def _watch(self, connection: Connection, watch: HorizonWatch, tail: Tail) -> HorizonWatch:
        watch, stalled_s = watch.observe(tail, now=time.monotonic())
        if stalled_s is not None:
            log.warning(
                "outbox_horizon_stalled",
                stalled_s=round(stalled_s, 1),
                horizon=tail.horizon,
                holder=await repository.read_horizon_holder(connection),
            )
        return watch

    async def _wait(self, seconds: float) -> bool:
        """Wait for a poke, at most this long. Returns whether there was one."""
        with suppress(TimeoutError):  # the timer that stands behind the pokes
            async with asyncio.timeout(seconds):
                await self._poked.wait()
        was_poked = self._poked.is_set()
        self._poked.clear()
        return was_poked

    def _on_poke(self, _connection: Any, _pid: int, _channel: str, _payload: object) -> None:
        self._poked.set()
