"""`qubix demo`."""

import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Final

import typer
from rich.console import Console

from qubix_serve.demo.checks import Checklist
from qubix_serve.demo.errors import DemoFailed

DEFAULT_PORT: Final = 8000


def demo(
    *,
    home: Annotated[Path | None, typer.Option("--home", help="Keep the platform's data in this folder.")] = None,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Of the API; another one where it is taken.")
    ] = DEFAULT_PORT,
    seconds: Annotated[int, typer.Option(min=5, max=300, help="How long each training shall take.")] = 20,
    script: Annotated[Path | None, typer.Option("--script", help="Another training script of the same kind.")] = None,
    stay: Annotated[
        bool | None,
        typer.Option(
            "--stay/--no-stay",
            help="Keep the platform up at the end, to look at its jobs in the console; by default on a terminal.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Give the result as JSON on stdout.")] = False,
) -> None:
    """Show the whole loop on this machine: a job and its bill, then a lost machine. Every claim is checked."""
    from qubix_serve.demo.curtain import Curtain
    from qubix_serve.demo.performance import example, perform
    from qubix_serve.demo.show import Show

    console = Console(stderr=as_json)
    show = Show(console)
    is_watched = console.is_terminal and sys.stdin.isatty() and not as_json
    curtain = Curtain(show, stays=is_watched if stay is None else stay)
    checklist = Checklist(show.check)
    began = time.monotonic()
    with _terminable(), _folder(home) as place:
        facts = perform(
            place,
            show=show,
            checklist=checklist,
            port=port,
            script=script or example(),
            seconds=seconds,
            curtain=curtain,
        )
    facts["seconds"] = round(time.monotonic() - began, 1)
    held = sum(check.passed for check in checklist.checks)
    if as_json:
        checks = [check.to_json() for check in checklist.checks]
        sys.stdout.write(json.dumps({"passed": checklist.passed, "checks": checks, "facts": facts}, default=str) + "\n")
    show.act(f"{held} of {len(checklist.checks)} claims hold; the demo took {facts['seconds']:.0f} s")
    if not checklist.passed:
        raise DemoFailed(
            asked="Checking every claim of the demo",
            obstacle=f"{len(checklist.checks) - held} of {len(checklist.checks)} did not hold",
            remedy="They are marked above; run it with --home to keep the platform's logs.",
        )


@contextmanager
def _folder(chosen: Path | None) -> Iterator[Path]:
    if chosen is not None:
        yield chosen.resolve()
        return
    place = Path(tempfile.mkdtemp(prefix="qubix-demo-"))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)  # what a job made unreadable for us may stay


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the demo as Ctrl-C does, so that it stops what it started."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
