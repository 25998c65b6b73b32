"""The scheduler as a Ray actor. It holds no fact: killed at any moment, the next one carries on from the database."""

import asyncio
from typing import Any

import structlog

from qubix_actors.leader import Leader
from qubix_actors.ray_launcher import RayLauncher
from qubix_actors.settings import SchedulerSettings
from qubix_platform.observability.logs import configure_logs

log = structlog.get_logger(__name__)


class SchedulerActor:
    """Runs a `Leader`. A restarted actor gets nothing but `__init__`, so its loops begin there."""

    def __init__(self) -> None:
        configure_logs()
        self._leader = Leader(SchedulerSettings.from_environment(), RayLauncher())
        self._starting = asyncio.get_event_loop().create_task(self._start())

    async def health(self) -> dict[str, Any]:
        """How the scheduler is: `state` ok, degraded or down, a sentence in `detail`, and the facts behind it."""
        if not self._starting.done():
            return {"state": "degraded", "detail": "it is starting"}
        return self._leader.health()

    async def _start(self) -> None:
        while True:
            try:
                return await self._leader.start()
            except Exception:
                # Without a database there is nothing to do but to wait for it: ending would only start over.
                log.exception("scheduler_not_started")
                await asyncio.sleep(1)
