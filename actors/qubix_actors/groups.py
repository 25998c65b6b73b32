"""Keeping groups at the size that their queues call for, beside the scheduler's other loops."""

import asyncio
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.database.session import Database
from qubix_platform.groups import scaling
from qubix_platform.groups.decide import Plan
from qubix_platform.pricing.policy import MarketPolicy

log = structlog.get_logger(__name__)


class Groups:
    """Starts workers and has them leave, each group in a transaction of its own.

    Nothing is kept here: what a round did not come to is found by the next one.
    """

    def __init__(self, database: Database, policy: MarketPolicy) -> None:
        self.woken = asyncio.Event()
        self._database = database
        self._policy = policy

    async def look(self) -> None:
        """One round: items whose worker was lost are queued anew, then each group is brought to its size."""
        while await self._database.run(scaling.give_back, idempotent=True) == scaling.AT_ONCE:
            pass
        for group_id in await self._database.run(scaling.due):
            await self._advance(group_id)

    async def _advance(self, group_id: UUID) -> None:
        async def work(session: AsyncSession) -> Plan | None:
            return await scaling.advance(session, group_id, policy=self._policy)

        done = await self._database.run(work, idempotent=True)
        if done is not None and (done.start or done.end or done.ask or done.stop or done.is_over):
            leaving = len(done.end) + len(done.ask)
            log.info("group_scaled", group_id=str(group_id), wanted=done.start, leaving=leaving, over=done.is_over)
