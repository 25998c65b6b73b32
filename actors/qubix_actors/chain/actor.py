"""The chain's process as a Ray actor. It holds no fact: killed at any moment, the next one carries on."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import structlog

from qubix_actors.chain.books import BooksLeader
from qubix_actors.chain.leader import ChainLeader
from qubix_actors.chain.settings import ChainSettings
from qubix_platform.chain.keys import KeyRing
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.observability.logs import configure_logs
from qubix_platform.qubic.rpc import QubicRpc

log = structlog.get_logger(__name__)


class ChainActor:
    """Runs a `ChainLeader`, or without a chain a `BooksLeader`. The platform's keys are in this process alone."""

    def __init__(self) -> None:
        configure_logs()
        self._leader: ChainLeader | BooksLeader | None = None
        self._starting = asyncio.get_event_loop().create_task(self._start())

    async def health(self) -> dict[str, Any]:
        """How the chain's process is: `state` ok or degraded, a sentence in `detail`, and the facts behind it."""
        if self._leader is None or not self._starting.done():
            return {"state": "degraded", "detail": "it is starting"}
        return self._leader.health()

    async def _start(self) -> None:
        while True:
            try:
                async with AsyncExitStack() as stack:
                    self._leader = await _leader(ChainSettings.from_environment(), stack)
                    await self._leader.start()
                    stack.pop_all()  # it is up: what it needs lives as long as this process
                    return
            except Exception:
                # Without a database or its keys there is nothing to do but to wait for them.
                log.exception("chain_not_started")
                await asyncio.sleep(1)


async def _leader(settings: ChainSettings | None, stack: AsyncExitStack) -> ChainLeader | BooksLeader:
    if settings is None:
        return BooksLeader(DatabaseSettings.from_environment())
    if settings.key_command is None:
        ring = KeyRing.from_file(settings.key_file)
    else:
        ring = await asyncio.to_thread(KeyRing.from_command, settings.key_command)
    return ChainLeader(settings, await stack.enter_async_context(QubicRpc(settings.url)), ring)
