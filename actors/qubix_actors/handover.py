"""From an attempt in the database to one that runs on a node, and what to do when that fails."""

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any
from uuid import UUID

import structlog

from qubix.schemas.attempts import AttemptSpec
from qubix_actors.errors import RunnerLost, RunnerSilent
from qubix_actors.journal import Journal
from qubix_actors.launcher import Launcher
from qubix_actors.losses import Losses

log = structlog.get_logger(__name__)


class Handover:
    """Hands attempts to runners, and watches over each until it ends.

    What it watches over is a convenience: a scheduler that starts again finds the same attempts in the database, by
    their leases and by what the runners say.
    """

    def __init__(self, launcher: Launcher, losses: Losses, journal: Journal) -> None:
        self._launcher = launcher
        self._losses = losses
        self._journal = journal
        self._handing: set[UUID] = set()
        self._fates: set[UUID] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def in_hand(self) -> frozenset[UUID]:
        """The attempts that are being handed over just now."""
        return frozenset(self._handing)

    @property
    def watched(self) -> int:
        """How many attempts run that this scheduler launched itself."""
        return len(self._fates)

    def begin(self, worker_id: str, spec: AttemptSpec, *, provider_id: UUID) -> None:
        """Hand an attempt over, in the background: one slow machine must not keep others waiting."""
        self._handing.add(spec.attempt_id)
        self._start(self.launch(worker_id, spec, provider_id=provider_id))

    async def launch(self, worker_id: str, spec: AttemptSpec, *, provider_id: UUID) -> None:
        """Hand an attempt over. One that cannot be is given up at once, or left to its lease where that is not sure."""
        self._handing.add(spec.attempt_id)
        try:
            fate = await self._launcher.launch(worker_id, spec)
        except (RunnerLost, RunnerSilent) as error:
            await self._failed(error, worker_id, spec, provider_id)
            return
        finally:
            self._handing.discard(spec.attempt_id)
        self._journal.launched(spec.attempt_id)
        log.info("attempt_launched", job_id=str(spec.job_id), attempt_id=str(spec.attempt_id), worker_id=worker_id)
        self._fates.add(spec.attempt_id)
        self._start(self._watch(fate, worker_id, spec, provider_id))

    def abandon(self) -> None:
        """Watch over nothing any more; what runs goes on."""
        for task in self._tasks:
            task.cancel()
        self._handing.clear()
        self._fates.clear()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # The reconciler finds what became of the attempt, by its lease and by what its runner says.
            log.error("handover_failed", exc_info=error)

    async def _watch(self, fate: Awaitable[None], worker_id: str, spec: AttemptSpec, provider_id: UUID) -> None:
        try:
            await fate
        except (RunnerLost, RunnerSilent) as error:
            await self._failed(error, worker_id, spec, provider_id)
        finally:
            self._fates.discard(spec.attempt_id)

    async def _failed(
        self, error: RunnerLost | RunnerSilent, worker_id: str, spec: AttemptSpec, provider_id: UUID
    ) -> None:
        log.warning(
            error.code,
            job_id=str(spec.job_id),
            attempt_id=str(spec.attempt_id),
            worker_id=worker_id,
            obstacle=error.obstacle,
        )
        if isinstance(error, RunnerLost):
            await self._losses.lose(spec.attempt_id, provider_id=provider_id, reason=error.obstacle)
