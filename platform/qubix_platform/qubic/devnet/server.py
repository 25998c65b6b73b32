"""A devnet behind a socket, for a process of its own or for a thread of somebody else's."""

import socket
from pathlib import Path
from typing import Final

import uvicorn

from qubix_platform.qubic.devnet.app import build
from qubix_platform.qubic.devnet.node import Devnet
from qubix_platform.qubic.devnet.repository import Repository

_GRACE_SECONDS: Final = 1


def listen(*, host: str, port: int) -> socket.socket:
    """A socket for a devnet; port 0 takes any that is free.

    Raises:
        OSError: the port is in use.
    """
    return socket.create_server((host, port), backlog=128)


def make_server(folder: Path, *, tick_ms: int, seed: int = 0) -> uvicorn.Server:
    """A server that runs the devnet whose data is in `folder`, when its `run(sockets=[…])` is called.

    Args:
        folder: made when it is missing.
        tick_ms: from tick to tick, at least 20; 0 for a clock that is moved by hand.
        seed: of the faults.

    Raises:
        DevnetDataInUse: another devnet runs there.
    """

    def stop() -> None:
        server.should_exit = True

    devnet = Devnet(Repository(folder), tick_ms=tick_ms, seed=seed)
    config = uvicorn.Config(
        build(devnet, on_broken_clock=stop),
        # To uvicorn an answer that breaks off on purpose is an error; accidents are logged by the application.
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        server_header=False,
    )
    server = uvicorn.Server(config)
    return server
