"""Looks after the books beside the payments: seals them, folds hot accounts, closes days and anchors their roots."""

import time
from datetime import timedelta
from typing import Any, Final

import structlog

from qubix_actors.candidacy import Candidacy
from qubix_actors.pulse import loop
from qubix_platform.chain import repository as leadership
from qubix_platform.chain.anchors.service import order_anchors
from qubix_platform.database.connection import Connection
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.ledger import repository as ledger
from qubix_platform.ledger.sealing.model import Closing
from qubix_platform.ledger.sealing.service import AT_ONCE, close_day, seal

log = structlog.get_logger(__name__)

SEAL_EVERY_S: Final = 1.0
_FOLD_EVERY_S: Final = 10.0
_LATE_AFTER_S: Final = 30.0
_NAMED: Final = 100


class Books:
    """Does what is due, each in a transaction of its own.

    Args:
        database: where the books are.
        has_chain: whether there is a chain to anchor roots on.

    Attributes:
        fault: what was wrong with the books of the last day that was closed here; None where nothing was.
    """

    def __init__(self, database: Database, *, has_chain: bool) -> None:
        self._database = database
        self._has_chain = has_chain
        self._folded_at = 0.0
        self.fault: str | None = None

    async def round(self) -> None:
        """Look once at everything."""
        # Before anything is sealed today: what was sealed yesterday has its own root.
        async with self._database.transaction() as session:
            closed = await close_day(session)
        if closed is not None:
            self._tell(closed)
        while await self._seal() == AT_ONCE:
            continue
        if time.monotonic() - self._folded_at >= _FOLD_EVERY_S:
            async with self._database.transaction() as session:
                await ledger.fold(session)
            self._folded_at = time.monotonic()
        # Last: where no root can be sent to the chain, the books are sealed all the same.
        if self._has_chain:
            async with self._database.transaction() as session:
                await order_anchors(session)

    def _tell(self, closed: Closing) -> None:
        if closed.gone:
            self.fault = f"root {closed.number} covers {len(closed.gone)} seals that are gone, from {closed.gone[0]} on"
            log.error("ledger_day_closed_without_seals", root=closed.number, positions=closed.gone[:_NAMED])
        else:
            self.fault = None
            log.info("ledger_day_closed", root=closed.number)

    async def _seal(self) -> int:
        async with self._database.transaction() as session:
            return await seal(session)


class BooksLeader:
    """What looks after the books where there is no chain: the same lock, hence the same one process.

    Args:
        settings: where the books are.
    """

    def __init__(self, settings: DatabaseSettings) -> None:
        self._candidacy = Candidacy(settings.app_url, name="books", try_lead=leadership.try_lead, lead=self._lead)
        self._books = Books(self._candidacy.database, has_chain=False)

    async def start(self, *, timeout: timedelta = timedelta(seconds=30)) -> None:
        """Begin, as leader or as candidate.

        Raises:
            DatabaseUnavailable: no connection could be made in time. Nothing was begun; it may be tried again.
        """
        await self._candidacy.start(timeout=timeout)

    async def stop(self) -> None:
        """End. What was not sealed yet, the next one seals."""
        await self._candidacy.stop()

    def health(self) -> dict[str, Any]:
        """How it goes: `state` ok or degraded, and a sentence."""
        ages = self._candidacy.pulse.ages()
        if not self._candidacy.is_leading:
            state, detail = "degraded", "it does not lead: another process does, or the database is away"
        elif not ages or max(ages.values()) > _LATE_AFTER_S:
            state, detail = "degraded", "the books are not sealed at present"
        elif self._books.fault is not None:
            state, detail = "degraded", f"{self._books.fault}: see `qubix admin ledger verify`"
        else:
            state, detail = "ok", "none: nothing is settled on a chain; the books are sealed"
        return {"state": state, "detail": detail, "leading": self._candidacy.is_leading, "loopAges": ages}

    async def _lead(self, connection: Connection) -> None:
        async with self._candidacy.leading(
            loop("books", self._books.round, pulse=self._candidacy.pulse, every=SEAL_EVERY_S)
        ):
            await leadership.hold(connection)
