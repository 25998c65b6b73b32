"""Letting jobs go that were held back, and ending those that are too late, beside the scheduler's other loops."""

import asyncio
from typing import Final

import structlog

from qubix_platform.database.session import Database
from qubix_platform.jobs.deadlines import service as deadlines
from qubix_platform.jobs.releases import service as releases

log = structlog.get_logger(__name__)

_GATHER_S: Final = 0.03


class Releases:
    """Queues jobs whose turn has come, and ends those whose turn never can, or whose deadline has passed.

    Nothing is kept here: what a round did not come to is found by the next one.
    """

    def __init__(self, database: Database) -> None:
        self.woken = asyncio.Event()
        self._database = database

    async def look(self) -> None:
        """Do all that is due, a part in each transaction."""
        await asyncio.sleep(_GATHER_S)  # in a burst many jobs end at about the same time
        late = await self._database.run(deadlines.advance, idempotent=True)
        if late:
            log.info("deadlines_missed", jobs=[str(job_id) for job_id in late])
        while True:
            done = await self._database.run(releases.advance, idempotent=True)
            if done.release or done.end:
                log.info("held_back_jobs", released=len(done.release), ended=len(done.end))
            if len(done.release) + len(done.end) < releases.AT_ONCE:
                return
