"""When a replica looks through all its memory for garbage: that stops it for a second where it holds many sockets."""

import asyncio
import gc
import time
from contextlib import suppress
from typing import Final

import psutil

CHECK_SECONDS: Final = 5.0
LONGEST_SECONDS: Final = 300.0
FEWEST_GONE: Final = 1_000
MOST_GROWN_MIB: Final = 512
_MIB: Final = 1 << 20
_NEVER: Final = 2**31 - 1


def is_due(*, gone: int, there: int, seconds: float, grown_mib: float) -> bool:
    """Whether to look now.

    Python looks when the memory has grown by a quarter. Here it grows by sockets that came to stay, and what can be
    garbage was left behind by those that went.

    Args:
        gone: sockets that went since it was last looked.
        there: sockets that are open.
        seconds: since it was last looked.
        grown_mib: by how much the process has grown since then, MiB, by whatever requests left behind too.
    """
    return gone >= max(there, FEWEST_GONE) or seconds >= LONGEST_SECONDS or grown_mib >= MOST_GROWN_MIB


class Garbage:
    """Decides for the oldest generation of Python's collector while it is entered; the younger ones go on as before."""

    def __init__(self, *, period: float = CHECK_SECONDS) -> None:
        self._period = period
        self._there = self._gone = 0
        self._thresholds = gc.get_threshold()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Garbage":
        gc.collect()
        gc.freeze()  # what the replica began with stays for good
        gc.set_threshold(*self._thresholds[:2], _NEVER)
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        gc.set_threshold(*self._thresholds)
        gc.unfreeze()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def came(self) -> None:
        """A socket was opened."""
        self._there += 1

    def left(self) -> None:
        """A socket is gone."""
        self._there -= 1
        self._gone += 1

    async def _run(self) -> None:
        process = psutil.Process()
        looked, size = time.monotonic(), process.memory_info().rss
        while True:
            await asyncio.sleep(self._period)
            seconds, grown = time.monotonic() - looked, process.memory_info().rss - size
            if is_due(gone=self._gone, there=self._there, seconds=seconds, grown_mib=grown / _MIB):
                gc.collect()
                self._gone, looked, size = 0, time.monotonic(), process.memory_info().rss
