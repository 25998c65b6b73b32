"""What is measured alike for everything that can run a job, and what came of it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from benchmarks.figures import Spread

# The user's code: its first line says when it runs, on the clock that the submitter reads too.
PROBE: Final = "import time; print(time.time_ns(), flush=True)"
# Two at a time wherever there is something to set: one for each core of a small machine.
AT_ONCE: Final = 2
# Between two idle jobs, so that each finds everything at rest.
PAUSE_SECONDS: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much to measure.

    Attributes:
        idle: jobs one after another.
        burst: jobs at once.
    """

    idle: int
    burst: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one contender did.

    Attributes:
        name: who.
        idle_ms: from submission to the first line, of each idle job.
        burst_jobs: how many jobs the burst had.
        burst_seconds: from the first submission to the end of the last job.
    """

    name: str
    idle_ms: list[float] = field(default_factory=list)
    burst_jobs: int = 0
    burst_seconds: float = 0.0

    @property
    def idle(self) -> Spread | None:
        """The idle jobs' spread."""
        return Spread.of(self.idle_ms) if self.idle_ms else None

    @property
    def jobs_per_second(self) -> float | None:
        """The burst's rate."""
        return self.burst_jobs / self.burst_seconds if self.burst_seconds else None

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(**value)


def one_after_another(count: int, run: Callable[[], int]) -> list[float]:
    """Milliseconds from submission to the first line of `count` idle jobs.

    Args:
        count: how many.
        run: runs one job to its end, and returns what its first line said.
    """
    taken = []
    for _ in range(count):
        time.sleep(PAUSE_SECONDS)
        submitted = time.time_ns()
        taken.append((run() - submitted) / 1e6)
    return taken
