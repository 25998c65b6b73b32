"""A cluster that a test plays: nodes come and go, runners take attempts, and attempts meet their fates."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from qubix.schemas.attempts import AttemptSpec
from qubix_actors.errors import RunnerLost, RunnerSilent

DEADLINE_S = 60.0


def lost(obstacle: str = "its worker died") -> RunnerLost:
    """What a fate raises when the attempt can never report again."""
    return RunnerLost(asked="Running an attempt", obstacle=obstacle, remedy="None.")


def silent() -> RunnerSilent:
    """What a call raises when nobody knows."""
    return RunnerSilent(asked="Reaching a runner", obstacle="it gave no answer", remedy="None.")


@dataclass(frozen=True)
class Launched:
    """An attempt that was handed to a runner."""

    worker_id: str
    spec: AttemptSpec
    fate: asyncio.Future[None]


@dataclass
class PlayedCluster:
    """Implements `Launcher`. What it was asked for waits in queues, so that a test can wait for it."""

    table: dict[str, str] | None = field(default_factory=dict)
    refusals: dict[str, Exception] = field(default_factory=dict)
    launched: asyncio.Queue[Launched] = field(default_factory=asyncio.Queue)
    cancelled: asyncio.Queue[tuple[str, UUID]] = field(default_factory=asyncio.Queue)
    warmed: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    runs: dict[str, set[UUID]] = field(default_factory=dict)

    def join(self, worker_id: str, *, node_id: str = "node") -> None:
        """A provider's node comes to the cluster."""
        self.table = (self.table or {}) | {worker_id: f"{node_id}-{worker_id}"}

    def leave(self, worker_id: str) -> None:
        """A provider's node dies."""
        self.table = {known: node for known, node in (self.table or {}).items() if known != worker_id}
        self.runs.pop(worker_id, None)

    async def next_launch(self) -> Launched:
        """The next attempt that is handed over."""
        async with asyncio.timeout(DEADLINE_S):
            return await self.launched.get()

    async def nodes(self) -> Mapping[str, str] | None:
        return self.table

    async def launch(self, worker_id: str, spec: AttemptSpec) -> Awaitable[None]:
        if (refusal := self.refusals.get(worker_id)) is not None:
            raise refusal
        fate: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.runs.setdefault(worker_id, set()).add(spec.attempt_id)
        self.launched.put_nowait(Launched(worker_id, spec, fate))
        return fate

    async def cancel(self, worker_id: str, attempt_id: UUID) -> None:
        self.cancelled.put_nowait((worker_id, attempt_id))

    async def running(self, worker_id: str) -> frozenset[UUID]:
        if (refusal := self.refusals.get(worker_id)) is not None:
            raise refusal
        return frozenset(self.runs.get(worker_id, set()))

    async def warm(self, worker_id: str) -> None:
        self.warmed.put_nowait(worker_id)
