"""What a simulation comes to: waits, utilisation, fairness, starvation, preemptions, speed."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.cluster.demand import Submission
from benchmarks.cluster.outcome import Outcome
from benchmarks.figures import percentile
from qubix.schemas.states import Priority

_SHORT_S: Final = 60.0
"""A job that runs for less counts as one of so long where its wait is compared with its length."""
CLASSES: Final = {
    "high priority (LS)": (Priority.HIGH, False),
    "normal (Guaranteed, Burstable)": (Priority.NORMAL, False),
    "low (half of BE)": (Priority.LOW, False),
    "spot (half of BE)": (Priority.LOW, True),
}
"""By priority, and whether they bid."""


@dataclass(frozen=True, kw_only=True)
class Waits:
    """How long some jobs waited before they first started, seconds; those that never did are only counted."""

    jobs: int
    starved: int
    mean: float
    p50: float
    p95: float
    longest: float


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One run. Times in seconds; shares from 0 to 1.

    Attributes:
        offered: GPU time asked for while jobs came, as a part of all.
        waits: of all jobs.
        by_class: of each of `CLASSES`.
        used: the part of all GPU time that was given away while jobs came, from `warm_s` on.
        fairness: Jain's index over the users' mean slowdown: 1 where all are slowed down alike.
        preempted_jobs: those that had to make room at least once.
        preemptions: how often anybody had to.
        lost: the part of the GPU time given away, all of the run, whose work was lost by it.
        most_held: the most of all GPUs that a user held at once.
    """

    jobs: int
    offered: float
    waits: Waits
    by_class: dict[str, Waits]
    most_waiting: int
    used: float
    fairness: float
    preempted_jobs: int
    preemptions: int
    lost: float
    most_held: float
    passes: int
    decisions_per_second: float
    pass_p99_ms: float


def figures(jobs: Sequence[Submission], outcome: Outcome, *, capacity_milli: int, warm_s: float = 0.0) -> Figures:
    """What a run comes to.

    Args:
        jobs: as they came.
        outcome: of them.
        capacity_milli: all GPUs, in thousandths.
        warm_s: seconds after which as many jobs end as come; none where they never do.
    """
    span = float(max(one.at for one in jobs)) or 1.0
    gpus, warm = capacity_milli / 1000, warm_s if warm_s < span else 0.0
    given = sum(each.gpu_seconds(warm, span) for each in outcome.stretches)
    ever = [(each.is_lost, each.gpu_seconds(each.begin, each.end)) for each in outcome.stretches]
    return Figures(
        jobs=len(jobs),
        offered=sum(one.gpu_seconds for one in jobs) / (gpus * span),
        waits=_waits(jobs, outcome.starts),
        by_class={
            name: _waits(*zip(*those, strict=True))
            for name, (priority, is_spot) in CLASSES.items()
            if (
                those := [
                    (one, start)
                    for one, start in zip(jobs, outcome.starts, strict=True)
                    if one.priority is priority and (one.bid_milli is not None) is is_spot
                ]
            )
        },
        most_waiting=outcome.most_waiting,
        used=given / (gpus * (span - warm)),
        fairness=jain(_slowdowns(jobs, outcome)),
        preempted_jobs=len(outcome.preempted),
        preemptions=outcome.preempted.total(),
        lost=sum(seconds for is_lost, seconds in ever if is_lost) / (sum(seconds for _, seconds in ever) or 1.0),
        most_held=max(outcome.most_held.values(), default=0) / capacity_milli,
        passes=len(outcome.seconds),
        decisions_per_second=outcome.decisions / sum(outcome.seconds),
        pass_p99_ms=percentile(outcome.seconds, 99) * 1000,
    )


def jain(values: Sequence[float]) -> float:
    """Jain's index of fairness: 1 where all values are equal, 1 / n where one has everything."""
    squares = sum(value * value for value in values)
    return sum(values) ** 2 / (len(values) * squares) if squares else 1.0


def _waits(jobs: Sequence[Submission], starts: Sequence[float | None]) -> Waits:
    waits = [start - one.at for one, start in zip(jobs, starts, strict=True) if start is not None]
    known = waits or [0.0]
    return Waits(
        jobs=len(jobs),
        starved=len(jobs) - len(waits),
        mean=statistics.fmean(known),
        p50=percentile(known, 50),
        p95=percentile(known, 95),
        longest=max(known),
    )


def _slowdowns(jobs: Sequence[Submission], outcome: Outcome) -> list[float]:
    """Of each user, how many times as long as it ran a job took on average, waiting included."""
    by_user: defaultdict[int, list[float]] = defaultdict(list)
    for one, start in zip(jobs, outcome.starts, strict=True):
        if start is not None:
            length = max(one.seconds, _SHORT_S)
            by_user[one.user].append((start - one.at + length) / length)
    return [statistics.fmean(each) for each in by_user.values()]
