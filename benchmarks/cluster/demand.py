"""The trace's jobs with the times at which they came and went, or more of the kind."""

import itertools
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.placement.trace import Pod, pod_of, read_rows
from qubix.schemas.states import Priority

_COLUMNS: Final = {"name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli", "creation_time", "deletion_time"}
_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
# What people write: the next of these that is long enough. The trace has no limits of its own.
_LIMITS: Final = (_MINUTE, 10 * _MINUTE, _HOUR, 6 * _HOUR, _DAY, 7 * _DAY, 30 * _DAY)
LONGEST_S: Final = _LIMITS[-1]
_USERS: Final = 40
BUSIEST: Final = 4
"""So many users, the first ones, have about half of the jobs."""
# Kubernetes' classes of service, which the trace names for each pod, as the priorities that people choose here.
_PRIORITIES: Final = {
    "LS": Priority.HIGH,
    "Guaranteed": Priority.NORMAL,
    "Burstable": Priority.NORMAL,
    "BE": Priority.LOW,
}
_SPOT_PART: Final = 0.5
_BIDS_MILLI: Final = (300, 900)


@dataclass(frozen=True, kw_only=True, slots=True)
class Submission:
    """A job of the simulation. Seconds since the first one came.

    Attributes:
        at: when it came.
        seconds: how long it runs, once it does.
        limit_seconds: how long it may run, as far as the scheduler knows.
        user: whose it is, a number.
        priority: its class.
        bid_milli: what it bids, in thousandths of the list price, where it is a spot job.
    """

    pod: Pod
    at: int
    seconds: int
    limit_seconds: int
    user: int
    priority: Priority = Priority.NORMAL
    bid_milli: int | None = None

    @property
    def gpu_seconds(self) -> float:
        """GPUs times seconds."""
        return self.pod.milli * self.seconds / 1000


def read_submissions(path: Path, *, seed: int = 0) -> list[Submission]:
    """The trace's jobs in the order in which they came. It names no users: they are drawn, a few of them busy.

    Its classes of service stand for priorities: LS (latency-sensitive) is high, BE (best effort) low, others normal.
    Half of the best-effort jobs, drawn, are spot jobs that bid less than the list price.

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
        priority = _PRIORITIES.get(row.get("qos", ""), Priority.NORMAL)
        is_spot = priority is Priority.LOW and random.random() < _SPOT_PART
        found.append(
            Submission(
                pod=pod_of(row),
                at=int(row["creation_time"]),
                seconds=seconds,
                limit_seconds=_LIMITS[bisect_left(_LIMITS, seconds)],
                user=next(users),
                priority=priority,
                bid_milli=random.randint(*_BIDS_MILLI) if is_spot else None,
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
    """The same jobs at a steady pace at which they ask for `load` of all GPU time.

    They come at random instants, and run for `longest_s` at most: else a few that run for months decide everything.
    """
    random = Random(seed)
    jobs = [
        replace(one, seconds=min(one.seconds, longest_s), limit_seconds=min(one.limit_seconds, longest_s))
        for one in jobs
    ]
    span = sum(one.pod.milli * one.seconds for one in jobs) / (load * capacity_milli)
    at = sorted(random.random() for _ in jobs)
    return [replace(one, at=round(place * span)) for one, place in zip(jobs, at, strict=True)]


def _users(random: Random) -> "itertools.cycle[int]":
    weights = [1 / rank for rank in range(1, _USERS + 1)]
    return itertools.cycle(random.choices(range(_USERS), weights, k=10_007))
