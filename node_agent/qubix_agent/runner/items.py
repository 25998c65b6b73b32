"""Items of a group's queue, handed to a worker inside its sandbox, which has no network, through a socket.

A line of JSON is asked, a line of JSON is answered: `{"end": {"id": 7, "result": 42}}`, `{"wants": true}`, or both.
Whoever wants an item waits for the answer until there is one, or the worker is to leave (`{"item": null}`).
"""

import contextlib
import json
import logging
import os
import select
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from qubix.errors import QubixError
from qubix.schemas.groups import ItemAnswer, ItemExchange

_log = logging.getLogger(__name__)

_REQUEST_BYTES: Final = 2 << 20
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 1.0

Exchange = Callable[[ItemExchange, threading.Event], ItemAnswer]
"""Asks the platform, for as long as that may help and the event is not set."""


class ItemDesk:
    """Serves one job's socket. Of what asks at the same time one goes after the other: a worker does one item."""

    def __init__(self, path: Path, exchange: Exchange) -> None:
        self._path = path
        self._exchange = exchange
        self._turn = threading.Lock()
        self._closing = threading.Event()

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Serve while the context lasts."""
        server = _Server(self._path, self)
        try:
            # The folder around it is the agent's alone: whoever the job is can reach it where it is bound, nobody else.
            self._path.chmod(0o666)
            thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="items", daemon=True)
            thread.start()
            try:
                yield
            finally:
                self._closing.set()
                server.shutdown()
                thread.join()
        finally:
            server.server_close()

    def answer(self, line: bytes, connection: socket.socket) -> dict[str, Any] | None:
        """What to answer to a line; None where nobody waits for that any more."""
        try:
            request = ItemExchange.model_validate_json(line)
        except ValidationError as error:
            return {"refused": f"that is no request for items: {error.errors(include_url=False)[0]['msg']}"}
        with self._turn:
            return self._ask(request, connection)

    def _ask(self, request: ItemExchange, connection: socket.socket) -> dict[str, Any] | None:
        pause = _FIRST_PAUSE_S
        while not self._closing.is_set():
            try:
                answer = self._exchange(request, self._closing)
            except QubixError as refused:
                if refused.status < 500 and refused.status in (413, 422):
                    return {"refused": refused.message}
                _log.warning("no more items: %s", refused)
                return None
            if answer.item is not None or answer.leave or not request.wants:
                return {"item": None if answer.item is None else answer.item.wire()}
            request = ItemExchange()
            if _has_left(connection, within=pause):
                return None
            pause = min(2 * pause, _LONGEST_PAUSE_S)
        return None


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, path: Path, desk: ItemDesk) -> None:
        self.desk = desk
        # A socket's path may have 107 bytes; through the folder's descriptor it is always short enough.
        folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
        try:
            super().__init__(f"/proc/self/fd/{folder}/{path.name}", _Handler)
        finally:
            os.close(folder)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  socketserver's signature
        _log.debug("items: a connection broke", exc_info=True)


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        line = self.rfile.readline(_REQUEST_BYTES)
        if not line.endswith(b"\n"):
            self.wfile.write(b'{"refused": "a request is one line of at most 2 MiB of JSON"}\n')
            return
        answer = server.desk.answer(line, self.connection)
        if answer is not None:
            self.wfile.write(json.dumps(answer).encode() + b"\n")


def _has_left(connection: socket.socket, *, within: float) -> bool:
    """Wait for so long; True as soon as the other end is gone."""
    poller = select.poll()
    poller.register(connection, select.POLLRDHUP)
    return bool(poller.poll(within * 1000))
