"""Watching Ray's node table: which providers' nodes came, and which are gone."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from types import MappingProxyType
from typing import Any

import structlog

from qubix_actors.errors import RunnerLost, RunnerSilent
from qubix_actors.launcher import Launcher
from qubix_actors.losses import Losses

log = structlog.get_logger(__name__)


class NodeWatch:
    """Knows which providers' nodes are alive, gives up what ran on a node that is gone, and warms one that came.

    Args:
        launcher: the cluster.
        losses: gives up what ran on a node.
        on_change: called when nodes came or went, since decisions may be others now.
    """

    def __init__(self, launcher: Launcher, losses: Losses, *, on_change: Callable[[], None]) -> None:
        self._launcher = launcher
        self._losses = losses
        self._on_change = on_change
        self._nodes: Mapping[str, str] = MappingProxyType({})
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def nodes(self) -> Mapping[str, str]:
        """Ray's node id by worker id, of the nodes that were alive when the table was last read."""
        return self._nodes

    async def look(self) -> None:
        """Read the node table once, and act on what is different."""
        seen = await self._launcher.nodes()
        if seen is None or seen == self._nodes:
            return
        before, self._nodes = self._nodes, MappingProxyType(dict(seen))
        for worker_id in sorted(before):
            if seen.get(worker_id) != before[worker_id]:
                self._start(self._losses.lose_machine(worker_id, reason="its Ray node left the cluster"))
        for worker_id in sorted(seen):
            if before.get(worker_id) != seen[worker_id]:
                log.info("node_came", worker_id=worker_id, node_id=seen[worker_id])
                self._start(self._warm(worker_id))
        self._on_change()

    def abandon(self) -> None:
        """Forget what was seen, and end what was begun."""
        self._nodes = MappingProxyType({})
        for task in self._tasks:
            task.cancel()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        # In the background: one slow machine must not keep the table from being read.
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # The reconciler finds what was not done, by the leases and by what the runners say.
            log.error("node_change_not_carried_out", exc_info=error)

    async def _warm(self, worker_id: str) -> None:
        try:
            await self._launcher.warm(worker_id)
        except (RunnerLost, RunnerSilent) as error:
            log.warning("runner_not_warm", worker_id=worker_id, obstacle=error.obstacle)
