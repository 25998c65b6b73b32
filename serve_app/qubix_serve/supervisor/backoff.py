"""How long to wait before something that died is started again."""

from dataclasses import dataclass, field
from typing import Final

FIRST_SECONDS: Final = 0.5
LONGEST_SECONDS: Final = 30.0
FORGIVEN_AFTER_SECONDS: Final = 60.0


def delay(failures: int) -> float:
    """Seconds to wait after so many failures in a row: none after the first, then doubling up to half a minute."""
    if failures <= 1:
        return 0.0
    return float(min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** min(failures - 2, 16)))


@dataclass
class Backoff:
    """Failures of each part, by name. Times are of one monotonic clock, in seconds."""

    _failures: dict[str, int] = field(default_factory=dict)
    _last: dict[str, float] = field(default_factory=dict)

    def may_start(self, part: str, *, now: float) -> bool:
        """Whether the part, which is dead, may be started now. Counts the start when it may."""
        last = self._last.get(part)
        if last is not None and now - last > FORGIVEN_AFTER_SECONDS:
            self._failures[part] = 0
        failures = self._failures.get(part, 0)
        if last is not None and now - last < delay(failures + 1):
            return False
        self._failures[part] = failures + 1
        self._last[part] = now
        return True
