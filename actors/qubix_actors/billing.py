"""Settling long jobs and reservations while they go on, beside the scheduler's other loops."""

import asyncio
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.attempts import sessions
from qubix_platform.attempts.sessions import Advance
from qubix_platform.database.session import Database
from qubix_platform.pricing.policy import MarketPolicy
from qubix_platform.pricing.rates import Split
from qubix_platform.pricing.sessions import Funding
from qubix_platform.reservations import service as reservations

log = structlog.get_logger(__name__)

_AT_ONCE: Final = 2


class Billing:
    """Pays for the hours that have passed and holds for those that come, each in a transaction of its own.

    Nothing is kept here: what a round did not come to is found by the next one.
    """

    def __init__(self, database: Database, policy: MarketPolicy) -> None:
        self._database = database
        self._policy = policy
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def look(self) -> None:
        """One round over every attempt and reservation that has time to settle, or whose money ends soon."""
        due = await self._database.run(lambda session: sessions.due_attempts(session, self._policy))
        reserved = await self._database.run(lambda session: reservations.due_reservations(session, self._policy))
        lost = await self._database.run(reservations.lost_reservations)
        work = [*map(self._advance, due), *map(self._pay_out, reserved), *map(self._give_back, lost)]
        for outcome in await asyncio.gather(*work, return_exceptions=True):
            if isinstance(outcome, BaseException):
                log.error("not_billed", exc_info=outcome)

    async def _pay_out(self, reservation_id: UUID) -> None:
        async def work(session: AsyncSession) -> int:
            return await reservations.advance(session, reservation_id, policy=self._policy)

        async with self._slots:
            paid = await self._database.run(work, idempotent=True)
        log.info("reservation_billed", reservation_id=str(reservation_id), paid_qu=paid)

    async def _give_back(self, reservation_id: UUID) -> None:
        async def work(session: AsyncSession) -> Split | None:
            return await reservations.fail(session, reservation_id, policy=self._policy)

        async with self._slots:
            parts = await self._database.run(work, idempotent=True)
        if parts is not None:
            log.warning("reservation_failed", reservation_id=str(reservation_id), refund_qu=parts.refund)

    async def _advance(self, attempt_id: UUID) -> None:
        async def work(session: AsyncSession) -> Advance | None:
            return await sessions.advance(session, attempt_id, policy=self._policy)

        async with self._slots:
            done = await self._database.run(work, idempotent=True)
        if done is None:
            return
        if done.settled_seconds or done.added:
            log.info("attempt_billed", attempt_id=str(attempt_id), seconds=done.settled_seconds, added_qu=done.added)
        if done.funding is not Funding.COVERED:
            log.warning("job_short_of_funds", attempt_id=str(attempt_id), stands=done.funding, refusal=done.refusal)
