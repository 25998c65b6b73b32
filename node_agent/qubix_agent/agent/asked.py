"""Signals that ask the agent to end: once for an orderly leave, twice for one at once."""

import signal
import threading
from types import FrameType


class Asked:
    """How often the agent was asked to end.

    Attributes:
        interrupts: the first signal ends the process where it is, by SystemExit: while it joins there is nothing to
            leave in order yet.
    """

    def __init__(self) -> None:
        self._times = 0
        self._event = threading.Event()
        self.interrupts = False

    def listen(self) -> None:
        """Take SIGTERM and SIGINT from now on. Only from the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def ask(self) -> None:
        """Ask once more, from within."""
        self._times += 1
        self._event.set()

    @property
    def is_asked(self) -> bool:
        """At least once."""
        return self._times > 0

    @property
    def at_once(self) -> bool:
        """More than once."""
        return self._times > 1

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until asked; whether it was."""
        return self._event.wait(seconds)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self.ask()
        if self.interrupts:
            raise SystemExit(128 + number)
