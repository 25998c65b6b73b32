"""One run: pods arrive, a contender places them, and what that comes to."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.placement.contender import Contender, Place
from benchmarks.placement.trace import Pod


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a contender did with the arrivals.

    Attributes:
        places: one for each arrival.
        seconds: of processor time, one for each decision.
    """

    places: Sequence[Place | None]
    seconds: Sequence[float]


def run(contender: Contender, arrivals: Sequence[Pod]) -> Run:
    """Place all arrivals, one after the other."""
    places: list[Place | None] = []
    seconds: list[float] = []
    before = time.thread_time_ns()
    for pod in arrivals:
        places.append(contender.place(pod))
        now = time.thread_time_ns()
        seconds.append((now - before) / 1e9)
        before = now
    return Run(places=places, seconds=seconds)


def allocated(
    arrivals: Sequence[Pod], places: Sequence[Place | None], *, capacity_milli: int, percents: Sequence[float]
) -> list[float]:
    """The GPU allocation ratio in percent, at the moments when so many percent of the capacity have been asked for."""
    found: list[float] = []
    asked = given = 0
    for pod, place in zip(arrivals, places, strict=True):
        asked += pod.milli
        given += pod.milli if place is not None else 0
        while len(found) < len(percents) and asked * 100 >= percents[len(found)] * capacity_milli:
            found.append(given / capacity_milli * 100)
    return found + [given / capacity_milli * 100] * (len(percents) - len(found))
