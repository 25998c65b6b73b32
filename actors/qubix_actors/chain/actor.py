"""The chain's process as a Ray actor. It holds no fact: killed at any moment, the next one carries on."""

import asyncio
from typing import Any

import structlog

from qubix_actors.chain.leader import ChainLeader
from qubix_actors.chain.settings import ChainSettings
from qubix_platform.chain.keys import KeyRing
from qubix_platform.observability.logs import configure_logs
from qubix_platform.qubic.rpc import QubicRpc

log = structlog.get_logger(__name__)


class ChainActor:
    """Runs a `ChainLeader`. The platform's keys are in this process and in no other."""

    def __init__(self) -> None:
        configure_logs()
        self._leader: ChainLeader | None = None
        self._settings = ChainSettings.from_environment()
        self._starting = asyncio.get_event_loop().create_task(self._start())

    async def health(self) -> dict[str, Any]:
        """How the chain's process is: `state` ok or degraded, a sentence in `detail`, and the facts behind it."""
        if self._settings is None:
            return {"state": "unknown", "detail": "this platform has no chain: QUBIX_CHAIN_URL is not set"}
        if self._leader is None or not self._starting.done():
            return {"state": "degraded", "detail": "it is starting"}
        return self._leader.health()

    async def _start(self) -> None:
        if self._settings is None:
            return None
        while True:
            try:
                ring = KeyRing.from_file(self._settings.key_file)
                network = await QubicRpc(self._settings.url).__aenter__()
                self._leader = ChainLeader(self._settings, network, ring)
                return await self._leader.start()
            except Exception:
                # Without a database or its keys there is nothing to do but to wait for them.
                log.exception("chain_not_started")
                await asyncio.sleep(1)
