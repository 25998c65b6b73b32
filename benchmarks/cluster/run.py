"""What the simulation comes to: waits, utilisation, fairness, starvation, speed."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import Progress

from benchmarks.cluster.demand import Submission, at_load, read_submissions, resampled
from benchmarks.cluster.simulate import Outcome, Simulation
from benchmarks.figures import percentile
from benchmarks.machine import load
from benchmarks.placement.ours import policy_for
from benchmarks.placement.trace import Node, capacity, read_nodes
from benchmarks.report import Aim, Section, Table
from qubix_platform.placement.model import Policy

LONGEST_S: Final = 3600
JOBS_AT_LOAD: Final = 20_000
"""The trace's own 8,152 all fit on its machines at once: no pace of theirs is a load."""
_HOUR: Final = 3600.0
_SHORT_S: Final = 60.0
"""A job that runs for less counts as one of so long where its wait is compared with its length."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One run. Waits in seconds; shares from 0 to 1.

    Attributes:
        used: the part of all GPU time that was given away while jobs came.
        fairness: Jain's index over the users' mean slowdown: 1 where all are slowed down alike.
        starved: jobs that never started.
    """

    jobs: int
    offered: float
    wait_mean: float
    wait_p50: float
    wait_p95: float
    wait_longest: float
    most_waiting: int
    used: float
    fairness: float
    starved: int
    preemptions: int
    decisions_per_second: float
    pass_p99_ms: float


def simulate(
    nodes: Path, pods: Path, *, jobs: int | None, loads: Sequence[float], seed: int, console: Console
) -> Section:
    """Run the trace as it was, and at a pace at which there is something to wait for.

    Args:
        nodes: the machines.
        pods: the jobs with their times.
        jobs: so many drawn from the trace's; none for the trace itself.
        loads: the GPU time asked for, as a part of all while jobs come.
        seed: of what is drawn.
        console: where progress is shown.

    Raises:
        TraceUnreadable: a file is missing, or is something else.
        DecisionWrong: the engine gave away what was not there.
    """
    began = load()
    machines, trace = read_nodes(nodes), read_submissions(pods, seed=seed)
    demand = trace if jobs is None else resampled(trace, count=jobs, seed=seed)
    total = capacity(machines)
    many = demand if jobs is not None else resampled(trace, count=JOBS_AT_LOAD, seed=seed)
    runs = {"the trace's own times": demand} | {
        f"load {each:g}": at_load(many, each, capacity_milli=total, longest_s=LONGEST_S, seed=seed) for each in loads
    }
    policy = policy_for(one.pod for one in trace)
    found = {name: _run(machines, each, policy, name=name, console=console) for name, each in runs.items()}
    return Section(
        name="cluster",
        tables=[_table(found, machines=len(machines), gpus=total // 1000)],
        aims=[
            Aim(name=f"{name}, jobs that never started", measured=each.starved, kind="below", bound=1, unit="")
            for name, each in found.items()
        ],
        data={"runs": {name: _plain(each) for name, each in found.items()}, "loadBefore": began, "loadAfter": load()},
    )


def _run(nodes: Sequence[Node], jobs: Sequence[Submission], policy: Policy, *, name: str, console: Console) -> Figures:
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(f"{len(jobs):,} jobs, {name}", total=len(jobs))
        outcome = Simulation(nodes, jobs, policy).run(lambda came: progress.update(task, completed=came))
    return figures(jobs, outcome, capacity_milli=capacity(nodes))


def figures(jobs: Sequence[Submission], outcome: Outcome, *, capacity_milli: int) -> Figures:
    """What a run comes to."""
    waits = [start - one.at for one, start in zip(jobs, outcome.starts, strict=True) if start is not None]
    span = float(max(one.at for one in jobs)) or 1.0
    taken = sum(
        one.pod.milli * max(0.0, min(start + one.seconds, span) - start)
        for one, start in zip(jobs, outcome.starts, strict=True)
        if start is not None
    )
    asked = sum(one.pod.milli * one.seconds for one in jobs)
    return Figures(
        jobs=len(jobs),
        offered=asked / (capacity_milli * span),
        wait_mean=statistics.fmean(waits) if waits else 0.0,
        wait_p50=percentile(waits, 50) if waits else 0.0,
        wait_p95=percentile(waits, 95) if waits else 0.0,
        wait_longest=max(waits, default=0.0),
        most_waiting=outcome.most_waiting,
        used=taken / (capacity_milli * span),
        fairness=jain(_slowdowns(jobs, outcome)),
        starved=sum(start is None for start in outcome.starts),
        preemptions=outcome.restarts,
        decisions_per_second=outcome.decisions / sum(outcome.seconds),
        pass_p99_ms=percentile(outcome.seconds, 99) * 1000,
    )


def jain(values: Sequence[float]) -> float:
    """Jain's index of fairness: 1 where all values are equal, 1 / n where one has everything."""
    squares = sum(value * value for value in values)
    return sum(values) ** 2 / (len(values) * squares) if squares else 1.0


def _slowdowns(jobs: Sequence[Submission], outcome: Outcome) -> list[float]:
    """Of each user, how many times as long as it ran a job took on average, waiting included."""
    by_user: defaultdict[int, list[float]] = defaultdict(list)
    for one, start in zip(jobs, outcome.starts, strict=True):
        if start is not None:
            length = max(one.seconds, _SHORT_S)
            by_user[one.user].append((start - one.at + length) / length)
    return [statistics.fmean(each) for each in by_user.values()]


def _table(found: dict[str, Figures], *, machines: int, gpus: int) -> Table:
    rows = {
        "jobs": [f"{each.jobs:,}" for each in found.values()],
        "GPU time asked for, of all": [f"{each.offered:.3f}" for each in found.values()],
        "GPU time used while jobs come": [f"{each.used:.3f}" for each in found.values()],
        "wait, mean": [_time(each.wait_mean) for each in found.values()],
        "wait, p50": [_time(each.wait_p50) for each in found.values()],
        "wait, p95": [_time(each.wait_p95) for each in found.values()],
        "wait, longest": [_time(each.wait_longest) for each in found.values()],
        "waiting at once, most": [f"{each.most_waiting:,}" for each in found.values()],
        "fairness": [f"{each.fairness:.4f}" for each in found.values()],
        "never started": [f"{each.starved:,}" for each in found.values()],
        "preempted": [f"{each.preemptions:,}" for each in found.values()],
        "decisions/s of CPU": [f"{each.decisions_per_second:,.0f}" for each in found.values()],
        "pass, p99 ms of CPU": [f"{each.pass_p99_ms:.1f}" for each in found.values()],
    }
    return Table(
        title=f"The scheduler's engine and policy over {machines:,} machines with {gpus:,} GPUs",
        columns=("", *found),
        rows=[(name, *values) for name, values in rows.items()],
        note="A pass at each arrival and end, over the first jobs of the queue. Fairness: Jain's index over the users' "
        "mean slowdown. Users and limits are drawn. At a load jobs run for an hour at most.",
    )


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 2 * _HOUR else f"{seconds / _HOUR:.1f} h"


def _plain(each: Figures) -> dict[str, Any]:
    return {name: getattr(each, name) for name in Figures.__dataclass_fields__}
