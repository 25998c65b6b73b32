"""What is a matter of choice in the order of the queue."""

from dataclasses import dataclass
from typing import Final

from qubix.schemas.states import Priority

ORDINARY_WEIGHT: Final = 100
"""The weight of a user of whom nothing else is said."""

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuePolicy:
    """How the queue is ordered; see `ordering.queue`.

    Attributes:
        low_patience_s, normal_patience_s, high_patience_s: after so many seconds in the queue a job of that class goes
            before all that are not as old.
        half_life_s: what somebody used so many seconds ago counts half.
        kept_places: for how many of the first jobs that find no room a place is kept; see `backfill`.
        notice_s: how long a spot attempt has to save its work when it has to make room.
    """

    low_patience_s: int = 6 * _HOUR
    normal_patience_s: int = _HOUR
    high_patience_s: int = 10 * _MINUTE
    half_life_s: int = 12 * _HOUR
    kept_places: int = 8
    notice_s: int = 30

    def patience_s(self, priority: Priority) -> int:
        """How long a job of this class may be overtaken, seconds."""
        match priority:
            case Priority.LOW:
                return self.low_patience_s
            case Priority.NORMAL:
                return self.normal_patience_s
            case Priority.HIGH:
                return self.high_patience_s
