"""What the scheduler writes down beside the way: nobody waits for it."""

import asyncio
import time
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.attempts import service as attempts
from qubix_platform.database.errors import DatabaseUnavailable
from qubix_platform.database.session import Database
from qubix_platform.scheduling import service
from qubix_platform.scheduling.models import Explanation, Pass, Reading
from qubix_platform.scheduling.recording import Recorder

log = structlog.get_logger(__name__)

_GATHER_S: Final = 0.02
_UNWRITTEN: Final = 200
"""Passes that wait to be written; older ones are given up, and counted, when the database is away for that long."""


class Journal:
    """Writes why jobs wait, which attempts were launched, and passes for replay, a batch at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._passes: list[Pass] = []
        self._explanations: dict[UUID, Explanation] = {}
        self._launched: dict[UUID, float] = {}
        self._last: Pass | None = None
        self._given_up = 0
        self._recorder = Recorder()
        self._filled = asyncio.Event()

    def decided(self, reading: Reading, made: Pass) -> None:
        """A pass was made. One that saw and decided the same as the one before is that one."""
        for explanation in service.explanations(reading, made.decisions):
            self._explanations[explanation.job_id] = explanation
        if self._last is None or (made.snapshot, made.decisions) != (self._last.snapshot, self._last.decisions):
            self._keep([*self._passes, made])
        self._last = made
        if self._passes or self._explanations:
            self._filled.set()

    def launched(self, attempt_id: UUID) -> None:
        """An attempt was handed to its node's runner."""
        self._launched[attempt_id] = time.monotonic()
        self._filled.set()

    async def write(self) -> None:
        """Wait until there is something to write, and write it."""
        await self._filled.wait()
        await asyncio.sleep(_GATHER_S)  # a burst is written at once
        await self.flush()

    async def flush(self) -> None:
        """Write what there is. What nobody can do without is not held up by passes that cannot be written.

        Raises:
            DatabaseUnavailable: it is kept, and written by the next call.
        """
        self._filled.clear()
        await self._write_notes()
        await self._write_passes()

    async def _write_notes(self) -> None:
        explanations, self._explanations = list(self._explanations.values()), {}
        launched, self._launched = self._launched, {}

        async def work(session: AsyncSession) -> set[UUID]:
            held: set[UUID] = set()
            if launched:
                now = time.monotonic()
                held = await attempts.mark_launched(session, {each: now - at for each, at in launched.items()})
            if explanations:
                await service.explain(session, explanations)
            return held

        if not launched and not explanations:
            return
        try:
            held = await self._database.run(work)
        except Exception:
            # Explanations are made again by the next pass, since what is written is compared with what is to be said.
            self._launched |= launched
            self._filled.set()
            raise
        if held:
            self._launched |= {each: launched[each] for each in held}
            self._filled.set()

    async def _write_passes(self) -> None:
        passes, self._passes = self._passes, []
        if not passes:
            return
        try:
            encoded = await asyncio.to_thread(self._recorder.encode, passes)
            written = await self._database.run(lambda session: self._recorder.write(session, encoded))
        except DatabaseUnavailable:
            self._recorder.forget()
            self._keep([*passes, *self._passes])
            self._filled.set()
            raise
        except Exception:
            # They would be in the way of all that follow.
            self._recorder.forget()
            self._given_up += len(passes)
            log.exception("passes_not_recorded", passes=len(passes))
            return
        self._recorder.written(written)
        if self._given_up:
            log.warning("passes_given_up", passes=self._given_up)
            self._given_up = 0

    def _keep(self, passes: list[Pass]) -> None:
        self._given_up += max(0, len(passes) - _UNWRITTEN)
        self._passes = passes[-_UNWRITTEN:]
