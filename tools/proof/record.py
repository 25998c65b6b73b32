"""What a proof run showed, as data and as a table."""

import os
import platform
import subprocess
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import psutil
import pytest
from rich.table import Table

_GIB = 1024**3


@dataclass(frozen=True)
class Proof:
    """One test's outcome: `passed`, `failed` or `skipped`; `shown` is what it recorded by `record_property`."""

    name: str
    outcome: str
    seconds: float
    shown: str


@dataclass(eq=False)  # pytest keeps its plugins in sets
class Recorder:
    """A pytest plugin that keeps the outcome of each test of the run."""

    proofs: list[Proof] = field(default_factory=list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called by pytest for each phase; a failed set-up or tear-down fails the proof too."""
        if report.when != "call" and report.passed:
            return
        shown = ", ".join(f"{name} {value}" for name, value in report.user_properties)
        self.proofs.append(Proof(report.nodeid, report.outcome, report.duration, shown))


def table(proofs: list[Proof], *, at: datetime, where: str) -> Table:
    """The table that `make proof` prints: when, where, and each proof with what it showed."""
    rows = Table(title=f"make proof · {at:%Y-%m-%d %H:%M %Z} · {where}", title_justify="left")
    rows.add_column("proof", overflow="fold")
    rows.add_column("outcome")
    rows.add_column("seconds", justify="right")
    rows.add_column("shown", overflow="fold")
    for proof in proofs:
        rows.add_row(proof.name, proof.outcome, f"{proof.seconds:.1f}", proof.shown)
    return rows


def machine() -> str:
    """The machine and the commit that a figure belongs to."""
    memory = psutil.virtual_memory().total / _GIB
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}, commit {_commit()}"


def _commit() -> str:
    root = Path(__file__).resolve().parents[2]
    answer = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=root, capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() or "unknown"
