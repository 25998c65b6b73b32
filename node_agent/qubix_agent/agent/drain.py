"""Leaving in order: no new work, what runs finishes or is handed over."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from qubix_agent.runner.presence import order, running_attempts
from qubix_agent.runner.stop import Stop

QUIET_SECONDS: Final = 0.3
"""Work that was given out just before the platform heard that we leave arrives within this."""

HEARD_SECONDS: Final = 2.0
HAND_OVER_SECONDS: Final = 30.0
"""A job that stops has five seconds; the rest is for its last checkpoint to be stored."""

_LOOK_SECONDS: Final = 0.05


def wait_until_idle(
    running: Path, *, deadline: float, is_heard: Callable[[], bool], at_once: Callable[[], bool]
) -> bool:
    """Wait until nothing runs and, once the platform knows that we leave, nothing more came for a moment.

    Args:
        running: the folder of running attempts.
        deadline: on the monotonic clock.
        is_heard: whether the platform has answered a heartbeat that said so.
        at_once: whether waiting is over.

    Returns:
        Whether nothing runs; False when the deadline came first.
    """
    began = quiet_since = time.monotonic()
    while not at_once():
        now = time.monotonic()
        settled = is_heard() or now - began > HEARD_SECONDS
        if running_attempts(running) or not settled:
            quiet_since = now
        elif now - quiet_since >= QUIET_SECONDS:
            return True
        if now >= deadline:
            return False
        time.sleep(_LOOK_SECONDS)
    return not running_attempts(running)


def hand_over(running: Path, *, seconds: float = HAND_OVER_SECONDS) -> int:
    """Stop what still runs, so that it is reported and goes on elsewhere. Returns how many that were."""
    left = running_attempts(running)
    for attempt in left:
        order(running, attempt.attempt_id, Stop.HANDED_OVER)
    deadline = time.monotonic() + seconds
    while running_attempts(running) and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
    return len(left)
