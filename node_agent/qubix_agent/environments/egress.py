"""The only way out of a build's sandbox: an HTTP proxy on a Unix socket that reaches the package index and no more.

A host that the owner's own settings name may lie anywhere. A host that the index's pages link to must be a public one,
unless the index itself lies in a private network; loopback and link-local addresses are never reached for it.
"""

import contextlib
import ipaddress
import logging
import os
import select
import socket
import socketserver
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

_log = logging.getLogger(__name__)

_HEAD_BYTES: Final = 64 << 10
_CONNECT_SECONDS: Final = 15.0
_IDLE_SECONDS: Final = 120.0
_CHUNK: Final = 1 << 16

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Endpoint = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressPolicy:
    """Who may be reached: `named` by the owner of the machine, `linked` by the pages of an index that they named."""

    named: frozenset[Endpoint]
    linked: frozenset[Endpoint] = frozenset()
    index_is_private: bool = False

    def permits(self, endpoint: Endpoint) -> bool:
        """Whether this host may be asked for at all."""
        return endpoint in self.named or endpoint in self.linked

    def permits_address(self, endpoint: Endpoint, address: Address) -> bool:
        """Whether it may be reached at the address that its name turned out to have."""
        if endpoint in self.named:
            return True
        if address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified:
            return False
        return address.is_global or self.index_is_private


def endpoint_of(address: str) -> Endpoint | None:
    """Host and port of an HTTP address, None for any other."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def resolve(endpoint: Endpoint) -> list[Address]:
    """The addresses of a host.

    Raises:
        OSError: the name is not known.
    """
    found = socket.getaddrinfo(*endpoint, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))


@dataclass(slots=True)
class EgressProxy:
    """Serves one build. `refused` are hosts that it was not allowed to reach, `failed` those it could not."""

    policy: EgressPolicy
    socket_path: Path
    refused: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)

    @contextlib.contextmanager
    def serving(self, *, owner: int | None) -> Iterator[None]:
        """Serve while the context lasts.

        Args:
            owner: the job's user, who alone may connect; None where that is our own user.
        """
        server = _Server(self)
        try:
            if owner is not None:
                os.chown(self.socket_path, owner, owner)
            thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="egress", daemon=True)
            thread.start()
            yield
            server.shutdown()
            thread.join()
        finally:
            server.server_close()

    def connect(self, endpoint: Endpoint) -> socket.socket | None:
        """A connection to a host that may be reached, else None; the reason is noted."""
        name = f"{endpoint[0]}:{endpoint[1]}"
        if not self.policy.permits(endpoint):
            self._refuse(name)
            return None
        try:
            addresses = resolve(endpoint)
        except OSError as error:
            self.failed[name] = str(error)
            return None
        allowed = [address for address in addresses if self.policy.permits_address(endpoint, address)]
        if not allowed:
            self._refuse(name)
            return None
        for address in allowed:
            # The address that was looked at, not the name again: that could mean another one by now.
            try:
                return socket.create_connection((str(address), endpoint[1]), _CONNECT_SECONDS)
            except OSError as error:
                self.failed[name] = str(error)
        return None

    def _refuse(self, name: str) -> None:
        self.refused.add(name)
        _log.warning("egress: refused %s", name)


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    # A thread that waits for a slow index must not hold up the end of a build.
    block_on_close = False

    def __init__(self, proxy: EgressProxy) -> None:
        self.proxy = proxy
        # A socket's path may have 107 bytes; through the folder's descriptor it is always short enough.
        folder = os.open(proxy.socket_path.parent, os.O_PATH | os.O_DIRECTORY)
        try:
            super().__init__(f"/proc/self/fd/{folder}/{proxy.socket_path.name}", _Handler)
        finally:
            os.close(folder)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  socketserver's signature
        _log.debug("egress: a connection broke", exc_info=True)


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        request: socket.socket = self.request
        request.settimeout(_IDLE_SECONDS)
        head, rest = _read_head(request)
        method, target, *_ = [*head.split(b"\r\n", 1)[0].decode("latin-1").split(" "), "", ""]
        endpoint = _authority(target) if method == "CONNECT" else endpoint_of(target)
        server = self.server
        assert isinstance(server, _Server)
        upstream = server.proxy.connect(endpoint) if endpoint else None
        if upstream is None:
            request.sendall(b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            return
        with upstream:
            if method == "CONNECT":
                request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                upstream.sendall(rest)
            else:
                upstream.sendall(_origin_form(head, target) + rest)
            _pump(request, upstream)


def _read_head(request: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        part = request.recv(_CHUNK)
        if not part or len(data) > _HEAD_BYTES:
            return b"", b""
        data += part
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _authority(target: str) -> Endpoint | None:
    host, _, port = target.rpartition(":")
    return (host.strip("[]").lower(), int(port)) if host and port.isdigit() else None


def _origin_form(head: bytes, target: str) -> bytes:
    """The request as the server itself expects it, once per connection: the next could be for another host."""
    line, _, fields = head.partition(b"\r\n")
    parts = urlsplit(target)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    method, _, version = line.split(b" ", 2)
    kept = [
        name_value
        for name_value in fields.split(b"\r\n")
        if not name_value.lower().startswith((b"connection:", b"proxy-", b"keep-alive:"))
    ]
    return b"\r\n".join([b" ".join([method, path.encode(), version]), *kept, b"Connection: close"]) + b"\r\n\r\n"


def _pump(first: socket.socket, second: socket.socket) -> None:
    """Carry bytes both ways until both ends have said all, or nothing moves for too long."""
    ends = {first.fileno(): (first, second), second.fileno(): (second, first)}
    poller = select.poll()
    for descriptor in ends:
        poller.register(descriptor, select.POLLIN)
    while ends:
        ready = poller.poll(_IDLE_SECONDS * 1000)
        if not ready:
            return
        for descriptor, _ in ready:
            source, target = ends[descriptor]
            data = source.recv(_CHUNK)
            if data:
                target.sendall(data)
                continue
            poller.unregister(descriptor)
            del ends[descriptor]
            with contextlib.suppress(OSError):  # it is closed already
                target.shutdown(socket.SHUT_WR)


def private_network(endpoints: Iterable[Endpoint]) -> bool:
    """Whether any of these hosts lies outside the public network."""
    for endpoint in endpoints:
        with contextlib.suppress(OSError):  # unknown here; the build will say so
            if any(not address.is_global for address in resolve(endpoint)):
                return True
    return False
