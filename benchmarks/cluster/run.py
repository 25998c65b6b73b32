"""The trace as it was, and at a pace at which there is something to wait for."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import Progress

from benchmarks.cluster.demand import BUSIEST, Submission, at_load, read_submissions, resampled
from benchmarks.cluster.figures import CLASSES, Figures, Waits, figures
from benchmarks.cluster.simulate import Simulation
from benchmarks.machine import load
from benchmarks.placement.ours import policy_for
from benchmarks.placement.trace import Node, capacity, read_nodes
from benchmarks.report import Aim, Section, Table
from qubix_platform.placement.model import Policy

LONGEST_S: Final = 3600
JOBS_AT_LOAD: Final = 100_000
"""The trace's own 8,152 all fit on its machines at once: no pace of theirs is a load."""
_QUOTA: Final = 0.25
"""The part of all GPUs that each of the busiest users may hold at once."""
_HOUR: Final = 3600.0


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
            Aim(name=f"{name}, jobs that never started", measured=each.waits.starved, kind="below", bound=1, unit="")
            for name, each in found.items()
        ],
        data={"runs": {name: asdict(each) for name, each in found.items()}, "loadBefore": began, "loadAfter": load()},
    )


def _run(nodes: Sequence[Node], jobs: Sequence[Submission], policy: Policy, *, name: str, console: Console) -> Figures:
    total = capacity(nodes)
    quotas = dict.fromkeys(range(BUSIEST), max(1, int(total * _QUOTA) // 1000))
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(f"{len(jobs):,} jobs, {name}", total=len(jobs))
        outcome = Simulation(nodes, jobs, policy, quotas=quotas).run(lambda came: progress.update(task, completed=came))
    return figures(jobs, outcome, capacity_milli=total, warm_s=LONGEST_S)


def _table(found: dict[str, Figures], *, machines: int, gpus: int) -> Table:
    return Table(
        title=f"The scheduler's engine and policy over {machines:,} machines with {gpus:,} GPUs",
        columns=("", *found),
        rows=list(_rows(list(found.values()))),
        note="A pass at each arrival and end, over the first jobs of every line of the queue, each minute over all. "
        "Waits until the first start: mean, p95, longest. Fairness: Jain's index over the users' mean slowdown. Users, "
        f"limits and bids (30 to 90 % of the list price) are drawn; the {BUSIEST} busiest users may hold {_QUOTA:.0%} "
        "of the GPUs each. Who has to make room begins anew, as if it saved nothing. At a load jobs run an hour at "
        "most, and what is used counts from the first hour on.",
    )


def _rows(found: Sequence[Figures]) -> Iterator[tuple[str, ...]]:
    yield "jobs", *(f"{each.jobs:,}" for each in found)
    yield "GPU time asked for, of all", *(f"{each.offered:.3f}" for each in found)
    yield "GPU time used, of all", *(f"{each.used:.3f}" for each in found)
    yield "wait of all", *(_waited(each.waits) for each in found)
    for name in CLASSES:
        yield name, *(_waited(each.by_class[name]) if name in each.by_class else "–" for each in found)
    yield "waiting at once, most", *(f"{each.most_waiting:,}" for each in found)
    yield "never started", *(f"{each.waits.starved:,}" for each in found)
    yield "fairness", *(f"{each.fairness:.4f}" for each in found)
    yield "most GPUs of a user, of all", *(f"{each.most_held:.3f}" for each in found)
    yield "preemptions, of so many jobs", *(f"{each.preemptions:,}, {each.preempted_jobs:,}" for each in found)
    yield "GPU time lost by them", *(f"{each.lost:.2%}" for each in found)
    yield "passes", *(f"{each.passes:,}" for each in found)
    yield "decisions/s of CPU", *(f"{each.decisions_per_second:,.0f}" for each in found)
    yield "pass, p99 ms of CPU", *(f"{each.pass_p99_ms:.1f}" for each in found)


def _waited(waits: Waits) -> str:
    return ", ".join(map(_time, (waits.mean, waits.p95, waits.longest)))


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 2 * _HOUR else f"{seconds / _HOUR:.1f} h"
