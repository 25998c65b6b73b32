"""When a stalled horizon is worth an alarm. Pure: time is passed in."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from qubix_platform.events.models import Tail

ALARM_AFTER: Final = timedelta(seconds=2)
REPEAT_AFTER: Final = timedelta(seconds=10)

_RECENT_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class HorizonWatch:
    """Since when committed events have been waiting behind one and the same open transaction.

    Attributes:
        horizon: that transaction.
        since: in seconds of a monotonic clock; `None` while nothing waits.
        alarmed_at: of the last alarm of this stall.
    """

    horizon: int = 0
    since: float | None = None
    alarmed_at: float | None = None

    def is_recent(self, now: float) -> bool:
        """Whether what waits has not waited long, so that it will most likely be free in milliseconds."""
        return self.since is not None and now - self.since < _RECENT_S

    def observe(self, tail: Tail, *, now: float) -> "tuple[HorizonWatch, float | None]":
        """Take in what was just seen. Returns the new watch and, where an alarm is due, the seconds of the stall."""
        if not tail.is_waiting:
            return HorizonWatch(horizon=tail.horizon), None
        if self.since is None or tail.horizon != self.horizon:
            return HorizonWatch(horizon=tail.horizon, since=now), None
        stalled_s = now - self.since
        is_due = self.alarmed_at is None or now - self.alarmed_at >= REPEAT_AFTER.total_seconds()
        if stalled_s > ALARM_AFTER.total_seconds() and is_due:
            return HorizonWatch(horizon=self.horizon, since=self.since, alarmed_at=now), stalled_s
        return self, None
