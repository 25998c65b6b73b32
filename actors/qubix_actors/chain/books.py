"""Looks after the books beside the payments: seals them, folds hot accounts, closes days and anchors their roots."""

import time
from typing import Final

import structlog

from qubix_platform.chain.anchors.service import order_anchors
from qubix_platform.database.session import Database
from qubix_platform.ledger import repository as ledger
from qubix_platform.ledger.sealing.service import AT_ONCE, close_day, seal

log = structlog.get_logger(__name__)

_FOLD_EVERY_S: Final = 10.0


class Books:
    """Does what is due, each in a transaction of its own.

    Args:
        database: where the books are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._folded_at = 0.0

    async def round(self) -> None:
        """Look once at everything."""
        # Before anything is sealed today: what was sealed yesterday has its own root.
        async with self._database.transaction() as session:
            number = await close_day(session)
        if number is not None:
            log.info("ledger_day_closed", root=number)
        async with self._database.transaction() as session:
            await order_anchors(session)
        while await self._seal() == AT_ONCE:
            continue
        if time.monotonic() - self._folded_at >= _FOLD_EVERY_S:
            async with self._database.transaction() as session:
                await ledger.fold(session)
            self._folded_at = time.monotonic()

    async def _seal(self) -> int:
        async with self._database.transaction() as session:
            return await seal(session)
