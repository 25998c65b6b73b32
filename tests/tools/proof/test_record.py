from datetime import UTC, datetime
from io import StringIO

from rich.console import Console

from tools.proof.record import Proof, machine, table


def test_the_table_is_dated_and_says_what_was_shown() -> None:
    proofs = [Proof("tests/chaos/test_node.py::test_kill", "passed", 12.34, "failover_ms 840")]
    console = Console(file=StringIO(), record=True, width=140)
    console.print(table(proofs, at=datetime(2026, 11, 22, 8, 5, tzinfo=UTC), where="2 cores"))
    text = console.export_text()
    assert "2026-11-22 08:05 UTC · 2 cores" in text
    assert all(part in text for part in ("test_kill", "passed", "12.3", "failover_ms 840"))


def test_a_figure_names_its_machine_and_commit() -> None:
    assert "cores" in machine()
    assert "commit" in machine()
