"""Arrivals from a file, placements into another, everybody else beside ours."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.figures import percentile
from benchmarks.placement.contender import Place
from benchmarks.placement.errors import TraceUnreadable
from benchmarks.placement.lineup import EVERYBODY, FGD, FIRST_FIT, OURS, PASSES, run_of
from benchmarks.placement.measure import Run, allocated
from benchmarks.placement.report import FASTEST_PER_SECOND, PERCENTS, SLOWEST_MS
from benchmarks.placement.trace import Pod, capacity, read_arrivals, read_nodes, read_pods
from benchmarks.placement.verify import verify
from benchmarks.report import Aim, Section, Table

_WARMING: Final = 200


@dataclass(frozen=True, kw_only=True)
class Files:
    """What is read."""

    nodes: Path
    pods: Path
    arrivals: Path


def replay(files: Files, *, out: Path, baselines: bool) -> Section:
    """Place the arrivals online, write our placements, and show them beside the others'.

    Raises:
        TraceUnreadable: a file is missing, or names what is not there.
        PlacementWrong: somebody broke a rule.
    """
    nodes, by_name = read_nodes(files.nodes), read_pods(files.pods)
    arrivals = [_known(by_name, name, files.arrivals) for name in read_arrivals(files.arrivals)]
    pods = list(by_name.values())
    names = EVERYBODY if baselines else (OURS, *PASSES)
    runs: dict[str, Run] = {}
    for name in names:
        run_of(name, nodes, pods, arrivals[:_WARMING])  # compiles, or loads what was compiled before
        runs[name] = run_of(name, nodes, pods, arrivals)
        verify(nodes, arrivals, runs[name].places)
    write_placements(out, runs[OURS].places)
    total = capacity(nodes)
    return Section(
        name="placement replay",
        tables=[_table(runs, arrivals, capacity_milli=total)],
        aims=_aims(runs, arrivals, capacity_milli=total),
    )


def write_placements(path: Path, places: Sequence[Place | None]) -> None:
    """One row an arrival: its number, the machine or nothing, and the indices of its GPUs."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("arrival", "node", "gpus"))
        for arrival, place in enumerate(places):
            node, gpus = ("", "") if place is None else (place.node, ";".join(map(str, place.gpus)))
            writer.writerow((arrival, node, gpus))


def _known(pods: Mapping[str, Pod], name: str, path: Path) -> Pod:
    if name not in pods:
        raise TraceUnreadable(
            asked=f"Reading {path}", obstacle=f"no pod is called {name}", remedy="Name pods of the list of pods."
        )
    return pods[name]


def _aims(runs: Mapping[str, Run], arrivals: Sequence[Pod], *, capacity_milli: int) -> list[Aim]:
    ours = runs[OURS]
    ratios = {
        name: allocated(arrivals, made.places, capacity_milli=capacity_milli, percents=(100.0, 130.0))
        for name, made in runs.items()
    }
    speed, slowest = len(arrivals) / sum(ours.seconds), percentile(ours.seconds, 99) * 1000
    aims = [
        Aim(name="speed", measured=speed, kind="at least", bound=FASTEST_PER_SECOND, unit="decisions/s of CPU"),
        Aim(name="p99 of a decision", measured=slowest, kind="below", bound=SLOWEST_MS, unit="ms"),
    ]
    for name in (FIRST_FIT, FGD):
        for percent, mine, theirs in zip((100, 130), ratios[OURS], ratios.get(name, ()), strict=False):
            aims.append(
                Aim(name=f"{percent} %, no worse than {name}", measured=mine, kind="at least", bound=theirs, unit="%")
            )
    return aims


def _table(runs: Mapping[str, Run], arrivals: Sequence[Pod], *, capacity_milli: int) -> Table:
    rows = []
    for name, made in runs.items():
        ratios = allocated(arrivals, made.places, capacity_milli=capacity_milli, percents=PERCENTS)
        speed = len(arrivals) / sum(made.seconds)
        rows.append(
            (
                name,
                *(f"{ratio:.2f}" for ratio in ratios),
                f"{sum(place is not None for place in made.places):,}",
                f"{speed:,.0f}",
                f"{percentile(made.seconds, 99) * 1000:.2f}",
            )
        )
    return Table(
        title=f"{len(arrivals):,} arrivals: share of all GPUs given away, %, when so much has been asked for",
        columns=("policy", *(f"{p:.0f} %" for p in PERCENTS), "placed", "decisions/s of CPU", "p99 ms"),
        rows=rows,
        note="Where the arrivals end before, the ratio at their end. Every placement is checked.",
    )
