"""Aims, tables and the JSON of a run."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.report import Aim, Section, Table, aim_sentence, document, quantity, show, write

FAST = Aim(name="idle job, p50", measured=41.27, kind="below", bound=60, unit="ms")
MANY = Aim(name="burst", measured=0.38, kind="at least", bound=0.4, unit="×")


@pytest.mark.parametrize(
    ("measured", "kind", "met"),
    [(59.9, "below", True), (60, "below", False), (60, "at least", True), (59.9, "at least", False)],
)
def test_an_aim_is_met_on_its_own_side_of_the_bound(measured: float, kind: str, met: bool) -> None:
    aim = Aim(name="x", measured=measured, kind=kind, bound=60, unit="ms")  # type: ignore[arg-type]
    assert aim.met is met
    assert aim.to_json()["met"] is met


def test_an_aim_reads_as_a_sentence() -> None:
    assert aim_sentence(FAST) == "idle job, p50: 41.3 ms, aim below 60 ms"
    assert aim_sentence(MANY) == "burst: 0.38 ×, aim at least 0.4 ×"


def test_quantities_have_as_many_digits_as_they_are_worth() -> None:
    assert quantity(1234.4, "requests/s") == "1,234 requests/s"
    assert quantity(0.123456, "") == "0.123"


def test_a_section_shows_its_figures_and_whether_the_aims_were_met() -> None:
    table = Table(title="Dispatch", columns=("what", "p50 ms"), rows=[("QUBIX", "41.3")], note="load 1")
    text = io.StringIO()
    show(Section(name="dispatch", tables=[table], aims=[FAST, MANY]), Console(file=text, width=120))
    shown = text.getvalue()
    for part in ("Dispatch", "QUBIX", "41.3", "load 1", "aim below 60 ms: met", "aim at least 0.4 ×: not met"):
        assert part in shown


def test_a_run_is_written_whole_with_its_date_and_machine(tmp_path: Path) -> None:
    at = datetime(2026, 11, 22, 4, 5, 6, 789, tzinfo=UTC)
    section = Section(name="dispatch", tables=[], aims=[FAST], data={"idle": [1, 2]})
    path = tmp_path / "results" / "run.json"
    write(path, document([section], machine={"cores": 2}, at=at))
    found = json.loads(path.read_text())
    assert found["at"] == "2026-11-22T04:05:06+00:00"
    assert found["machine"] == {"cores": 2}
    assert found["benchmarks"]["dispatch"]["data"] == {"idle": [1, 2]}
    assert found["benchmarks"]["dispatch"]["aims"][0]["bound"] == 60
    assert list(path.parent.iterdir()) == [path]
