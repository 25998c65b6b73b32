"""Thousands of clients in a process of its own, which notes when each of them learns of a change.

It reads a plan from standard input, one line, and says `ready` once all its sockets are subscribed. Then each line that
it reads is a text to look for; it answers `watching`, and, when every socket has got it or the time is over, when each
did.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from subprocess import PIPE, Popen
from typing import Any, Final

from benchmarks.children import ContenderFailed
from benchmarks.sockets.frames import CLOSE, PING, PONG, TEXT, client_frame, handshake, take_frames
from qubix_agent.ray_node.environment import clean_environment

_AT_ONCE: Final = 100
_OPEN_SECONDS: Final = 60.0
_SUBSCRIBE: Final = b'{"type":"subscribe:marketplace"}'
_SUBSCRIBED: Final = b'"subscribed"'
_END_OF_HEAD: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Whom to connect to.

    Attributes:
        ports: on 127.0.0.1, taken in turn.
        path: of the WebSocket.
        sockets: how many.
        seconds: after which a change that has not arrived is lost.
    """

    ports: Sequence[int]
    path: str
    sockets: int
    seconds: float


class Watchers:
    """The process, seen by the benchmark."""

    def __init__(self, process: "Popen[str]") -> None:
        self._process = process
        self.open_seconds = float(self._answer("ready"))

    def watch(self, text: str) -> None:
        """Begin to look for a text.

        Raises:
            ContenderFailed: the process is gone.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(text) + "\n")
        self._process.stdin.flush()
        self._answer("watching")

    def arrivals(self) -> list[float]:
        """When each socket that got the text did, by the clock `time.monotonic`.

        Raises:
            ContenderFailed: a socket was closed, or the process is gone.
        """
        found: list[float] = self._answer("arrivals")
        return found

    def _answer(self, name: str) -> Any:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline() or "{}")
        if name not in answer:
            raise ContenderFailed(f"the watchers did not say {name!r} but {answer.get('failed', 'nothing more')}")
        return answer[name]


@contextmanager
def watching(plan: Plan) -> Iterator[Watchers]:
    """Open the sockets, and close them when the block ends.

    Raises:
        ContenderFailed: not all of them could be opened.
    """
    process = Popen(
        [sys.executable, "-m", __name__],
        stdin=PIPE,
        stdout=PIPE,
        text=True,
        env=clean_environment(),
        # As the platform's processes have one: the kernel shares the processor out by sessions.
        start_new_session=True,
    )
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(asdict(plan)) + "\n")
        process.stdin.flush()
        yield Watchers(process)
    finally:
        process.kill()
        process.wait()


class _Board:
    """What is looked for, and when each socket got it."""

    def __init__(self) -> None:
        self.wanted = b"\0"
        self.arrivals: dict[int, float] = {}
        self.failed = ""
        self._over = asyncio.Event()
        self._sockets = 0

    def begin(self, wanted: bytes, *, sockets: int) -> None:
        self.wanted, self._sockets, self.arrivals = wanted, sockets, {}
        if not self.failed:
            self._over.clear()

    def arrived(self, number: int) -> None:
        self.arrivals.setdefault(number, time.monotonic())
        if len(self.arrivals) == self._sockets:
            self._over.set()

    def fail(self, reason: str) -> None:
        self.failed = self.failed or reason
        self._over.set()

    async def all_or_failed(self, *, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), seconds)


class _Socket(asyncio.Protocol):
    """One client."""

    def __init__(self, number: int, board: _Board, request: bytes) -> None:
        self._number, self._board, self._request = number, board, request
        self._buffer = bytearray()
        self._is_open = False
        self._transport: asyncio.Transport | None = None
        self.subscribed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def connection_lost(self, problem: Exception | None) -> None:
        self._fail(f"was closed: {problem or 'without a reason'}")

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._buffer += data
        if not self._is_open:
            head, end, rest = bytes(self._buffer).partition(_END_OF_HEAD)
            if not end:
                return
            if b" 101 " not in head:
                self._fail(f"was refused: {head[:100]!r}")
                return
            self._is_open, self._buffer = True, bytearray(rest)
            self._transport.write(client_frame(TEXT, _SUBSCRIBE))
        for opcode, payload in take_frames(self._buffer):
            self._take(opcode, payload)

    def _take(self, opcode: int, payload: bytes) -> None:
        assert self._transport is not None
        if opcode == TEXT and self._board.wanted in payload:
            self._board.arrived(self._number)
        elif opcode == TEXT and _SUBSCRIBED in payload:
            self.subscribed.set()
        elif opcode == PING:
            self._transport.write(client_frame(PONG, payload))
        elif opcode == CLOSE:
            self._fail(f"was ended by the server: {payload[:100]!r}")

    def _fail(self, reason: str) -> None:
        self._board.fail(f"socket {self._number} {reason}")
        self.subscribed.set()


async def _open(plan: Plan, board: _Board) -> None:
    loop, turns = asyncio.get_running_loop(), asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> None:
        port = plan.ports[number % len(plan.ports)]
        request = handshake(host="127.0.0.1", port=port, path=plan.path)
        async with turns, asyncio.timeout(_OPEN_SECONDS):
            _, client = await loop.create_connection(lambda: _Socket(number, board, request), "127.0.0.1", port)
            await client.subscribed.wait()

    await asyncio.gather(*(one(number) for number in range(plan.sockets)))


async def _serve_parent() -> None:
    plan = Plan(**json.loads(sys.stdin.readline()))
    board = _Board()
    began = time.monotonic()
    await _open(plan, board)
    _say_unless_failed(board, ready=time.monotonic() - began)
    while line := await asyncio.to_thread(sys.stdin.readline):
        board.begin(json.loads(line).encode(), sockets=plan.sockets)
        _say_unless_failed(board, watching=True)
        await board.all_or_failed(seconds=plan.seconds)
        _say_unless_failed(board, arrivals=list(board.arrivals.values()))


def _say_unless_failed(board: _Board, **answer: Any) -> None:
    _say({"failed": board.failed} if board.failed else answer)


def _say(answer: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        asyncio.run(_serve_parent())
    except (OSError, TimeoutError) as error:
        _say({"failed": f"opening the sockets failed: {error!r}"})
