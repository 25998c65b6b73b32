"""Keeps things in order beside the payments: addresses to give out, escrows that waited too long, sweeps."""

from typing import Final
from uuid import UUID

from qubix_actors.chain.each import each
from qubix_platform.chain.addresses import service as addresses
from qubix_platform.chain.escrows import repository as escrows
from qubix_platform.chain.escrows.returns import expire
from qubix_platform.chain.keys import KeyRing
from qubix_platform.chain.sweeps.service import order_sweeps
from qubix_platform.database.session import Database

_EXPIRED_AT_ONCE: Final = 100


class Keeper:
    """Does what is due, each in a transaction of its own.

    Args:
        database: where everything is.
        ring: derives the addresses.
        treasury: an identity whose key is elsewhere, or None to derive one.
        hot_limit: QU that the hot wallet shall hold at most.
    """

    def __init__(self, database: Database, ring: KeyRing, *, treasury: str | None, hot_limit: int) -> None:
        self._database = database
        self._ring = ring
        self._treasury = treasury
        self._hot_limit = hot_limit

    async def fill_pool(self) -> None:
        """Have enough addresses to give out."""
        async with self._database.transaction() as session:
            await addresses.fill_pool(session, self._ring, treasury=self._treasury)

    async def round(self) -> None:
        """Look once at everything."""
        await self.fill_pool()
        async with self._database.transaction() as session:
            waited = await escrows.expired(session, limit=_EXPIRED_AT_ONCE)
        await each("escrow", waited, self._expire)
        async with self._database.transaction() as session:
            await order_sweeps(session, limit=self._hot_limit)

    async def _expire(self, escrow_id: UUID) -> None:
        async with self._database.transaction() as session:
            await expire(session, escrow_id)
