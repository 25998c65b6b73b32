"""The placement benchmark on a small trace of its own: files in, checked placements out."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from benchmarks.placement.__main__ import app
from benchmarks.placement.baselines import Baseline, Rule
from benchmarks.placement.contender import Place
from benchmarks.placement.errors import PlacementWrong, TraceUnreadable
from benchmarks.placement.lineup import EVERYBODY, FGD, FIRST_FIT, OURS, PASSES, run_of
from benchmarks.placement.measure import allocated, run
from benchmarks.placement.memory import peak_mib
from benchmarks.placement.mixes import Mix, mixed
from benchmarks.placement.ours import Ours, expected_mix, policy_for
from benchmarks.placement.passes import Passes
from benchmarks.placement.report import AIMED, report
from benchmarks.placement.trace import (
    Node,
    Pod,
    capacity,
    draw_arrivals,
    folder,
    permuted,
    read_nodes,
    read_pods,
)
from benchmarks.placement.verify import verify
from qubix_actors.settings import SchedulerSettings

NODES = [
    *(Node(f"small-{n}", 16_000, 65_536, 2, "P100") for n in range(6)),
    *(Node(f"large-{n}", 64_000, 262_144, 8, "G2") for n in range(4)),
    Node("bare", 32_000, 131_072, 0, ""),
]
PODS = [
    *[Pod(6_000, 12_288, 1, 460, ())] * 6,
    *[Pod(8_000, 16_384, 1, 540, ())] * 4,
    *[Pod(8_000, 16_384, 1, 1000, ("P100",))] * 4,
    *[Pod(12_000, 16_384, 1, 1000, ())] * 6,
    *[Pod(32_000, 65_536, 4, 1000, ("G2", "V100"))] * 2,
    *[Pod(4_000, 8_192, 0, 1000, ())] * 3,
]


def _arrivals(seed: int) -> list[Pod]:
    return draw_arrivals(PODS, capacity_milli=capacity(NODES), until=1.3, seed=seed)


@pytest.mark.parametrize("name", EVERYBODY)
@pytest.mark.parametrize("seed", [1, 2])
def test_everybody_keeps_the_rules(name: str, seed: int) -> None:
    arrivals = _arrivals(seed)
    made = run_of(name, NODES, PODS, arrivals)
    verify(NODES, arrivals, made.places)
    assert any(place is None for place in made.places)
    assert all(seconds >= 0 for seconds in made.seconds)


def test_a_decision_depends_on_nothing_that_comes_later() -> None:
    arrivals = _arrivals(3)
    whole = run(Ours(NODES, PODS), arrivals).places
    assert run(Ours(NODES, PODS), arrivals[:20]).places == whole[:20]


@pytest.mark.parametrize("size", [1, 7, 100])
@pytest.mark.parametrize("seed", range(5))
def test_the_engine_with_the_schedulers_policy_decides_what_its_placing_does(size: int, seed: int) -> None:
    machines = permuted([replace(node, name=f"{node.name}-{n}") for n in range(8) for node in NODES], seed=seed)
    arrivals = draw_arrivals(PODS, capacity_milli=capacity(machines), until=1.3, seed=seed)
    placed = run(Ours(machines, PODS), arrivals).places
    assert len(arrivals) > 300
    assert None in placed
    assert Passes(machines, PODS).run(arrivals, size=size).places == placed


def test_the_policy_of_the_benchmark_is_the_schedulers_but_for_the_mix(tmp_path: Path) -> None:
    environment = {"QUBIX_SECRET": "secret", "DATABASE_URL": "postgresql://somebody@localhost/qubix"}
    schedulers = SchedulerSettings.from_environment(environment).placement
    assert policy_for(PODS) == replace(schedulers, mix=expected_mix(PODS))


@pytest.mark.parametrize(("trace", "seed"), [("default", 0), ("gpuspec33", 1)])
def test_on_the_real_trace_ours_gives_away_more_than_the_published_best(trace: str, seed: int) -> None:
    if not (folder() / "openb_node_list_gpu_node.csv").is_file():
        pytest.skip(f"the openb trace is not part of the project: no files in {folder()}, name theirs in QUBIX_OPENB")
    nodes = permuted(read_nodes(folder() / "openb_node_list_gpu_node.csv"), seed=seed)
    pods = list(read_pods(folder() / f"openb_pod_list_{trace}.csv").values())
    arrivals = draw_arrivals(pods, capacity_milli=capacity(nodes), until=1.0, seed=seed)
    given_away = {}
    for name in (FIRST_FIT, FGD, OURS):
        places = run_of(name, nodes, pods, arrivals).places
        verify(nodes, arrivals, places)
        given_away[name] = allocated(arrivals, places, capacity_milli=capacity(nodes), percents=[100.0])[0]
    assert given_away[OURS] > max(given_away[FIRST_FIT], given_away[FGD])
    assert given_away[OURS] >= AIMED[trace]


def test_the_order_of_the_files_rows_changes_nothing() -> None:
    arrivals = _arrivals(4)
    shuffled = Random(1).sample(NODES, len(NODES))
    assert run(Ours(shuffled, PODS), arrivals).places == run(Ours(NODES, PODS), arrivals).places


def test_fgd_takes_the_machine_whose_fragmentation_grows_least() -> None:
    nodes = [Node("a", 32_000, 65_536, 1, "G2"), Node("b", 32_000, 65_536, 1, "G2")]
    half = Pod(1_000, 1_024, 1, 500, ())
    fgd = Baseline(nodes, [half, Pod(1_000, 1_024, 1, 1000, ())], Rule.FGD)
    assert [fgd.place(half), fgd.place(half)] == [Place("a", (0,)), Place("a", (0,))]


_POD = Pod(8_000, 1_024, 1, 600, ("P100",))


@pytest.mark.parametrize(
    ("arrivals", "places", "obstacle"),
    [
        ([_POD], [None], "would have fit"),
        ([_POD], [Place("nowhere", (0,))], "nowhere"),
        ([_POD], [Place("large-0", (0,))], "large-0"),
        ([_POD], [Place("small-0", (0, 1))], "small-0"),
        ([_POD], [Place("small-0", (2,))], "small-0"),
        ([_POD] * 2, [Place("small-0", (0,))] * 2, "small-0"),
        ([_POD] * 3, [Place("small-0", (n,)) for n in (0, 1, 1)], "small-0"),
        ([_POD], [], "no answer"),
    ],
)
def test_whoever_breaks_a_rule_is_found_out(
    arrivals: Sequence[Pod], places: Sequence[Place | None], obstacle: str
) -> None:
    with pytest.raises(PlacementWrong, match=obstacle):
        verify(NODES, arrivals, places)


def test_the_allocation_ratio_is_read_when_so_much_has_been_asked_for() -> None:
    half = Pod(0, 0, 1, 500, ())
    here = Place("a", (0,))
    assert allocated([half] * 4, [here, None, here, None], capacity_milli=1000, percents=(50, 100, 150, 400)) == [
        50.0,
        50.0,
        100.0,
        100.0,
    ]


def test_arrivals_are_all_pods_once_and_then_more_of_them() -> None:
    arrivals = _arrivals(5)
    assert sorted(map(repr, arrivals[: len(PODS)])) == sorted(map(repr, PODS))
    asked = [pod.milli for pod in arrivals]
    assert sum(asked) >= 1.3 * capacity(NODES) > sum(asked[:-1])
    assert _arrivals(5) == arrivals != _arrivals(6)


def test_permuted_machines_are_the_same_ones_under_other_names() -> None:
    others = permuted(NODES, seed=1)
    assert {node.name for node in others} == {node.name for node in NODES}
    assert others != NODES
    assert sorted((n.model, n.gpus, n.cpu_milli) for n in others) == sorted(
        (n.model, n.gpus, n.cpu_milli) for n in NODES
    )


def test_other_mixes_have_more_of_what_they_say() -> None:
    assert all(not pod.gpus or pod.gpu_milli < 1000 for pod in mixed(PODS, Mix.SHARES))
    large = mixed(PODS, Mix.LARGE)
    assert sum(pod.milli for pod in large if pod.gpus > 1) >= sum(pod.milli for pod in large) / 2
    assert mixed(PODS, Mix.AS_IS) == PODS


def _write(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def _nodes_file(folder: Path) -> Path:
    rows = [(n.name, n.cpu_milli, n.memory_mib, n.gpus, n.model) for n in NODES]
    return _write(folder / "openb_node_list_gpu_node.csv", [("sn", "cpu_milli", "memory_mib", "gpu", "model"), *rows])


def _pods_file(folder: Path) -> Path:
    head = ("name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli", "gpu_spec")
    rows = [
        (f"pod-{n}", p.cpu_milli, p.memory_mib, p.gpus, p.gpu_milli, "|".join(p.models)) for n, p in enumerate(PODS)
    ]
    return _write(folder / "openb_pod_list_default.csv", [head, *rows])


def test_a_replay_writes_one_row_an_arrival(tmp_path: Path) -> None:
    nodes, pods = _nodes_file(tmp_path), _pods_file(tmp_path)
    named = read_pods(pods)
    names = Random(7).choices(list(named), k=80)
    arrivals = _write(tmp_path / "arrivals.csv", [("pod",), *((name,) for name in names)])
    out = tmp_path / "placements.csv"

    files = ["--nodes", nodes, "--pods", pods, "--arrivals", arrivals, "--out", out]
    result = CliRunner().invoke(app, ["replay", *map(str, files)], catch_exceptions=False)

    assert result.exit_code == 0
    assert "QUBIX" in result.output
    assert "first-fit" in result.output
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["arrival"] for row in rows] == [str(n) for n in range(80)]
    places = [
        Place(row["node"], tuple(int(gpu) for gpu in row["gpus"].split(";") if gpu)) if row["node"] else None
        for row in rows
    ]
    verify(NODES, [named[name] for name in names], places)


def test_a_list_of_pods_needs_no_gpu_spec(tmp_path: Path) -> None:
    head = ("name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli")
    path = _write(tmp_path / "pods.csv", [head, ("a", 1, 2, 2, 1000), ("b", 1, 2, 1, 250)])
    assert read_pods(path) == {"a": Pod(1, 2, 2, 1000, ()), "b": Pod(1, 2, 1, 250, ())}


def test_a_file_that_is_missing_or_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TraceUnreadable, match="QUBIX_OPENB"):
        read_pods(tmp_path / "pods.csv")
    with pytest.raises(TraceUnreadable, match="gpu_milli"):
        read_pods(_write(tmp_path / "pods.csv", [("name", "cpu_milli", "memory_mib", "num_gpu")]))


def test_a_report_compares_everybody_on_every_list(tmp_path: Path) -> None:
    _nodes_file(tmp_path)
    _pods_file(tmp_path)
    section = report(
        tmp_path,
        traces=["default"],
        mixes=[Mix.AS_IS, Mix.SHARES],
        seeds=2,
        permute=True,
        memory=lambda name, *_: 600.0 if name in PASSES else 90.0,
    )
    assert [row[0] for row in section.tables[0].rows][:6] == [f"default, {name}" for name in EVERYBODY]
    assert len(section.tables[0].rows) == 12
    met = {aim.name: aim.met for aim in section.aims}
    assert met.keys() >= {"default at 100 %", "default, shares only at 130 %", "slowest trace"}
    assert met["Engine.decide, other places than placing"]
    assert not met["peak memory of QUBIX"]


def test_the_memory_is_that_of_a_process_of_its_own() -> None:
    ballast = b"x" * 500_000_000  # would be in the figure, were it the testing process's
    assert 20 < peak_mib(OURS, NODES, PODS, _arrivals(1)) < 400
    del ballast
