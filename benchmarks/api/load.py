"""A load generator in a process of its own: raw asyncio sockets, one request at a time on each connection."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httptools

from benchmarks.children import answer_parent, in_child, plan_of_child
from benchmarks.figures import Spread
from qubix_agent.ray_node.environment import clean_environment

NAME: Final = "own generator, asyncio sockets"
_ANSWER_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is sent.

    Attributes:
        url: whose host and port are used.
        requests: whole HTTP requests; each connection goes through its own share of them, again and again.
        connections: how many, all at once.
        seconds: for how long; 0 sends each request once.
    """

    url: str
    requests: list[str]
    connections: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What came back.

    Attributes:
        per_second: answers a second.
        milliseconds: from request to answer.
        statuses: how many answers had which status.
    """

    per_second: float
    milliseconds: Spread
    statuses: dict[str, int]

    @property
    def refused(self) -> int:
        """Answers that are no success."""
        return sum(count for status, count in self.statuses.items() if not status.startswith("2"))

    def to_json(self) -> dict[str, Any]:
        """The answers as JSON values."""
        return {
            "perSecond": round(self.per_second, 1),
            "milliseconds": self.milliseconds.to_json(),
            "statuses": self.statuses,
        }

    @classmethod
    def from_child(cls, found: dict[str, Any]) -> Self:
        """Read what the generator's process found."""
        return cls(
            per_second=found["answers"] / found["seconds"],
            milliseconds=Spread.of(found["milliseconds"]),
            statuses=found["statuses"],
        )


def send(load: Load) -> Answers:
    """Send it from a process of its own, and wait until the time is over.

    Raises:
        ContenderFailed: a connection broke, or an answer did not come.
    """
    given = {
        "url": load.url,
        "requests": load.requests,
        "connections": load.connections,
        "seconds": load.seconds,
    }
    return Answers.from_child(in_child(__name__, given, environment=clean_environment()))


def request_text(method: str, url: str, path: str, *, token: str | None = None, body: str = "") -> str:
    """A whole HTTP/1.1 request as text."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(url).netloc}", "Accept: application/json"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body.encode())}"]
    return "\r\n".join([*lines, "", body])


class _Connection(asyncio.Protocol):
    """Sends one request, and hands over the status when the whole answer is here."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionError("the server closed the connection"))

    def on_message_complete(self) -> None:
        assert self._answer is not None
        self._answer.set_result(self._parser.get_status_code())
        # A parser's status belongs to one answer.
        self._parser = httptools.HttpResponseParser(self)

    async def ask(self, request: bytes) -> int:
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


async def _generate(given: dict[str, Any]) -> dict[str, Any]:
    address = urlsplit(given["url"])
    requests = [text.encode() for text in given["requests"]]
    count = min(given["connections"], len(requests)) if given["seconds"] == 0 else given["connections"]
    loop = asyncio.get_running_loop()
    milliseconds: list[float] = []
    statuses: Counter[str] = Counter()
    began = time.perf_counter()
    until = began + given["seconds"]

    async def work(number: int) -> None:
        own = requests[number % len(requests) :: count] or requests
        _, connection = await loop.create_connection(_Connection, address.hostname, address.port)
        try:
            for request in own if given["seconds"] == 0 else cycle(own):
                sent = time.perf_counter()
                if given["seconds"] and sent >= until:
                    return
                status = await asyncio.wait_for(connection.ask(request), _ANSWER_SECONDS)
                milliseconds.append((time.perf_counter() - sent) * 1e3)
                statuses[str(status)] += 1
        finally:
            connection.close()

    async with asyncio.TaskGroup() as tasks:
        for number in range(count):
            tasks.create_task(work(number))
    return {
        "answers": len(milliseconds),
        "seconds": time.perf_counter() - began,
        "milliseconds": milliseconds,
        "statuses": dict(statuses),
    }


if __name__ == "__main__":
    answer_parent(asyncio.run(_generate(plan_of_child())))
