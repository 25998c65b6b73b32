"""Loops that go on, and show that they do."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import structlog

log = structlog.get_logger(__name__)

_AFTER_FAILURE_S: Final = 0.25


class Pulse:
    """When each loop last came round."""

    def __init__(self) -> None:
        self._beats: dict[str, float] = {}

    def beat(self, name: str) -> None:
        """The loop `name` came round just now."""
        self._beats[name] = time.monotonic()

    def ages(self) -> dict[str, float]:
        """Seconds since each loop came round."""
        now = time.monotonic()
        return {name: round(now - at, 3) for name, at in self._beats.items()}

    def clear(self) -> None:
        """No loop runs."""
        self._beats.clear()


async def loop(
    name: str, step: Callable[[], Awaitable[None]], *, pulse: Pulse, every: float, wake: asyncio.Event | None = None
) -> None:
    """Do `step` again and again, at the latest `every` seconds after it ended, and at once when `wake` is set.

    A step that fails is logged and tried again: what it did not do is found by the next one.
    """
    wake = wake or asyncio.Event()
    while True:
        wake.clear()
        try:
            await step()
            pulse.beat(name)
        except Exception:
            log.exception("loop_step_failed", loop=name)
            await asyncio.sleep(_AFTER_FAILURE_S)
        with suppress(TimeoutError):  # the timer that stands behind the wake-ups
            async with asyncio.timeout(every):
                await wake.wait()
