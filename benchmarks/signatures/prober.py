"""A small request over and over, on the event loop that is looked at: ten round trips to a server on the same loop.

Each is due 5 ms after the one before, and is timed from then: what could not even begin is not left out.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

ROUND_TRIPS: Final = 10
_PAUSE_SECONDS: Final = 0.005


class Prober:
    """Collects how long after each request was due its answer was there, milliseconds."""

    def __init__(self) -> None:
        self.milliseconds: list[float] = []
        self.connected = asyncio.Event()
        self._stopped = asyncio.Event()

    async def ask_until_stopped(self, port: int) -> None:
        """Pause for 5 ms, ask, and so on."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        self.connected.set()
        while True:
            due = time.perf_counter() + _PAUSE_SECONDS
            with contextlib.suppress(TimeoutError):  # the pause is over
                await asyncio.wait_for(self._stopped.wait(), _PAUSE_SECONDS)
            if time.perf_counter() < due:
                break
            for _ in range(ROUND_TRIPS):
                writer.write(b".")
                await reader.readexactly(1)
            self.milliseconds.append((time.perf_counter() - due) * 1000)
        writer.close()

    def stop(self) -> None:
        """Let the request that is due or under way be the last."""
        self._stopped.set()


@asynccontextmanager
async def probing() -> AsyncIterator[Prober]:
    """Ask all through the block."""
    server = await asyncio.start_server(_echo, "127.0.0.1", 0)
    prober = Prober()
    async with server, asyncio.TaskGroup() as tasks:
        tasks.create_task(prober.ask_until_stopped(server.sockets[0].getsockname()[1]))
        await prober.connected.wait()
        yield prober
        prober.stop()


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while asked := await reader.read(1):
        writer.write(asked)
    writer.close()
