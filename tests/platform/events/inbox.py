"""What the tests of events share: a callback that remembers, and ways to write events."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from tenacity import AsyncRetrying, retry_if_result, stop_after_delay, wait_fixed

from qubix.schemas.states import EventType
from qubix_platform.database.session import Database
from qubix_platform.events.models import Event
from qubix_platform.events.service import record

DEADLINE_S = 20.0


class Inbox:
    """A listener's callback that keeps what it gets."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._changed = asyncio.Condition()

    async def __call__(self, events: Sequence[Event]) -> None:
        async with self._changed:
            self.events.extend(events)
            self._changed.notify_all()

    @property
    def numbers(self) -> list[int]:
        """The numbers that the tests gave their events, in the order of arrival."""
        return [number for event in self.events if isinstance(number := event.data["n"], int)]

    async def wait_for(self, count: int) -> list[int]:
        """Wait until at least `count` events arrived."""
        async with asyncio.timeout(DEADLINE_S), self._changed:
            await self._changed.wait_for(lambda: len(self.events) >= count)
        return self.numbers


async def write(database: Database, *numbers: int, topic: str = "test") -> None:
    """Commit events with these numbers in one transaction."""
    async with database.transaction() as session:
        for number in numbers:
            await record(session, type=EventType.JOB_PROGRESS, topics=[topic], data={"n": number})


async def eventually(is_so: Callable[[], bool], *, within_s: float = DEADLINE_S) -> None:
    """Wait for something that gives no signal of its own."""
    await AsyncRetrying(
        retry=retry_if_result(lambda found: not found), stop=stop_after_delay(within_s), wait=wait_fixed(0.005)
    )(_asked(is_so))


def _asked(is_so: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        return is_so()

    return ask
