"""Having attempts make room: told, given time to save their work, and ended."""

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import structlog

from qubix.schemas.states import ProviderType
from qubix_actors.errors import RunnerLost, RunnerSilent
from qubix_actors.launcher import Launcher
from qubix_platform.attempts import ending
from qubix_platform.attempts.preempting import repository
from qubix_platform.database.errors import DatabaseUnavailable
from qubix_platform.database.session import Database
from qubix_platform.placement.model import Preemption
from qubix_platform.pricing.policy import MarketPolicy

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 1.0
_ANSWER_WITHIN_S: Final = 2.0
_FOR_LIST_PRICE: Final = "a job that pays the list price needs its machine"
_FOR_HOLDER: Final = "its machine is reserved for somebody else"


class Preemptions:
    """Tells attempts to make room, and ends those that had time for it.

    Nothing is kept here: who was told, and when, stands in the database.

    Args:
        database: where attempts are told and ended.
        market: for the settlement.
        launcher: reaches the runners.
        notice_s: how long an attempt has, seconds.
    """

    def __init__(self, database: Database, market: MarketPolicy, launcher: Launcher, *, notice_s: int) -> None:
        self._database = database
        self._market = market
        self._launcher = launcher
        self._notice_s = notice_s

    async def tell(self, preemptions: Sequence[Preemption]) -> None:
        """Ask attempts to make room, each in a transaction of its own. Who was asked before is not asked again."""
        for preemption in preemptions:
            try:
                await self._tell(preemption.attempt_id, reason=_FOR_LIST_PRICE)
            except DatabaseUnavailable as error:  # the next pass decides the same again
                log.warning("preemption_not_told", attempt_id=str(preemption.attempt_id), obstacle=error.obstacle)

    async def look(self) -> None:
        """One round: whom a reservation needs gone is told, and who had time to leave is ended."""
        in_the_way = await self._database.run(
            lambda session: repository.in_the_way(session, notice_seconds=self._notice_s)
        )
        for attempt_id in in_the_way:
            await self._tell(attempt_id, reason=_FOR_HOLDER)
        leaving = await self._database.run(lambda session: repository.leaving(session, notice_seconds=self._notice_s))
        for attempt in leaving:
            await self._end(attempt.id)
        members = [attempt for attempt in leaving if attempt.provider_type == ProviderType.RAY]
        await asyncio.gather(*(self._stop(attempt.worker_id, attempt.id) for attempt in members))

    async def _tell(self, attempt_id: UUID, *, reason: str) -> None:
        told = await self._database.run(
            lambda session: ending.notice_preemption(session, attempt_id, reason=reason), idempotent=True
        )
        if told:
            log.info("attempt_asked_to_leave", attempt_id=str(attempt_id), reason=reason)

    async def _end(self, attempt_id: UUID) -> None:
        ended = await self._database.run(
            lambda session: ending.preempt(session, attempt_id, reason="it made room", policy=self._market),
            idempotent=True,
        )
        if ended:
            log.info("attempt_made_room", attempt_id=str(attempt_id))

    async def _stop(self, worker_id: str, attempt_id: UUID) -> None:
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                await self._launcher.cancel(worker_id, attempt_id)
        except (RunnerLost, RunnerSilent, TimeoutError) as error:
            # The reconciler tells it again, and so does the answer to its own next report.
            log.warning("cancel_not_delivered", attempt_id=str(attempt_id), worker_id=worker_id, error=repr(error))
