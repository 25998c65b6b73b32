"""The chain's process without Ray's actor around it: acts while it holds the lock, and is ready to otherwise."""

import contextlib
from datetime import timedelta
from typing import Any, Final

import structlog

from qubix_actors.candidacy import Candidacy
from qubix_actors.chain.books import SEAL_EVERY_S, Books
from qubix_actors.chain.keeper import Keeper
from qubix_actors.chain.reconciler import Reconciler
from qubix_actors.chain.sender import Sender
from qubix_actors.chain.settings import ChainSettings
from qubix_actors.chain.watcher import Watcher
from qubix_actors.pulse import loop
from qubix_platform.chain import repository as leadership
from qubix_platform.chain.keys import KeyRing
from qubix_platform.chain.network import Network
from qubix_platform.chain.transactions.lifecycle import ChainTime
from qubix_platform.chain.watching import repository as state
from qubix_platform.database.connection import Connection
from qubix_platform.qubic.rpc import ChainUnavailable

log = structlog.get_logger(__name__)

_KEEP_EVERY_S: Final = 1.0
_LATE_AFTER_S: Final = 30.0


class ChainLeader:
    """Reads the chain, makes the platform's transactions, and compares both with the books.

    Args:
        settings: of the core node.
        network: a server of the network.
        ring: the platform's keys.
    """

    def __init__(self, settings: ChainSettings, network: Network, ring: KeyRing) -> None:
        self._settings = settings
        self._network = network
        self._candidacy = Candidacy(
            settings.database.app_url,
            name="chain",
            try_lead=leadership.try_lead,
            lead=self._lead,
            prepare=leadership.limit_silence,
        )
        self._database = self._candidacy.database
        self._pulse = self._candidacy.pulse
        self._halt: str | None = None
        self._silence: str | None = None
        self._now: ChainTime | None = None
        self._sender = Sender(self._database, network, ring, ticks_ahead=settings.ticks_ahead)
        self._watcher = Watcher(self._database, network)
        self._reconciler = Reconciler(self._database, network, every=settings.reconcile_ticks)
        self._books = Books(self._database, has_chain=True)
        self._keeper = Keeper(self._database, ring, treasury=settings.treasury, hot_limit=settings.hot_limit)

    @property
    def is_leading(self) -> bool:
        """Whether this is the one process that acts on the chain."""
        return self._candidacy.is_leading

    async def start(self, *, timeout: timedelta = timedelta(seconds=30)) -> None:
        """Begin, as leader or as candidate.

        Raises:
            DatabaseUnavailable: no connection could be made in time. Nothing was begun; it may be tried again.
        """
        await self._candidacy.start(timeout=timeout)

    async def stop(self) -> None:
        """End. What is under way goes on with the next leader."""
        await self._candidacy.stop()

    def health(self) -> dict[str, Any]:
        """How it goes: `state` ok or degraded, a sentence, and the facts behind it."""
        ages = self._pulse.ages()
        late = sorted(name for name, age in ages.items() if age > _LATE_AFTER_S)
        if not self.is_leading:
            condition, detail = "degraded", "it does not lead: another process does, or the database is away"
        elif self._halt is not None:
            condition, detail = "degraded", f"payments are stopped: {self._halt}"
        elif stuck := self._sender.stuck + self._watcher.stuck:
            condition, detail = "degraded", f"{stuck} of its transactions cannot be ended: its log says why"
        elif self._now is None or self._silence is not None or late:
            reason = self._silence or (f"late: {', '.join(late)}" if late else "it was not heard yet")
            condition, detail = "degraded", f"the chain at {self._settings.url}: {reason}"
        else:
            condition, detail = "ok", f"tick {self._now.tick}, read up to {self._now.processed}"
        return {
            "state": condition,
            "detail": detail,
            "leading": self.is_leading,
            "tick": self._now.tick if self._now else None,
            "processed": self._now.processed if self._now else None,
            "halt": self._halt,
            "agreedAt": self._reconciler.agreed_at,
            "loopAges": ages,
        }

    async def _lead(self, connection: Connection) -> None:
        await self._keeper.fill_pool()
        every = self._settings.poll_ms / 1000
        beside = (
            loop("payments", self._pay, pulse=self._pulse, every=every),
            loop("reconcile", self._reconcile, pulse=self._pulse, every=every),
            loop("keep", self._keeper.round, pulse=self._pulse, every=_KEEP_EVERY_S),
            loop("books", self._books.round, pulse=self._pulse, every=SEAL_EVERY_S),
        )
        try:
            async with self._candidacy.leading(*beside):
                await leadership.hold(connection)
        finally:
            await self._sender.stop()

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
        self._halt = None if halt is None else f"{halt.reason} ({', '.join(halt.transactions) or 'no transaction'})"
        await self._sender.round(now)
        self._now = now

    async def _reconcile(self) -> None:
        if self._now is not None:
            with contextlib.suppress(ChainUnavailable):  # asked again in the next round; the silence is told by _pay
                await self._reconciler.round(tick=self._now.tick)
