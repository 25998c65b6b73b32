"""A small real HTTP server that answers an agent's and a runner's calls as the platform would, and writes them down."""

import hashlib
import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, Any]]
Responder = Callable[["Received"], Answer | None]


@dataclass(frozen=True)
class Received:
    """One request."""

    method: str
    path: str
    token: str
    body: Any


def refusal(status: int, code: str, obstacle: str = "it does not fit") -> Answer:
    facts = {"asked": "Asking", "obstacle": obstacle, "remedy": "Ask otherwise."}
    return status, {"error": {"code": code, "message": obstacle, "details": facts}}


@dataclass
class ApiDouble:
    """What was received, and how to answer. `responder` may answer first; None leaves it to the defaults.

    `streams` are contents by their digest that are sent piece by piece and have no end. So many answers to come are
    `damaged` on their way, as by a proxy that compresses them and breaks off.
    """

    url: str = ""
    blobs: dict[str, bytes] = field(default_factory=dict)
    streams: dict[str, Iterator[bytes]] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    responder: Responder = lambda _: None
    damaged: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def bodies(self, what: str) -> list[Any]:
        """The bodies of all requests whose path ends so, in order."""
        with self.changed:
            return [request.body for request in self.received if request.path.endswith(what)]

    def paths(self) -> list[str]:
        """The last part of every path asked for, in order."""
        with self.changed:
            return [request.path.rsplit("/", 1)[-1] for request in self.received]

    def wait_for(self, what: str, *, count: int = 1, seconds: float = 20) -> list[Any]:
        """Wait until so many requests of this kind came."""
        with self.changed:
            arrived = self.changed.wait_for(lambda: self.paths().count(what) >= count, seconds)
        assert arrived, f"no {what} within {seconds} s, only {self.paths()}"
        return self.bodies(f"/{what}")

    def output(self, stream: str | None = None) -> str:
        """All that each job wrote, as it was reported, without repeats."""
        entries: dict[tuple[str, int], dict[str, Any]] = {}
        with self.changed:
            for request in self.received:
                if request.path.endswith(("/logs", "/complete")):
                    reported = request.body.get("entries") or request.body.get("logs") or []
                    entries |= {(request.path.split("/")[-2], entry["seq"]): entry for entry in reported}
        chosen = [entries[key] for key in sorted(entries)]
        return "".join(entry["text"] for entry in chosen if stream in (None, entry["stream"]))

    def answer(self, request: Received, raw: bytes) -> Answer:
        special = self.responder(request)
        if special is not None:
            return special
        if "/api/blobs/" in request.path:
            return self._blob(request, raw)
        if request.path.endswith("/complete"):
            return 200, {"success": True, "payment": None}
        return 200, {"success": True, "cancel": False, "leaseSeconds": 15}

    def _blob(self, request: Received, raw: bytes) -> Answer:
        sha256 = request.path.rsplit("/", 1)[-1]
        if request.method == "PUT":
            assert hashlib.sha256(raw).hexdigest() == sha256
            self.blobs[sha256] = raw
            return 201, {"sha256": sha256, "size": len(raw)}
        return (200, {}) if sha256 in self.blobs else refusal(404, "not_found", "no such blob")


def _handler(double: ApiDouble) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            is_json = "json" in (self.headers.get("Content-Type") or "")
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            request = Received(self.command, self.path, token, json.loads(raw) if is_json and raw else None)
            if (pieces := double.streams.get(self.path.rsplit("/", 1)[-1])) is not None:
                self._stream(pieces)
                return
            status, body = double.answer(request, raw)
            content = json.dumps(body).encode()
            if self.command == "GET" and "/api/blobs/" in self.path and status == 200:
                content = double.blobs[self.path.rsplit("/", 1)[-1]]
            # Noted before the answer leaves, so that whoever got it finds it noted.
            with double.changed:
                double.received.append(request)
                double.changed.notify_all()
            self.send_response(status)
            if double.damaged:
                double.damaged -= 1
                content = b"no gzip"
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def _stream(self, pieces: Iterator[bytes]) -> None:
            self.close_connection = True
            self.send_response(200)
            self.send_header("Content-Length", str(1 << 40))
            self.end_headers()
            for piece in pieces:
                self.wfile.write(piece)

        do_GET = do_POST = do_PUT = do_HEAD = do_PATCH = _serve  # noqa: N815  the names that http.server looks for

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
            """Tests read `received`."""

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed leaves its connection as it is."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def api_double(port: int = 0) -> Iterator[ApiDouble]:
    """A server that runs for as long as the block."""
    double = ApiDouble()
    server = _Server(("127.0.0.1", port), _handler(double))
    double.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
