"""Carries out flows: sends their calls, lets their pauses pass."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final, TypeVar

from qubix import endpoints
from qubix.calls import Call, Pause
from qubix.flows import Emit, Flow, NewsFlow, Pace, Step
from qubix.schemas.jobs import Job as JobInfo
from qubix.schemas.monitor import LogEntry
from qubix.transport import AsyncTransport, Transport

T = TypeVar("T")


class Driver:
    """Carries out flows on the calling thread. `pace` makes the pace of each flow that looks at something again."""

    def __init__(self, transport: Transport, *, pace: Callable[[], Pace] = Pace) -> None:
        self.transport: Final = transport
        self.pace: Final = pace

    def send(self, call: Call[T]) -> T:
        """Send one call."""
        return self.transport.send(call)

    def run(self, flow: Flow[T]) -> T:
        """Carry out a flow and give its value."""
        answer = None
        with closing(flow):
            while True:
                try:
                    step = flow.send(answer)
                except StopIteration as end:
                    return end.value  # type: ignore[no-any-return]  # what the flow returned
                answer = self._take(step)

    def iterate(self, flow: NewsFlow) -> Iterator[JobInfo | LogEntry]:
        """Carry out a flow that gives news as it goes."""
        answer = None
        with closing(flow):
            while True:
                try:
                    step = flow.send(answer)
                except StopIteration:
                    return
                if isinstance(step, Emit):
                    answer = None
                    yield step.news
                else:
                    answer = self._take(step)

    def fetch_blob(self, sha256: str, place: Path) -> Path:
        """Save a blob as a file."""
        return self.transport.fetch(endpoints.get_blob(sha256), place, sha256=sha256)

    def _take(self, step: Step) -> Any:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        return self.transport.send(step)


class AsyncDriver:
    """`Driver` for asyncio."""

    def __init__(self, transport: AsyncTransport, *, pace: Callable[[], Pace] = Pace) -> None:
        self.transport: Final = transport
        self.pace: Final = pace

    async def send(self, call: Call[T]) -> T:
        """Send one call."""
        return await self.transport.send(call)

    async def run(self, flow: Flow[T]) -> T:
        """Carry out a flow and give its value."""
        answer = None
        with closing(flow):
            while True:
                try:
                    step = flow.send(answer)
                except StopIteration as end:
                    return end.value  # type: ignore[no-any-return]  # what the flow returned
                answer = await self._take(step)

    async def iterate(self, flow: NewsFlow) -> AsyncIterator[JobInfo | LogEntry]:
        """Carry out a flow that gives news as it goes."""
        answer = None
        with closing(flow):
            while True:
                try:
                    step = flow.send(answer)
                except StopIteration:
                    return
                if isinstance(step, Emit):
                    answer = None
                    yield step.news
                else:
                    answer = await self._take(step)

    async def fetch_blob(self, sha256: str, place: Path) -> Path:
        """Save a blob as a file."""
        return await self.transport.fetch(endpoints.get_blob(sha256), place, sha256=sha256)

    async def _take(self, step: Step) -> Any:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        return await self.transport.send(step)
