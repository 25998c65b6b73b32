"""The scheduler without Ray's actor around it: leads while it holds the lock, and is ready to lead otherwise."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from qubix.schemas.states import EventType
from qubix_actors.billing import Billing
from qubix_actors.candidacy import Candidacy
from qubix_actors.dispatch import Dispatch
from qubix_actors.groups import Groups
from qubix_actors.handover import Handover
from qubix_actors.journal import Journal
from qubix_actors.launcher import Launcher
from qubix_actors.losses import Losses
from qubix_actors.preemptions import LOOK_EVERY_S, Preemptions
from qubix_actors.pulse import Pulse, loop
from qubix_actors.reconciler import Reconciler
from qubix_actors.releases import Releases
from qubix_actors.settings import SchedulerSettings
from qubix_actors.usage import READ_EVERY_S, Usage
from qubix_actors.watch import NodeWatch
from qubix_platform.database.connection import Connection
from qubix_platform.events.listener import EventListener
from qubix_platform.events.models import Event
from qubix_platform.scheduling import repository

SCHEDULER_TOPIC: Final = "scheduler"

_PASS_EVERY_S: Final = 1.0
# While the market is full, each new job and each card that comes free would have a pass over all that wait.
_GATHER_S: Final = 0.01
_WATCH_EVERY_S: Final = 0.25
_RECONCILE_EVERY_S: Final = 2.0
_BILL_EVERY_S: Final = 5.0
_RELEASE_EVERY_S: Final = 2.0
_SCALE_EVERY_S: Final = 2.0
_LATE_AFTER_S: Final = 10.0


class Leader:
    """Assigns pending jobs, launches them, and finds what was lost.

    Args:
        settings: of the core node.
        launcher: the cluster.
    """

    def __init__(self, settings: SchedulerSettings, launcher: Launcher) -> None:
        url = settings.database.app_url
        self._candidacy = Candidacy(
            url,
            name="scheduler",
            prepare=repository.limit_silence,
            try_lead=repository.try_lead,
            lead=self._lead,
        )
        database = self._candidacy.database
        self._listener = EventListener(url, on_events=self._on_events, name="qubix-scheduler-events")
        self._pulse = self._candidacy.pulse
        self._journal = Journal(database)
        self._losses = Losses(database, settings.market)
        self._billing = Billing(database, settings.market)
        self._releases = Releases(database)
        self._groups = Groups(database, settings.market)
        self._usage = Usage(database, settings.placement.queue)
        notice_s = settings.placement.queue.notice_s if settings.placement.queue else 0
        self._preemptions = Preemptions(database, settings.market, launcher, notice_s=notice_s)
        self._handover = Handover(launcher, self._losses, self._journal)
        self._watch = NodeWatch(launcher, self._losses, on_change=self.wake)
        self._dispatch = Dispatch(
            database,
            settings,
            handover=self._handover,
            journal=self._journal,
            usage=self._usage,
            preemptions=self._preemptions,
            nodes=lambda: self._watch.nodes,
        )
        self._reconciler = Reconciler(
            database,
            settings,
            launcher=launcher,
            handover=self._handover,
            losses=self._losses,
            journal=self._journal,
            nodes=lambda: self._watch.nodes,
        )

    @property
    def is_leading(self) -> bool:
        """Whether this is the one scheduler that acts."""
        return self._candidacy.is_leading

    async def start(self, *, timeout: timedelta = timedelta(seconds=30)) -> None:
        """Begin, as leader or as candidate.

        Raises:
            DatabaseUnavailable: no connection could be made in time. Nothing was begun; it may be tried again.
        """
        await self._candidacy.start(timeout=timeout, listener=self._listener)

    async def stop(self) -> None:
        """End. What runs on the nodes goes on, and the next leader finds it."""
        await self._candidacy.stop()

    def wake(self) -> None:
        """Something may be decided otherwise now."""
        self._dispatch.woken.set()

    def health(self) -> dict[str, Any]:
        """How it goes: `state` ok, degraded or down, a sentence, and the facts behind it."""
        ages = self._pulse.ages()
        late = sorted(name for name, age in ages.items() if age > _LATE_AFTER_S)
        last = self._dispatch.last
        if not self.is_leading:
            state, detail = "degraded", "it does not lead: another scheduler does, or the database is away"
        elif late:
            state, detail = "degraded", f"late: {', '.join(late)}"
        else:
            pending = last.pending if last else 0
            state, detail = (
                "ok",
                f"{pending} pending, {self._handover.watched} launched, {len(self._watch.nodes)} nodes",
            )
        return {
            "state": state,
            "detail": detail,
            "leading": self.is_leading,
            "loopAges": ages,
            "nodes": sorted(self._watch.nodes),
            "launched": self._handover.watched,
            "pending": last.pending if last else 0,
            "lastPass": None
            if last is None
            else {
                "decidedAt": last.decided_at.isoformat(),
                "assigned": last.assigned,
                "durationUs": last.duration_us,
            },
        }

    async def _lead(self, connection: Connection) -> None:
        # Nodes first: a member without one is nobody to assign to.
        await self._watch.look()
        self._reconciler.begin()
        beside = (
            loop("nodes", self._watch.look, pulse=self._pulse, every=_WATCH_EVERY_S),
            loop("reconcile", self._reconciler.look, pulse=self._pulse, every=_RECONCILE_EVERY_S),
            loop(
                "cancel",
                self._reconciler.cancel,
                pulse=self._pulse,
                every=_RECONCILE_EVERY_S,
                wake=self._reconciler.cancel_requested,
            ),
            loop("billing", self._billing.look, pulse=self._pulse, every=_BILL_EVERY_S),
            loop("releases", self._releases.look, pulse=self._pulse, every=_RELEASE_EVERY_S, wake=self._releases.woken),
            loop("groups", self._groups.look, pulse=self._pulse, every=_SCALE_EVERY_S, wake=self._groups.woken),
            loop("preemptions", self._preemptions.look, pulse=self._pulse, every=LOOK_EVERY_S),
            loop("usage", self._usage.look, pulse=self._pulse, every=READ_EVERY_S),
            loop("journal", self._journal.write, pulse=Pulse(), every=0),
        )
        try:
            async with self._candidacy.leading(*beside):
                await self._make_passes(connection)
        finally:
            self._handover.abandon()
            self._watch.abandon()

    async def _make_passes(self, connection: Connection) -> None:
        woken = self._dispatch.woken
        while True:
            woken.clear()
            await self._dispatch.run_pass(connection)
            self._pulse.beat("passes")
            if self._dispatch.leaves_jobs_waiting:
                await asyncio.sleep(_GATHER_S)
            try:
                async with asyncio.timeout(_PASS_EVERY_S):
                    await woken.wait()
            except TimeoutError:
                continue

    async def _on_events(self, events: Sequence[Event]) -> None:
        for event in events:
            if SCHEDULER_TOPIC not in event.topics:
                continue
            if event.type is EventType.JOB_CANCEL_REQUESTED:
                self._reconciler.cancel_requested.set()
            elif event.type is EventType.JOB_COMPLETED:
                self._releases.woken.set()
                self._groups.woken.set()
            elif event.type is EventType.GROUP_UPDATE:
                self._groups.woken.set()
            elif not (event.type is EventType.MARKETPLACE_UPDATE and event.data.get("change") == "taken"):
                self.wake()
