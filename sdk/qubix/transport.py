"""Sends calls over HTTP, for the synchronous and the asynchronous client alike."""

import asyncio
import os
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx

import qubix
from qubix.calls import Call, Reply
from qubix.downloads import VerifiedFile
from qubix.errors import ConnectionFailed, InvalidRequest
from qubix.retries import RetryPolicy
from qubix.settings import CA_VARIABLE, URL_VARIABLE, Connection

T = TypeVar("T")

_CHUNK: Final = 1 << 18
_TIMEOUT: Final = httpx.Timeout(30, connect=5)


class Transport:
    """Sends calls and waits for their answers; holds the pool of connections.

    Args:
        connection: the platform and the key for it.
        http: what carries the requests, for tests and special networks.
        retries: when to send a call again.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        http: httpx.BaseTransport | None = None,
        retries: RetryPolicy | None = None,
    ) -> None:
        self.connection: Final = connection
        self._retries = retries or RetryPolicy()
        self._http = httpx.Client(transport=http, **_client_options(connection))

    def send(self, call: Call[T]) -> T:
        """Send a call, again where that is safe and may help, and give the value that comes back.

        Raises:
            QubixError: the error that came back, or ConnectionFailed.
        """
        return call.read(self._tried(call, lambda: _reply(self._http.send(self._request(call)))))

    def fetch(
        self, call: Call[Any], destination: Path, *, sha256: str, go_on: Callable[[], None] = lambda: None
    ) -> Path:
        """Stream the body of a call's answer into a file, which appears when it is whole and has this digest.

        Args:
            call: what to ask for.
            destination: the file.
            sha256: the digest that it must have.
            go_on: called whenever a piece has arrived; what it raises ends the transfer.

        Raises:
            QubixError: the error that came back, ConnectionFailed, or InternalError where the digest differs.
        """
        call.read(self._tried(call, lambda: self._streamed(call, destination, sha256, go_on)))
        return destination

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _tried(self, call: Call[Any], once: Callable[[], Reply]) -> Reply:
        sent = 0
        while True:
            sent += 1
            try:
                reply = once()
            except httpx.RequestError as lost:
                pause = self._retries.after_loss(call, sent=sent)
                if pause is None:
                    raise _unreachable(call, self.connection, lost, sent) from lost
            else:
                pause = self._retries.after_reply(call, reply, sent=sent)
                if pause is None:
                    return reply
            time.sleep(pause)

    def _streamed(self, call: Call[Any], destination: Path, sha256: str, go_on: Callable[[], None]) -> Reply:
        response = self._http.send(self._request(call), stream=True)
        try:
            if response.status_code not in call.accept:
                response.read()
                return _reply(response)
            with VerifiedFile(destination, sha256=sha256) as file:
                # As it arrives: waiting for larger pieces would be waiting long on a slow line.
                for chunk in response.iter_bytes():
                    go_on()
                    file.write(chunk)
            return Reply(status=response.status_code, headers=response.headers, body=b"")
        finally:
            response.close()

    def _request(self, call: Call[Any]) -> httpx.Request:
        content = _chunks(call.body) if isinstance(call.body, Path) else call.body
        return self._http.build_request(
            call.method, call.path, params=call.query or None, headers=_headers(call), content=content
        )


class AsyncTransport:
    """`Transport` for asyncio."""

    def __init__(
        self,
        connection: Connection,
        *,
        http: httpx.AsyncBaseTransport | None = None,
        retries: RetryPolicy | None = None,
    ) -> None:
        self.connection: Final = connection
        self._retries = retries or RetryPolicy()
        self._http = httpx.AsyncClient(transport=http, **_client_options(connection))

    async def send(self, call: Call[T]) -> T:
        """Send a call, again where that is safe and may help, and give the value that comes back.

        Raises:
            QubixError: the error that came back, or ConnectionFailed.
        """

        async def once() -> Reply:
            return _reply(await self._http.send(self._request(call)))

        return call.read(await self._tried(call, once))

    async def fetch(self, call: Call[Any], destination: Path, *, sha256: str) -> Path:
        """Stream the body of a call's answer into a file, which appears when it is whole and has this digest.

        Raises:
            QubixError: the error that came back, ConnectionFailed, or InternalError where the digest differs.
        """
        call.read(await self._tried(call, lambda: self._streamed(call, destination, sha256)))
        return destination

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _tried(self, call: Call[Any], once: Callable[[], Awaitable[Reply]]) -> Reply:
        sent = 0
        while True:
            sent += 1
            try:
                reply = await once()
            except httpx.RequestError as lost:
                pause = self._retries.after_loss(call, sent=sent)
                if pause is None:
                    raise _unreachable(call, self.connection, lost, sent) from lost
            else:
                pause = self._retries.after_reply(call, reply, sent=sent)
                if pause is None:
                    return reply
            await asyncio.sleep(pause)

    async def _streamed(self, call: Call[Any], destination: Path, sha256: str) -> Reply:
        response = await self._http.send(self._request(call), stream=True)
        try:
            if response.status_code not in call.accept:
                await response.aread()
                return _reply(response)
            with VerifiedFile(destination, sha256=sha256) as file:
                async for chunk in response.aiter_bytes(_CHUNK):
                    file.write(chunk)
            return Reply(status=response.status_code, headers=response.headers, body=b"")
        finally:
            await response.aclose()

    def _request(self, call: Call[Any]) -> httpx.Request:
        content = _async_chunks(call.body) if isinstance(call.body, Path) else call.body
        return self._http.build_request(
            call.method, call.path, params=call.query or None, headers=_headers(call), content=content
        )


def _client_options(connection: Connection) -> dict[str, Any]:
    headers = {"User-Agent": f"qubix-python/{qubix.__version__}", "Accept": "application/json"}
    if connection.api_key:
        if not (connection.api_key.isascii() and connection.api_key.isprintable()):
            raise InvalidRequest(
                asked=f"Signing in at {connection.url}",
                obstacle="the API key holds characters that no key has",
                remedy="Copy it again: it begins with qbx_key_.",
            )
        headers["Authorization"] = f"Bearer {connection.api_key}"
    # A proxy named in the environment could not reach this machine's own loopback.
    return {
        "base_url": connection.url,
        "headers": headers,
        "timeout": _TIMEOUT,
        "trust_env": not connection.is_local,
        "verify": _trusted(connection),
    }


def _trusted(connection: Connection) -> ssl.SSLContext | bool:
    """Whose certificates count: those of the usual authorities, and of the platform's own, where one is named."""
    file = os.environ.get(CA_VARIABLE)
    if not file or not connection.url.startswith("https:"):
        return True
    context = httpx.create_ssl_context()
    try:
        context.load_verify_locations(cafile=file)
    except OSError as error:
        raise InvalidRequest(
            asked=f"Connecting to {connection.url}",
            obstacle=f"{CA_VARIABLE} names {file}, which holds no certificate that can be read ({error})",
            remedy=f"Let {CA_VARIABLE} name the PEM file of the authority that signed the platform's certificate.",
        ) from error
    return context


def _headers(call: Call[Any]) -> dict[str, str]:
    headers = dict(call.headers)
    if isinstance(call.body, Path):
        headers["Content-Length"] = str(call.body.stat().st_size)
    return headers


def _reply(response: httpx.Response) -> Reply:
    return Reply(status=response.status_code, headers=response.headers, body=response.content)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


async def _async_chunks(path: Path) -> AsyncIterator[bytes]:
    # Read without a thread: the bundle was just written, so it comes from the page cache.
    for chunk in _chunks(path):
        yield chunk


def _unreachable(call: Call[Any], connection: Connection, lost: httpx.RequestError, sent: int) -> ConnectionFailed:
    tries = "once" if sent == 1 else f"{sent} times"
    if isinstance(lost, httpx.DecodingError):
        what = "sent an answer that arrived damaged"
    else:
        what = "took too long to answer" if isinstance(lost, httpx.TimeoutException) else "could not be reached"
    unknown = "" if call.may_repeat else ". Whether the call arrived is unknown, so it was not sent again"
    remedy = f"Check that it runs (qubix up), and that {URL_VARIABLE} is its address{unknown}."
    if "CERTIFICATE_VERIFY_FAILED" in str(lost):
        remedy = f"Let {CA_VARIABLE} name the certificate of the platform's own authority, if it has one{unknown}."
    return ConnectionFailed(
        asked=call.asked,
        obstacle=f"the platform at {connection.url} {what} (tried {tries}: {str(lost) or type(lost).__name__})",
        remedy=remedy,
        details={"url": connection.url, "tries": sent},
    )
