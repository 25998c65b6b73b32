"""What happened in a simulation."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple


class Stretch(NamedTuple):
    """An attempt's time on its machine, in seconds since the first job came, and the thousandths of GPUs it held."""

    begin: float
    end: float
    milli: int
    is_lost: bool

    def gpu_seconds(self, begin: float, end: float) -> float:
        """GPUs times seconds within a time."""
        return self.milli * max(0.0, min(self.end, end) - max(self.begin, begin)) / 1000


@dataclass(kw_only=True)
class Outcome:
    """What happened to the jobs. Seconds since the first one came.

    Attributes:
        starts: of each job when it first started, None where it never did.
        stretches: of each attempt, the lost ones too: those that had to make room, and saved nothing.
        preempted: how often each job had to make room.
        most_held: the most of GPUs that each user held at once, in thousandths.
        decisions: jobs that passes decided on, in all.
        seconds: processor time of each pass.
        most_waiting: jobs that waited at once, at most.
    """

    starts: list[float | None]
    stretches: list[Stretch] = field(default_factory=list)
    preempted: Counter[int] = field(default_factory=Counter)
    most_held: Counter[int] = field(default_factory=Counter)
    decisions: int = 0
    seconds: list[float] = field(default_factory=list)
    most_waiting: int = 0
