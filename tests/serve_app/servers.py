"""The API on a real port."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from qubix_serve.app import create_app
from qubix_serve.settings import ServeSettings

_DEADLINE_S = 20


class AnnouncingServer(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, settings: ServeSettings) -> None:
        super().__init__(uvicorn.Config(create_app(settings), host="127.0.0.1", port=0, log_level="warning"))
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @property
    def address(self) -> str:
        """Host and port, once it listens."""
        return f"127.0.0.1:{self.servers[0].sockets[0].getsockname()[1]}"


@contextmanager
def serving_in_a_thread(settings: ServeSettings) -> Iterator[str]:
    """Serve from a thread of its own; the address."""
    server = AnnouncingServer(settings)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    assert server.listening.wait(timeout=_DEADLINE_S)
    yield server.address
    server.should_exit = True
    thread.join(timeout=_DEADLINE_S)
