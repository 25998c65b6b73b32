"""Which attempts run on this machine, and how to reach them.

A runner holds the lock of a file named after its attempt for as long as it lives, so that nobody has to be asked, and
listens to a pipe beside it. Agent, runner actor and runners are different processes that share the folder.
"""

import contextlib
import errno
import fcntl
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from qubix_agent.runner.stop import Stop, strongest


@dataclass(frozen=True, slots=True)
class RunningAttempt:
    """An attempt whose runner lives."""

    attempt_id: UUID
    job_id: UUID


class Control:
    """The reading end of an attempt's control pipe. `fileno` is for a selector."""

    def __init__(self, path: Path) -> None:
        with contextlib.suppress(FileExistsError):  # made by whoever launched us, so that no order is missed
            os.mkfifo(path, mode=0o600)
        # Open for writing too: else every closing writer would look like the end of the pipe.
        self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._path = path
        self._lock = threading.Lock()
        self.stop: Stop | None = None

    def fileno(self) -> int:
        """For selectors: readable when an order came."""
        return self._descriptor

    def order(self, stop: Stop) -> None:
        """Give an order from within this process, from any thread."""
        with self._lock:
            if self._descriptor >= 0:
                os.write(self._descriptor, bytes([stop]))

    def read(self) -> Stop | None:
        """The strongest order so far, None where there is none."""
        with contextlib.suppress(BlockingIOError):
            self.stop = strongest(os.read(self._descriptor, 64), self.stop)
        return self.stop

    def close(self) -> None:
        """Remove the pipe. Idempotent."""
        with self._lock:
            if self._descriptor >= 0:
                self._path.unlink(missing_ok=True)
                os.close(self._descriptor)
                self._descriptor = -1


class Presence:
    """This process runs an attempt, until the end of the block.

    Raises:
        BlockingIOError: another process of this machine runs the same attempt.
    """

    def __init__(self, folder: Path, *, attempt_id: UUID, job_id: UUID) -> None:
        self._path = folder / f"{attempt_id}.json"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, json.dumps({"attempt": str(attempt_id), "job": str(job_id)}).encode(), 0)
        self.control = Control(control_path(folder, attempt_id))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.control.close()
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)


def control_path(folder: Path, attempt_id: UUID) -> Path:
    """Where the attempt's control pipe lies."""
    return folder / f"{attempt_id}.control"


def order(folder: Path, attempt_id: UUID, stop: Stop) -> bool:
    """Order an attempt of this machine to stop. False where none such runs."""
    try:
        descriptor = os.open(control_path(folder, attempt_id), os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENXIO):
            return False
        raise
    try:
        os.write(descriptor, bytes([stop]))
    except (BrokenPipeError, BlockingIOError):
        return False
    finally:
        os.close(descriptor)
    return True


def running_attempts(folder: Path) -> list[RunningAttempt]:
    """The attempts whose runners live. What dead ones left is removed."""
    return sorted(_living(folder), key=lambda attempt: str(attempt.attempt_id))


def _living(folder: Path) -> Iterator[RunningAttempt]:
    for path in folder.glob("*.json"):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            if (attempt := _parse(os.pread(descriptor, 4096, 0))) is not None:
                yield attempt
        else:
            path.unlink(missing_ok=True)
        finally:
            os.close(descriptor)


def remove_stale(folder: Path) -> int:
    """Remove what runners and launchers that died left behind. Returns how much that was."""
    before = {path for path in folder.iterdir() if path.is_file() or path.is_fifo()}
    running_attempts(folder)
    for path in folder.glob("*.control"):
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC))
        except OSError as error:
            if error.errno == errno.ENXIO:  # nobody has it open
                path.unlink(missing_ok=True)
    return len(before - set(folder.iterdir()))


def _parse(text: bytes) -> RunningAttempt | None:
    try:
        content = json.loads(text)
        return RunningAttempt(UUID(content["attempt"]), UUID(content["job"]))
    except (ValueError, KeyError):
        return None  # its runner is just writing it
