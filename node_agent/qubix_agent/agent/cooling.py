"""Pausing a machine whose cards are too hot: what runs goes on elsewhere, and nothing new comes until they are cool."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qubix_agent.runner.presence import order, running_attempts
from qubix_agent.runner.stop import Stop

HOT_C: Final = 92.0
"""A card throttles itself from about here on, and is at risk not far above."""
COOL_C: Final = 80.0
HOT_FOR_S: Final = 10.0
"""A peak of a moment is no overheating."""
_READ_EVERY_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Heat:
    """How hot the machine was until now. `since` is from when on it was at `HOT_C` or more without a break, seconds."""

    is_hot: bool = False
    since: float | None = None

    def after(self, celsius: float | None, *, now: float) -> "Heat":
        """With one more look. A card that does not answer is not known to be cool."""
        if self.is_hot:
            return Heat() if celsius is not None and celsius <= COOL_C else self
        if celsius is None or celsius < HOT_C:
            return Heat()
        since = now if self.since is None else self.since
        return Heat(is_hot=now - since >= HOT_FOR_S, since=since)


class Cooling:
    """Watches the cards' temperature.

    Args:
        temperature: of the hottest card now, degrees Celsius; None where there is none to ask.
        running: the folder of running attempts.
        say: takes an event and a sentence, when the machine pauses and when it goes on.
    """

    def __init__(
        self, temperature: Callable[[], float | None], *, running: Path, say: Callable[[str, str], None]
    ) -> None:
        self._temperature = temperature
        self._running = running
        self._say = say
        self._heat = Heat()
        self._next_look = 0.0

    @property
    def is_hot(self) -> bool:
        """Whether the machine takes no work now."""
        return self._heat.is_hot

    def look(self, *, now: float) -> None:
        """Read the temperature if it is time to, and hand over what runs while the machine is too hot.

        Args:
            now: on a clock that never goes back, seconds.
        """
        if now < self._next_look:
            return
        self._next_look = now + _READ_EVERY_S
        was_hot, celsius = self.is_hot, self._temperature()
        self._heat = self._heat.after(celsius, now=now)
        if self.is_hot:
            for attempt in running_attempts(self._running):
                order(self._running, attempt.attempt_id, Stop.OVERHEATED)
        if self.is_hot and not was_hot:
            self._say("overheating", f"A card is at {celsius:.0f} °C: jobs go on elsewhere, and none is taken.")
        if was_hot and not self.is_hot:
            self._say("cool", f"The cards are at {celsius:.0f} °C again: jobs are taken.")
