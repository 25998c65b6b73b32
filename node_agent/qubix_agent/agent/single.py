"""One agent per home."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from qubix_agent.agent.errors import AlreadyJoined


@contextlib.contextmanager
def only_agent(lock: Path) -> Iterator[None]:
    """Be the agent of this home for as long as the block runs, or until this process ends however it ends.

    Raises:
        AlreadyJoined: another process is.
    """
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = _read_pid(descriptor)
            raise AlreadyJoined(
                asked=f"Starting an agent in {lock.parent}",
                obstacle=f"one works there already{f' (process {pid})' if pid else ''}",
                remedy="Leave it running, end it with SIGTERM, or give this one a home of its own by --home.",
                details={"pid": pid},
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def running_agent(lock: Path) -> int | None:
    """The process of the agent that works in this home, None where there is none."""
    try:
        descriptor = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_pid(descriptor)
    finally:
        os.close(descriptor)
    return None


def _read_pid(descriptor: int) -> int | None:
    text = os.pread(descriptor, 32, 0)
    return int(text) if text.isdigit() else None
