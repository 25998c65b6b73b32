"""The chain's process without Ray's actor around it: acts while it holds the lock, and is ready to otherwise."""

import asyncio
import contextlib
from datetime import timedelta
from typing import Any, Final

import structlog

from qubix_actors.chain.books import Books
from qubix_actors.chain.keeper import Keeper
from qubix_actors.chain.reconciler import Reconciler
from qubix_actors.chain.sender import Sender
from qubix_actors.chain.settings import ChainSettings
from qubix_actors.chain.watcher import Watcher
from qubix_actors.pulse import Pulse, loop
from qubix_platform.chain import repository as leadership
from qubix_platform.chain.keys import KeyRing
from qubix_platform.chain.network import Network
from qubix_platform.chain.transactions.lifecycle import ChainTime
from qubix_platform.chain.watching import repository as state
from qubix_platform.database.connection import Connection
from qubix_platform.database.engine import create_engine
from qubix_platform.database.errors import DatabaseUnavailable
from qubix_platform.database.session import Database
from qubix_platform.events.dispatcher import Dispatcher
from qubix_platform.events.service import poke_after_commits
from qubix_platform.events.worker import ConnectedWorker
from qubix_platform.qubic.rpc import ChainUnavailable

log = structlog.get_logger(__name__)

_CANDIDATE_EVERY_S: Final = 0.25
_KEEP_EVERY_S: Final = 1.0
_SEAL_EVERY_S: Final = 1.0
_LATE_AFTER_S: Final = 30.0
_CONNECTIONS: Final = 4
_LOCK_CHECK_EVERY_S: Final = 1.0


class ChainLeader:
    """Reads the chain, makes the platform's transactions, and compares both with the books.

    Args:
        settings: of the core node.
        network: a server of the network.
        ring: the platform's keys.
    """

    def __init__(self, settings: ChainSettings, network: Network, ring: KeyRing) -> None:
        url = settings.database.app_url
        self._settings = settings
        self._network = network
        self._database = Database(
            create_engine(url, pool_size=_CONNECTIONS, max_overflow=_CONNECTIONS, application_name="qubix-chain")
        )
        self._outbox = Dispatcher(url)
        poke_after_commits(self._database, self._outbox.poke)
        self._worker = ConnectedWorker(url, name="qubix-chain-lead", work=self._work)
        self._pulse = Pulse()
        self._is_leading = False
        self._halt: str | None = None
        self._silence: str | None = None
        self._now: ChainTime | None = None
        self._sender = Sender(self._database, network, ring, ticks_ahead=settings.ticks_ahead)
        self._watcher = Watcher(self._database, network)
        self._reconciler = Reconciler(self._database, network, every=settings.reconcile_ticks)
        self._books = Books(self._database)
        self._keeper = Keeper(self._database, ring, treasury=settings.treasury, hot_limit=settings.hot_limit)

    @property
    def is_leading(self) -> bool:
        """Whether this is the one process that acts on the chain."""
        return self._is_leading

    async def start(self, *, timeout: timedelta = timedelta(seconds=30)) -> None:
        """Begin, as leader or as candidate.

        Raises:
            DatabaseUnavailable: no connection could be made in time. Nothing was begun; it may be tried again.
        """
        try:
            await self._outbox.start(timeout=timeout)
            await self._worker.start(timeout=timeout)
        except DatabaseUnavailable:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End. What is under way goes on with the next leader."""
        await self._worker.stop()
        await self._sender.stop()
        await self._outbox.stop()
        await self._database.close()

    def health(self) -> dict[str, Any]:
        """How it goes: `state` ok or degraded, a sentence, and the facts behind it."""
        ages = self._pulse.ages()
        late = sorted(name for name, age in ages.items() if age > _LATE_AFTER_S)
        if not self._is_leading:
            condition, detail = "degraded", "it does not lead: another process does, or the database is away"
        elif self._halt is not None:
            condition, detail = "degraded", f"payments are stopped: {self._halt}"
        elif self._now is None or self._silence is not None or late:
            reason = self._silence or (f"late: {', '.join(late)}" if late else "it was not heard yet")
            condition, detail = "degraded", f"the chain at {self._settings.url}: {reason}"
        else:
            condition, detail = "ok", f"tick {self._now.tick}, read up to {self._now.processed}"
        return {
            "state": condition,
            "detail": detail,
            "leading": self._is_leading,
            "tick": self._now.tick if self._now else None,
            "processed": self._now.processed if self._now else None,
            "halt": self._halt,
            "agreedAt": self._reconciler.agreed_at,
            "loopAges": ages,
        }

    async def _work(self, connection: Connection) -> None:
        self._worker.ready()
        while not await leadership.try_lead(connection):  # noqa: ASYNC110 - a lock that another session holds gives no event
            await asyncio.sleep(_CANDIDATE_EVERY_S)
        log.info("chain_leads", pid=connection.get_server_pid())
        await self._keeper.fill_pool()
        every = self._settings.poll_ms / 1000
        loops = [
            asyncio.create_task(loop("payments", self._pay, pulse=self._pulse, every=every)),
            asyncio.create_task(loop("reconcile", self._reconcile, pulse=self._pulse, every=every)),
            asyncio.create_task(loop("keep", self._keeper.round, pulse=self._pulse, every=_KEEP_EVERY_S)),
            asyncio.create_task(loop("books", self._books.round, pulse=self._pulse, every=_SEAL_EVERY_S)),
        ]
        self._is_leading = True
        try:
            while True:  # who lost the connection has lost the lock, and must not go on
                await leadership.still_leads(connection)
                await asyncio.sleep(_LOCK_CHECK_EVERY_S)
        finally:
            self._is_leading = False
            for task in loops:
                task.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            self._pulse.clear()

    async def _pay(self) -> None:
        try:
            await self._pay_once()
        except ChainUnavailable as error:
            if self._silence is None:  # once for each silence, however long it lasts
                log.warning("chain_silent", error=error.obstacle)
            self._silence = error.obstacle
            return
        if self._silence is not None:
            log.info("chain_heard_again", tick=self._now.tick if self._now else None)
            self._silence = None

    async def _pay_once(self) -> None:
        archive = await self._network.last_processed_tick()
        await self._watcher.round(processed=archive.tick)
        # Asked last, so that what is signed now is signed for a tick that is far enough ahead.
        now = ChainTime(tick=(await self._network.tick_info()).tick, processed=archive.tick)
        async with self._database.transaction() as session:
            await state.heard(session, now.tick)
            halt = await state.halted(session)
        self._halt = halt.reason if halt is not None else None
        await self._sender.round(now)
        self._now = now

    async def _reconcile(self) -> None:
        if self._now is not None:
            with contextlib.suppress(ChainUnavailable):  # asked again in the next round; the silence is told by _pay
                await self._reconciler.round(tick=self._now.tick)
