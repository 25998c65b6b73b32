"""Shows a job while it runs."""

import sys
import time
from collections.abc import Iterator
from typing import Final

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from qubix.cli.output import clean, out, qu
from qubix.client import Client
from qubix.job import Job
from qubix.schemas.jobs import Job as JobInfo
from qubix.schemas.monitor import LogEntry
from qubix.schemas.states import JobStatus, LogStream

_ASK_WHY_SECONDS: Final = 2.0
_STYLE: Final = {LogStream.STDOUT: "", LogStream.STDERR: "red", LogStream.SYSTEM: "dim"}


class Lines:
    """Puts pieces of output together to whole lines, each stream for itself."""

    def __init__(self) -> None:
        self._rest: dict[LogStream, str] = {}

    def feed(self, entry: LogEntry) -> Iterator[tuple[LogStream, str]]:
        """The lines that a piece completes."""
        *whole, self._rest[entry.stream] = (self._rest.get(entry.stream, "") + entry.text).split("\n")
        for line in whole:
            yield entry.stream, clean(line)

    def rest(self) -> Iterator[tuple[LogStream, str]]:
        """The last lines, which nothing ended."""
        for stream, line in self._rest.items():
            if line:
                yield stream, clean(line)
        self._rest.clear()


def as_json_lines(job: Job) -> JobInfo:
    """Give each piece of output as a JSON document on a line of its own, and the job as the last one."""
    info = job.latest
    for news in job.watch():
        if isinstance(news, LogEntry):
            out.json({"log": news.wire()})
        else:
            info = news
    out.json({"job": info.wire()})
    return info


def on_terminal(job: Job, client: Client) -> JobInfo:
    """Show output above a progress bar; where stdout is no terminal, the output alone."""
    try:
        info = _with_bar(job) if sys.stdout.isatty() else _plainly(job)
    except KeyboardInterrupt:
        out.note(f"\nThe job goes on at {client.url}. End it: qubix cancel {job.id}")
        raise
    _say_end(job, info)
    return info


def print_entries(entries: Iterator[LogEntry]) -> None:
    """Print output as it comes: what the job wrote to stdout there, the rest to stderr."""
    lines = Lines()
    for entry in entries:
        for stream, line in lines.feed(entry):
            _print_line(stream, line)
    for stream, line in lines.rest():
        _print_line(stream, line)


def _plainly(job: Job) -> JobInfo:
    info = job.latest

    def entries() -> Iterator[LogEntry]:
        nonlocal info
        for news in job.watch():
            if isinstance(news, LogEntry):
                yield news
            else:
                _warn_of_funds(info, news)
                info = news

    print_entries(entries())
    return info


def _with_bar(job: Job) -> JobInfo:
    info, lines, why = job.latest, Lines(), _Why(job)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out.console, transient=True) as bar:
        task = bar.add_task(info.status.value, total=100)

        def show(pairs: Iterator[tuple[LogStream, str]]) -> None:
            for stream, line in pairs:
                bar.console.print(Text(line, style=_STYLE[stream]), soft_wrap=True)

        for news in job.watch():
            if isinstance(news, LogEntry):
                show(lines.feed(news))
            else:
                _warn_of_funds(info, news)
                info = news
                bar.update(task, completed=info.progress, description=_describe(info, why))
        show(lines.rest())
    return info


def _warn_of_funds(before: JobInfo, now: JobInfo) -> None:
    """Say once when the money that is held for a job is about to end, and once when more was held."""
    if now.status.is_final or (before.funds_end_at is None) == (now.funds_end_at is None):
        return
    if now.funds_end_at is None:
        out.note("Your balance covers the job's time again.")
    else:
        out.note(f"Your balance does not cover more time: the job ends at {now.funds_end_at:%H:%M:%S} UTC. Add funds.")


class _Why:
    """Why a job waits, asked now and then."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._asked_at = time.monotonic()
        self._answer = ""

    def __call__(self) -> str:
        if time.monotonic() - self._asked_at > _ASK_WHY_SECONDS:
            self._asked_at = time.monotonic()
            report = self._job.why()
            self._answer = report.summary if report else ""
        return self._answer


def _describe(info: JobInfo, why: _Why) -> str:
    words = info.status.value
    if info.status is JobStatus.PENDING and (reason := why()):
        words = f"{words}: {reason}"
    elif info.worker_id:
        words = f"{words} on {info.worker_id}"
    # Rich reads square brackets as markup.
    return clean(words).replace("[", r"\[")


def _print_line(stream: LogStream, line: str) -> None:
    print(line, file=sys.stdout if stream is LogStream.STDOUT else sys.stderr, flush=True)  # the job's words


def _say_end(job: Job, info: JobInfo) -> None:
    if info.status is not JobStatus.COMPLETED:
        return
    out.note(f"Completed on {info.worker_id}: {qu(info.actual_cost)} of {qu(info.hold_amount)} held.")
    for artifact in job.artifacts:
        out.note(f"  {clean(artifact.path)}  {artifact.size:,} bytes")
