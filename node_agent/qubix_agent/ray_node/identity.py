"""Naming a process so that another one can find it again, and never a stranger that got its number."""

import contextlib
import ctypes
import os
import time
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import psutil

# The start time is read through the wall clock's boot time, which a clock correction moves a little.
START_TOLERANCE_SECONDS: Final = 2.0

_PR_SET_CHILD_SUBREAPER: Final = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessIdentity:
    """A process, told from a later one of the same number by its time of start.

    Attributes:
        role: what it is to us, such as "raylet".
        pid: its number.
        created: when it started, in seconds since the epoch.
    """

    role: str
    pid: int
    created: float

    @classmethod
    def of(cls, pid: int, *, role: str) -> Self:
        """Name the process that has this number now.

        Raises:
            psutil.NoSuchProcess: there is none.
        """
        return cls(role=role, pid=pid, created=psutil.Process(pid).create_time())

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(role=str(value["role"]), pid=int(value["pid"]), created=float(value["created"]))

    def to_json(self) -> dict[str, Any]:
        """The identity as JSON values."""
        return asdict(self)

    def process(self) -> psutil.Process | None:
        """The process itself, or None when it is gone. A zombie is gone: it only waits for its parent."""
        try:
            process = psutil.Process(self.pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            same = abs(process.create_time() - self.created) < START_TOLERANCE_SECONDS
        except psutil.NoSuchProcess:
            return None
        return process if same else None

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self.process() is not None


def become_subreaper() -> None:
    """Make this process the parent of every orphan among its descendants, so that it can reap and stop them.

    Without it orphans go to process 1, which in many containers never reaps.

    Raises:
        OSError: the kernel refused.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def reap(processes: Iterable[ProcessIdentity]) -> None:
    """Collect those of `processes` that are dead children of this process, and leave all others alone."""
    for identity in processes:
        _reap_pid(identity.pid)


def reap_orphans(*, except_pids: Collection[int]) -> None:
    """Collect every dead child that this process did not start itself.

    Args:
        except_pids: children whose exit code somebody here waits for.
    """
    with contextlib.suppress(ChildProcessError):  # there is no child at all
        while dead := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if dead.si_pid in except_pids:
                return  # it hides the others until somebody has waited for it
            _reap_pid(dead.si_pid)


def marked(variable: str, value: str) -> list[psutil.Process]:
    """Every living process whose environment was given `variable` with this value, and that this user may look at.

    Finds what no family tree shows any more: a process whose parent died belongs to somebody else.
    """
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(variable) == value:
                found.append(process)
        except psutil.Error:  # gone meanwhile, a zombie, or another user's
            continue
    return found


def wait_gone(processes: Collection[psutil.Process], *, deadline: float) -> list[psutil.Process]:
    """Wait until the processes are gone, and return those that are not.

    Args:
        processes: whose end to wait for; dead children of this process are collected.
        deadline: when to give up, on `time.monotonic`'s clock.
    """
    remaining = list(processes)
    while True:
        remaining = [process for process in remaining if not _is_gone(process)]
        if not remaining or time.monotonic() >= deadline:
            return remaining
        time.sleep(0.01)


def _is_gone(process: psutil.Process) -> bool:
    collected = _reap_pid(process.pid)
    if collected is not None:
        # A child: what its threads hold, ports among it, is free only once it can be collected.
        return collected
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _reap_pid(pid: int) -> bool | None:
    """Whether the child of this number was dead and is collected now; None when it is no child of this process."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return None
