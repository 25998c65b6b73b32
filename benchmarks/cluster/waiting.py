"""The jobs that wait, and which of them a pass of the scheduler reads."""

from bisect import bisect_left, insort
from collections import defaultdict
from typing import Final

from qubix.schemas.states import Priority
from qubix_platform.placement.model import PendingJob

HEAD_OF_QUEUE: Final = 32
"""Jobs that most passes look at, about."""
MAX_PENDING: Final = 5_000
"""Jobs that any pass looks at, about."""

_Line = tuple[int, Priority, bool]


class Waiting:
    """Jobs by number, in the order in which they came; of each user, class and mark (spot or not) a line of its own."""

    def __init__(self) -> None:
        self._jobs: dict[int, PendingJob] = {}
        self._lines: defaultdict[_Line, list[int]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self._jobs)

    def __getitem__(self, number: int) -> PendingJob:
        return self._jobs[number]

    def add(self, number: int, job: PendingJob) -> None:
        """A job waits, maybe again."""
        self._jobs[number] = job
        insort(self._lines[_line(job)], number)

    def pop(self, number: int) -> PendingJob:
        """A job waits no longer."""
        job = self._jobs.pop(number)
        line = self._lines[_line(job)]
        del line[bisect_left(line, number)]
        if not line:
            del self._lines[_line(job)]
        return job

    def first(self, limit: int) -> list[int]:
        """The first jobs of every line, so many that they make up the limit, as the scheduler's query reads them."""
        each = max(1, limit // max(1, len(self._lines)))
        return [number for line in self._lines.values() for number in line[:each]]


def _line(job: PendingJob) -> _Line:
    return job.request.user_id.int, job.priority, job.request.is_spot
