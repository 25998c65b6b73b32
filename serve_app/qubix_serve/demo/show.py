"""Shows the demo to a person: live on a terminal, as plain lines elsewhere."""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from qubix.cli.follow import Lines
from qubix.cli.output import clean, qu
from qubix.schemas.jobs import Job
from qubix.schemas.monitor import LogEntry
from qubix.schemas.receipts import Receipt
from qubix_serve.demo.checks import Check

_TAIL: Final = 8
_PLAIN_STEP: Final = 25
_BRIEF: Final = 120


class Show:
    """What a person sees.

    Args:
        console: stdout, or stderr where stdout is a program's.
    """

    def __init__(self, console: Console) -> None:
        self._console: Final = console

    def act(self, title: str) -> None:
        """Begin a part of the demo."""
        self._console.print()
        self._console.rule(Text(title, style="bold"), align="left")

    def say(self, text: str) -> None:
        """A sentence."""
        self._console.print(Text(text), soft_wrap=True)

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """Something that takes its time."""
        if self._console.is_terminal:
            with self._console.status(Text(text)):
                yield
        else:
            self.say(text)
            yield

    @contextmanager
    def job(self, title: str) -> Iterator["JobView"]:
        """A job while it runs."""
        view = JobView(title, self._console)
        if self._console.is_terminal:
            with Live(view, console=self._console, refresh_per_second=8):
                yield view
        else:
            yield view
            view.tell()

    def check(self, check: Check) -> None:
        """A claim, and whether it holds."""
        if check.passed:
            line = Text("✓ ", style="green") + Text(check.claim) + Text(f"  {brief(check.actual)}", style="dim")
        else:
            found = f"  expected {brief(check.expected)}, found {brief(check.actual)}"
            line = Text("✗ ", style="bold red") + Text(check.claim) + Text(found, style="red")
        self._console.print(line, soft_wrap=True)

    def receipt(self, receipt: Receipt) -> None:
        """Where a hold went."""
        self.table(
            ["leg", "amount", "why"],
            [(leg.to, qu(leg.amount), f"{leg.type}: {leg.cause}") for leg in receipt.legs],
        )

    def table(self, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
        """Rows under headings."""
        table = Table(*columns, box=None, pad_edge=False, header_style="bold")
        for row in rows:
            table.add_row(*(Text(clean(str(cell))) for cell in row))
        self._console.print(table)


def brief(value: Any) -> str:
    """A value in a few words."""
    if isinstance(value, dict):
        text = ", ".join(f"{name} {each}" for name, each in value.items())
    elif isinstance(value, list | tuple):
        text = ", ".join(brief(each) for each in value) or "none"
    else:
        text = str(value)
    text = clean(text)
    return text if len(text) <= _BRIEF else f"{text[: _BRIEF - 1]}…"


class JobView:
    """A job's state, progress and last lines. Where nothing can move, a line at every quarter."""

    def __init__(self, title: str, console: Console) -> None:
        self._title = title
        self._console = console
        self._lines = Lines()
        self._tail: deque[str] = deque(maxlen=_TAIL)
        self._info: Job | None = None
        self._told = -1

    def news(self, news: Job | LogEntry) -> None:
        """Take in a look at the job, or a piece of its output."""
        if isinstance(news, LogEntry):
            self._tail.extend(line for _, line in self._lines.feed(news))
            return
        self._info = news
        quarter = int(news.progress) // _PLAIN_STEP
        if not self._console.is_terminal and quarter > self._told:
            self._told = quarter
            self.tell()

    def tell(self) -> None:
        """Print a line of how it stands."""
        if self._info is not None:
            said = self._tail[-1] if self._tail else ""
            place = self._info.worker_id or "no provider yet"
            state = f"  {self._info.progress:3.0f} %  {self._info.status} on {place}  {said}"
            self._console.print(Text(state), soft_wrap=True)

    def __rich__(self) -> Panel:
        """The view as it is now."""
        info = self._info
        state = f"{info.status} on {info.worker_id}" if info and info.worker_id else (info.status if info else "…")
        bar = ProgressBar(total=100, completed=info.progress if info else 0, width=60)
        tail = Text("\n".join(self._tail), style="dim", no_wrap=True, overflow="ellipsis")
        return Panel(Group(Text(clean(state)), bar, tail), title=Text(self._title), title_align="left")
