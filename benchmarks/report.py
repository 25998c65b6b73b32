"""What a benchmark found: tables for people, data for programs, and the aims that were met or missed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table as RichTable

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A bound that was set before measuring.

    Attributes:
        name: what is bounded.
        measured: the figure.
        bound: where the aim ends; "below" excludes it, "at least" includes it.
        unit: of both.
    """

    name: str
    measured: float
    kind: Literal["below", "at least"]
    bound: float
    unit: str

    @property
    def met(self) -> bool:
        """Whether the figure keeps the bound."""
        return self.measured < self.bound if self.kind == "below" else self.measured >= self.bound

    def to_json(self) -> dict[str, Any]:
        """The aim as JSON values."""
        return {
            "name": self.name,
            "measured": round(self.measured, 4),
            "kind": self.kind,
            "bound": self.bound,
            "unit": self.unit,
            "met": self.met,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Figures for people. The first column names the row, all others are right-aligned."""

    title: str
    columns: Row
    rows: Sequence[Row]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One benchmark's findings.

    Attributes:
        name: the benchmark.
        tables: for people.
        aims: what was aimed for.
        data: everything that was measured, as JSON values.
    """

    name: str
    tables: Sequence[Table]
    aims: Sequence[Aim] = ()
    data: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The section as JSON values."""
        return {"data": dict(self.data), "aims": [aim.to_json() for aim in self.aims]}


def show(section: Section, console: Console) -> None:
    """Print a section."""
    for table in section.tables:
        drawn = RichTable(title=table.title, title_justify="left", caption=table.note or None, caption_justify="left")
        for place, column in enumerate(table.columns):
            drawn.add_column(column, justify="left" if place == 0 else "right")
        for row in table.rows:
            drawn.add_row(*row)
        console.print(drawn)
    for aim in section.aims:
        verdict = "[green]met[/]" if aim.met else "[red]not met[/]"
        console.print(f"  {aim_sentence(aim)}: {verdict}")
    console.print()


def aim_sentence(aim: Aim) -> str:
    """The aim and the figure in one line."""
    return f"{aim.name}: {quantity(aim.measured, aim.unit)}, aim {aim.kind} {quantity(aim.bound, aim.unit)}"


def quantity(value: float, unit: str) -> str:
    """A figure with three significant digits and its unit."""
    digits = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{digits} {unit}".rstrip()


def document(sections: Sequence[Section], *, machine: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """Everything of one run as JSON values."""
    return {
        "at": at.isoformat(timespec="seconds"),
        "machine": dict(machine),
        "benchmarks": {section.name: section.to_json() for section in sections},
    }


def write(path: Path, found: Mapping[str, Any]) -> None:
    """Write a run's JSON, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(json.dumps(found, indent=2) + "\n")
    unfinished.replace(path)
