"""On a timer: what the database believes to run, held against leases, nodes and runners."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

import structlog

from qubix.schemas.states import ProviderType
from qubix_actors.errors import RunnerLost, RunnerSilent
from qubix_actors.handover import Handover
from qubix_actors.journal import Journal
from qubix_actors.launcher import Launcher
from qubix_actors.losses import Losses
from qubix_actors.settings import SchedulerSettings
from qubix_platform.attempts import service as attempts
from qubix_platform.attempts.repository import LiveAttempt
from qubix_platform.database.session import Database
from qubix_platform.providers import presence
from qubix_platform.scheduling.reconciliation import (
    Cancel,
    End,
    Launch,
    Lose,
    MarkLaunched,
    Sighting,
    Step,
    Stop,
    reconcile,
)

log = structlog.get_logger(__name__)

_ANSWER_WITHIN_S: Final = 2.0
# When the whole platform starts again, the API comes after the scheduler, and machines need a moment to reach it.
_SETTLED_AFTER_S: Final = 30.0


def _has_settled(since: float) -> bool:
    return time.monotonic() - since > _SETTLED_AFTER_S


class Reconciler:
    """Finds what went wrong without anybody telling: lost events, crashes in between, nodes that fell silent.

    Args:
        database: what is believed.
        settings: policies and the secret.
        launcher: what the nodes say.
        handover, losses, journal: carry out what follows.
        nodes: the providers' nodes that are alive now, by worker id.
    """

    def __init__(
        self,
        database: Database,
        settings: SchedulerSettings,
        *,
        launcher: Launcher,
        handover: Handover,
        losses: Losses,
        journal: Journal,
        nodes: Callable[[], Mapping[str, str]],
    ) -> None:
        self.cancel_requested = asyncio.Event()
        self._database = database
        self._settings = settings
        self._launcher = launcher
        self._handover = handover
        self._losses = losses
        self._journal = journal
        self._nodes = nodes
        self._amiss_since: Mapping[UUID, float] = {}
        self._leads_since = self._hears_since = time.monotonic()

    async def look(self) -> None:
        """One round: silent machines offline, then every live attempt."""
        if _has_settled(self._leads_since):
            await self._database.run(presence.mark_silent_offline)
        await self._listen()
        sightings = await self._sightings(await self._live())
        # Read again: an attempt that ended while the runners were asked is missing there for a good reason.
        plan = reconcile(
            await self._live(),
            sightings,
            in_hand=self._handover.in_hand,
            leases_count=_has_settled(self._hears_since),
            amiss_since=self._amiss_since,
            now=time.monotonic(),
        )
        self._amiss_since = plan.amiss_since
        for outcome in await asyncio.gather(*map(self._carry_out, plan.steps), return_exceptions=True):
            if isinstance(outcome, BaseException):
                log.error("reconciliation_step_failed", exc_info=outcome)

    async def cancel(self) -> None:
        """Tell the runners of every attempt that its consumer wants to stop; pulling machines hear it by heartbeat."""
        wanted = [attempt for attempt in await self._live() if attempt.cancel_requested]
        await asyncio.gather(
            *(self._tell_to_stop(a.worker_id, a.id) for a in wanted if a.provider_type is ProviderType.RAY)
        )

    def begin(self) -> None:
        """This scheduler leads from now on; what another one saw is not known."""
        self._amiss_since = {}
        self._leads_since = self._hears_since = time.monotonic()

    async def _listen(self) -> None:
        """Note whether machines are heard of at all: where none is, no lease says anything, nor soon after that."""
        hearing = await self._database.run(presence.hearing)
        if not hearing.is_deaf:
            return
        if _has_settled(self._hears_since):
            log.warning("no_machine_is_heard_of", heard_ago_s=hearing.heard_ago, machines=hearing.machines)
        self._hears_since = time.monotonic()

    async def _live(self) -> list[LiveAttempt]:
        return await self._database.run(attempts.live_attempts)

    async def _sightings(self, live: list[LiveAttempt]) -> dict[str, Sighting]:
        nodes = self._nodes()
        workers = sorted({attempt.worker_id for attempt in live if attempt.provider_type is ProviderType.RAY})
        seen = await asyncio.gather(*(self._sight(worker, is_in_cluster=worker in nodes) for worker in workers))
        return dict(zip(workers, seen, strict=True))

    async def _sight(self, worker_id: str, *, is_in_cluster: bool) -> Sighting:
        if not is_in_cluster:
            return Sighting(is_in_cluster=False)
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                return Sighting(is_in_cluster=True, running=await self._launcher.running(worker_id))
        except (RunnerLost, RunnerSilent, TimeoutError) as error:
            log.warning("runner_gave_no_answer", worker_id=worker_id, error=repr(error))
            return Sighting(is_in_cluster=True)

    async def _carry_out(self, step: Step) -> None:
        match step:
            case Lose(attempt, reason):
                await self._losses.lose(attempt.id, provider_id=attempt.provider_id, reason=reason)
            case End(attempt, cause, reason):
                await self._losses.end(attempt.id, provider_id=attempt.provider_id, cause=cause, reason=reason)
                if attempt.provider_type is ProviderType.RAY:
                    await self._tell_to_stop(attempt.worker_id, attempt.id)
            case Launch(attempt):
                await self._launch(attempt)
            case MarkLaunched(attempt):
                self._journal.launched(attempt.id)
            case Cancel(attempt):
                await self._tell_to_stop(attempt.worker_id, attempt.id)
            case Stop(worker_id, attempt_id):
                await self._tell_to_stop(worker_id, attempt_id)

    async def _launch(self, attempt: LiveAttempt) -> None:
        spec = await self._database.run(
            lambda session: attempts.spec_of(
                session, attempt.id, policy=self._settings.market, secret=self._settings.secret
            )
        )
        if spec is not None:
            log.warning("attempt_found_unlaunched", attempt_id=str(attempt.id), worker_id=attempt.worker_id)
            await self._handover.launch(attempt.worker_id, spec, provider_id=attempt.provider_id)

    async def _tell_to_stop(self, worker_id: str, attempt_id: UUID) -> None:
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                await self._launcher.cancel(worker_id, attempt_id)
        except (RunnerLost, RunnerSilent, TimeoutError) as error:
            # It is told again by the next round, and by the answer to its own next report.
            log.warning("cancel_not_delivered", attempt_id=str(attempt_id), worker_id=worker_id, error=repr(error))
