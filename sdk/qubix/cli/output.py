"""What a command says: tables and sentences for people, JSON for programs, on stdout; notes on stderr."""

import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from qubix.schemas.base import WireModel
from qubix.schemas.states import JobStatus

AsJson = Annotated[bool, typer.Option("--json", help="Give JSON, for programs.")]

_WIDE: Final = 240
_STATUS_STYLE: Final = {
    JobStatus.PENDING: "yellow",
    JobStatus.ASSIGNED: "cyan",
    JobStatus.RUNNING: "blue",
    JobStatus.COMPLETED: "green",
    JobStatus.FAILED: "red",
    JobStatus.CANCELLED: "magenta",
}


class Output:
    """Stdout and stderr as they are at the moment of writing. In a pipe, tables are not cut to a terminal's width."""

    @property
    def console(self) -> Console:
        """Stdout for people."""
        return _console(sys.stdout)

    @property
    def notes(self) -> Console:
        """Stderr for people."""
        return _console(sys.stderr)

    def json(self, value: Any) -> None:
        """One JSON document on one line."""
        print(json.dumps(_plain_json(value)), flush=True)  # noqa: T201  # stdout is the machine's

    def line(self, text: str | Text) -> None:
        """A line for people; markup in it is not read."""
        self.console.print(text if isinstance(text, Text) else Text(text), soft_wrap=True)

    def note(self, text: str) -> None:
        """A line beside the output."""
        self.notes.print(Text(text), soft_wrap=True)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str) -> None:
        """Rows under headings; columns that begin with `>` are set to the right."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column.lstrip(">"), justify="right" if column.startswith(">") else "left", no_wrap=True)
        for row in rows:
            table.add_row(*(cell if isinstance(cell, Text) else Text(clean(str(cell))) for cell in row))
        if table.row_count:
            self.console.print(table)
        else:
            self.line(empty)

    def facts(self, facts: Iterable[tuple[str, Any]]) -> None:
        """Names and values, one a line."""
        grid = Table.grid(padding=(0, 2))
        for name, value in facts:
            grid.add_row(Text(name, style="bold"), value if isinstance(value, Text) else Text(clean(str(value))))
        self.console.print(grid)

    def record(self, value: Any, facts: Iterable[tuple[str, Any]], *, as_json: bool) -> None:
        """One thing: itself for programs, what matters of it for people."""
        if as_json:
            self.json(value)
        else:
            self.facts(facts)

    def rows(
        self, values: Sequence[Any], columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str, as_json: bool
    ) -> None:
        """Several things: themselves for programs, a table of them for people."""
        if as_json:
            self.json(values)
        else:
            self.table(columns, rows, empty=empty)


out: Final = Output()


def clean(text: str) -> str:
    """Text without what could steer a terminal: it comes from programs and machines of strangers.

    Of a line that was overwritten by carriage returns, as progress bars do, the last state is kept.
    """
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return "\n".join("".join(each for each in line if each == "\t" or not _steers(each)) for line in lines)


def qu(amount: int | None) -> str:
    """An amount for people."""
    return "–" if amount is None else f"{amount:,} QU"


def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """How long ago something was."""
    if moment is None:
        return "never"
    seconds = max(0, int(((now or datetime.now(UTC)) - moment).total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit} ago"
    return f"{seconds}s ago"


def status_text(status: JobStatus) -> Text:
    """A job's state in its colour."""
    return Text(status.value, style=_STATUS_STYLE[status])


def _steers(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf"}


def _plain_json(value: Any) -> Any:
    if isinstance(value, WireModel):
        return value.wire()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain_json(each) for each in value]
    return value


def _console(stream: Any) -> Console:
    console = Console(file=stream, highlight=False)
    return console if console.is_terminal else Console(file=stream, highlight=False, width=_WIDE)
