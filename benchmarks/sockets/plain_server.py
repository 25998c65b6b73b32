"""The baseline: a server that only hands each line of its input to every socket, by the broadcast of `websockets`."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from websockets import ConnectionClosed
from websockets.asyncio.server import ServerConnection, broadcast, serve

from benchmarks.children import ContenderFailed
from qubix_agent.ray_node import free_port
from qubix_agent.ray_node.environment import clean_environment

_READY: Final = "ready"


class PlainServer:
    """The server, seen by the benchmark."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self._process, self.port = process, port

    def tell(self, text: str) -> None:
        """Send a text to every socket."""
        assert self._process.stdin is not None
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()


@contextmanager
def plain_server() -> Iterator[PlainServer]:
    """Serve on a free port until the block ends.

    Raises:
        ContenderFailed: it did not begin.
    """
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=clean_environment(),
        # As the platform's processes have one: the kernel shares the processor out by sessions.
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        if process.stdout.readline().strip() != _READY:
            raise ContenderFailed(f"the plain server did not begin on port {port}")
        yield PlainServer(process, port)
    finally:
        process.kill()
        process.wait()


async def _serve(port: int) -> None:
    clients: set[ServerConnection] = set()

    async def attend(client: ServerConnection) -> None:
        clients.add(client)
        with suppress(ConnectionClosed):
            async for _ in client:
                await client.send('{"type":"subscribed"}')

    async with serve(attend, "127.0.0.1", port, backlog=4096, compression=None):
        sys.stdout.write(f"{_READY}\n")
        sys.stdout.flush()
        while line := await asyncio.to_thread(sys.stdin.readline):
            broadcast(clients, line.rstrip("\n"))


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
