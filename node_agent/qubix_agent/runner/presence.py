"""Which attempts run on this machine, and how to reach them.

A runner holds the lock of a file named after its attempt for as long as it lives, so that nobody has to be asked, and
listens to a pipe beside it. Agent, runner actor and runners are different processes that share the folder.

Such a file gets its name when it is locked and written already: whoever finds one that is not locked has found what a
dead runner left. To remove that, it takes the lock itself.
"""

import contextlib
import errno
import fcntl
import json
import os
import secrets
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from uuid import UUID

from qubix_agent.runner.stop import Stop, strongest

# Of a file that is not a runner's presence yet.
_UNNAMED: Final = ".new"
# For writing too: else every closing writer would look like the end of the pipe.
_PIPE: Final = os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC
_TRIES: Final = 200
_PAUSE_SECONDS: Final = 0.01


@dataclass(frozen=True, slots=True)
class RunningAttempt:
    """An attempt whose runner lives."""

    attempt_id: UUID
    job_id: UUID


class Control:
    """The reading end of an attempt's control pipe. `fileno` is for a selector."""

    def __init__(self, path: Path) -> None:
        self._descriptor = _open_pipe(path)
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


def _open_pipe(path: Path) -> int:
    """The pipe that whoever launched us made, so that no order is missed; else one that is open before it has its name,
    as a sweep removes those that nobody has open."""
    unnamed = path.with_name(f"{path.name}.{secrets.token_hex(4)}{_UNNAMED}")
    while True:
        try:
            return os.open(path, _PIPE)
        except FileNotFoundError:
            os.mkfifo(unnamed, mode=0o600)
        try:
            descriptor = os.open(unnamed, _PIPE)
            try:
                path.hardlink_to(unnamed)
            except BaseException:
                os.close(descriptor)
                raise
            return descriptor
        except (FileExistsError, FileNotFoundError):
            continue
        finally:
            unnamed.unlink(missing_ok=True)


class Presence:
    """This process runs an attempt, until the end of the block.

    Raises:
        BlockingIOError: another process of this machine runs the same attempt.
    """

    def __init__(self, folder: Path, *, attempt_id: UUID, job_id: UUID) -> None:
        self._path = folder / f"{attempt_id}.json"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        content = json.dumps({"attempt": str(attempt_id), "job": str(job_id)}).encode()
        while (descriptor := _locked_file(self._path, content)) is None:
            continue
        self._descriptor = descriptor
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
        if (text := _read_or_remove(path)) is not None and (attempt := _parse(text)) is not None:
            yield attempt


def _read_or_remove(path: Path) -> bytes | None:
    """What the living runner wrote whose file this is; where it is dead, the file is removed."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if not _try_lock(descriptor, fcntl.LOCK_SH):
            return os.pread(descriptor, 4096, 0)
        # Others that look hold it shared at most, so no living runner's file can have taken this one's place.
        if _try_lock(descriptor, fcntl.LOCK_EX) and _is_at(path, descriptor):
            path.unlink()
        return None
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _locked_file(path: Path, content: bytes) -> int | None:
    """A file that gets this name once it is locked and written; None where a sweep took it for a dead runner's before.

    Raises:
        BlockingIOError: a living runner's file has the name.
    """
    descriptor, unnamed = tempfile.mkstemp(suffix=_UNNAMED, prefix=f"{path.stem}.", dir=path.parent)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.write(descriptor, content)
        _name(Path(unnamed), path)
    except FileNotFoundError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    finally:
        Path(unnamed).unlink(missing_ok=True)
    return descriptor


def _name(unnamed: Path, path: Path) -> None:
    for _ in range(_TRIES):
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(unnamed)
            return
        if _read_or_remove(path) is not None:
            # Somebody removes it just now, or its runner lives: that one is there the next time too.
            threading.Event().wait(_PAUSE_SECONDS)
    raise BlockingIOError(errno.EWOULDBLOCK, "this attempt runs already", str(path))


def remove_stale(folder: Path) -> int:
    """Remove what runners and launchers that died left behind. Returns how much that was."""
    before = {path for path in folder.iterdir() if path.is_file() or path.is_fifo()}
    running_attempts(folder)
    for path in folder.glob(f"*{_UNNAMED}"):
        if path.is_file():
            _read_or_remove(path)
    for path in (*folder.glob("*.control"), *folder.glob(f"*.control.*{_UNNAMED}")):
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
        return None  # a dead runner's, which somebody else holds to remove it just now
