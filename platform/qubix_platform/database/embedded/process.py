"""What the operating system knows of the server of one data directory: lock files prove nothing, processes do."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

_READY: Final = "ready"
_POLL_S: Final = 0.01


@dataclass(frozen=True)
class Postmaster:
    """A living server process and what it says of itself in `postmaster.pid`."""

    pid: int
    port: int
    is_ready: bool


def find_postmaster(data: Path) -> Postmaster | None:
    """The living postmaster of `data`, or `None`.

    `postmaster.pid` outlives a killed server, and its number may since belong to a zombie or to another program, so the
    process itself has to be a PostgreSQL that works in this directory.
    """
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid = int(lines[0])
        port = int(lines[3]) if len(lines) > 3 else 0
    except (OSError, ValueError, IndexError):
        return None
    if not _serves(pid, data):
        return None
    return Postmaster(pid=pid, port=port, is_ready=len(lines) > 7 and lines[7].strip() == _READY)


def living(data: Path) -> list[int]:
    """Every PostgreSQL process that works in `data`, children of a killed postmaster included."""
    return [process.pid for process in psutil.process_iter() if _serves(process.pid, data)]


def wait_until_gone(data: Path, *, seconds: float) -> list[int]:
    """Wait until no process works in `data`; those that still do after `seconds` are returned."""
    for _ in _until(seconds):
        if not living(data):
            return []
    return living(data)


def end(pids: list[int]) -> None:
    """Kill processes of a server whose postmaster is dead: nothing else can end them, and they block the next start."""
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):  # it went by itself
            psutil.Process(pid).kill()


def _until(seconds: float) -> Iterator[None]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
        time.sleep(_POLL_S)


def _serves(pid: int, data: Path) -> bool:
    try:
        process = psutil.Process(pid)
        # Cheapest first: `living` asks this of every process of the machine.
        return (
            process.name().startswith("postgres")
            and process.status() != psutil.STATUS_ZOMBIE
            and Path(process.cwd()) == data
        )
    except (psutil.Error, OSError):
        return False
