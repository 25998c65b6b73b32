"""The trace's jobs with the times at which they came and went, or more of the kind."""

import itertools
import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.placement.trace import Pod, pod_of, read_rows

_COLUMNS: Final = {"name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli", "creation_time", "deletion_time"}
_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
# What people write: the next of these that is long enough. The trace has no limits of its own.
_LIMITS: Final = (_MINUTE, 10 * _MINUTE, _HOUR, 6 * _HOUR, _DAY, 7 * _DAY, 30 * _DAY)
LONGEST_S: Final = _LIMITS[-1]
_USERS: Final = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Submission:
    """A job of the simulation. Seconds since the first one came.

    Attributes:
        at: when it came.
        seconds: how long it runs, once it does.
        limit_seconds: how long it may run, as far as the scheduler knows.
        user: whose it is, a number.
    """

    pod: Pod
    at: int
    seconds: int
    limit_seconds: int
    user: int

    @property
    def gpu_seconds(self) -> float:
        """GPUs times seconds."""
        return self.pod.milli * self.seconds / 1000


def read_submissions(path: Path, *, seed: int = 0) -> list[Submission]:
    """The trace's jobs in the order in which they came. It names no users: they are drawn, a few of them busy.

    A job runs from its start to its deletion; one that was never started, for as long as it was there. None is longer
    than a job may be here.

    Raises:
        TraceUnreadable: there is no such file, or it has no times.
    """
    random = Random(seed)
    users = _users(random)
    found = []
    for row in read_rows(path, _COLUMNS):
        begin = int(row.get("scheduled_time") or row["creation_time"])
        seconds = min(max(int(row["deletion_time"]) - begin, 1), LONGEST_S)
        found.append(
            Submission(
                pod=pod_of(row),
                at=int(row["creation_time"]),
                seconds=seconds,
                limit_seconds=_LIMITS[bisect_left(_LIMITS, seconds)],
                user=next(users),
            )
        )
    found.sort(key=lambda one: one.at)
    first = found[0].at if found else 0
    return [replace(one, at=one.at - first) for one in found]


def resampled(jobs: Sequence[Submission], *, count: int, seed: int) -> list[Submission]:
    """So many jobs of the same kinds: each at the time of one of the trace's, with the work of another."""
    random = Random(seed)
    users = _users(random)
    times = sorted(random.choices([one.at for one in jobs], k=count))
    works = random.choices(jobs, k=count)
    return [replace(work, at=at, user=next(users)) for work, at in zip(works, times, strict=True)]


def at_load(
    jobs: Sequence[Submission], load: float, *, capacity_milli: int, longest_s: int, seed: int
) -> list[Submission]:
    """The same jobs at a steady pace: started at once, they would take `load` of all GPU time while they come.

    They come at random instants of a span that is found for that, and run for `longest_s` at most: else a few that run
    for months decide everything. Of few jobs the load may be beyond reach, and then they all come at once.
    """
    random = Random(seed)
    jobs = [
        replace(one, seconds=min(one.seconds, longest_s), limit_seconds=min(one.limit_seconds, longest_s))
        for one in jobs
    ]
    places = sorted(random.random() for _ in jobs)
    low, high = 1.0, float(LONGEST_S) * 100
    for _ in range(60):
        middle = math.sqrt(low * high)
        taken = sum(
            one.pod.milli * min(one.seconds, middle * (1 - place)) for one, place in zip(jobs, places, strict=True)
        )
        low, high = (middle, high) if taken > load * capacity_milli * middle else (low, middle)
    return [replace(one, at=round(place * high)) for one, place in zip(jobs, places, strict=True)]


def _users(random: Random) -> "itertools.cycle[int]":
    weights = [1 / rank for rank in range(1, _USERS + 1)]
    return itertools.cycle(random.choices(range(_USERS), weights, k=10_007))
