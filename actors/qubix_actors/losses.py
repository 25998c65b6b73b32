"""Giving up attempts whose machine failed, so that their jobs run elsewhere."""

import asyncio
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import Cause
from qubix_platform.attempts import ending
from qubix_platform.attempts import service as attempts
from qubix_platform.database.session import Database
from qubix_platform.pricing.policy import MarketPolicy
from qubix_platform.providers import presence

log = structlog.get_logger(__name__)

_AT_ONCE: Final = 4


class Losses:
    """Gives up attempts, each in a transaction of its own. To give one up that has ended changes nothing."""

    def __init__(self, database: Database, policy: MarketPolicy) -> None:
        self._database = database
        self._policy = policy
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def lose(self, attempt_id: UUID, *, provider_id: UUID, reason: str) -> bool:
        """Give an attempt up and shun its machine; False where it had ended already."""

        async def work(session: AsyncSession) -> bool:
            lost = await ending.lose(session, attempt_id, reason=reason, policy=self._policy)
            if lost:
                await presence.shun(session, provider_id)
            return lost

        async with self._slots:
            lost = await self._database.run(work, idempotent=True)
        log.info("attempt_lost" if lost else "attempt_had_ended", attempt_id=str(attempt_id), reason=reason)
        return lost

    async def end(self, attempt_id: UUID, *, provider_id: UUID, cause: Cause, reason: str) -> bool:
        """End an attempt that its machine does not end, and shun that; False where it had ended already."""

        async def work(session: AsyncSession) -> bool:
            ended = await ending.end_overdue(session, attempt_id, cause=cause, reason=reason, policy=self._policy)
            if ended:
                await presence.shun(session, provider_id)
            return ended

        async with self._slots:
            ended = await self._database.run(work, idempotent=True)
        log.warning("attempt_ended_for_its_machine" if ended else "attempt_had_ended", attempt_id=str(attempt_id))
        return ended

    async def lose_machine(self, worker_id: str, *, reason: str) -> None:
        """Put a machine offline whose node is gone, and give up all that ran on it."""

        async def work(session: AsyncSession) -> tuple[UUID | None, list[UUID]]:
            provider_id = await presence.mark_gone(session, worker_id, reason=reason)
            live = await attempts.live_attempts(session)
            return provider_id, [attempt.id for attempt in live if attempt.provider_id == provider_id]

        provider_id, live = await self._database.run(work, idempotent=True)
        log.warning("node_gone", worker_id=worker_id, reason=reason, attempts=[str(attempt) for attempt in live])
        if provider_id is not None:
            await asyncio.gather(*(self.lose(attempt, provider_id=provider_id, reason=reason) for attempt in live))
