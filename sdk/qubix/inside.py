"""What a job's own code uses of QUBIX: progress, inputs, output files, checkpoints, a result, and items of a group.

On the standard library alone, because this file and the package's `__init__.py` are all of QUBIX that exists inside a
job's sandbox. The sandbox tells where things are by environment variables:

    QUBIX_JOB_ID      the job's id; absent outside a job
    QUBIX_PROGRESS    file that holds the progress, a decimal fraction from 0 to 1
    QUBIX_INPUT       file that holds the job's `inputs` as JSON
    QUBIX_OUTPUT      folder whose files become the job's artifacts
    QUBIX_CHECKPOINT  folder that the job's next attempt gets back, as it was when it was last stored
    QUBIX_RESULT      file that takes the job's result as JSON
    QUBIX_ITEMS       socket that gives items to a worker of a group: a line of JSON is asked, a line of JSON answered

Outside a job everything works too, so that a script can be tried at home: progress and result are only checked, inputs
are None, there are no items, and files go to `./qubix-output` and `./qubix-checkpoint`.
"""

import atexit
import json
import math
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

_PROGRESS_INTERVAL: Final = 0.05
CHECKPOINT_MARK: Final = b"qubix-checkpoint "
"""How a file of `checkpoint` begins. It is replaced as a whole, so the runner may copy it at any moment."""


class _ProgressFile:
    """The progress file, written at most twenty times a second and once more at exit."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._written_at = -math.inf
        self._pending: float | None = None

    def report(self, path: Path, fraction: float) -> None:
        with self._lock:
            if fraction < 1 and time.monotonic() - self._written_at < _PROGRESS_INTERVAL:
                self._pending = fraction
            else:
                self._write(path, fraction)

    def flush(self) -> None:
        with self._lock:
            path = _named_path("QUBIX_PROGRESS")
            if path is not None and self._pending is not None:
                self._write(path, self._pending)

    def _write(self, path: Path, fraction: float) -> None:
        # In place: the sandbox binds this one file, and its folder takes no others. The text always has the same
        # length, so that a reader never sees parts of two.
        text = f"{fraction:.6f}\n".encode()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            os.pwrite(descriptor, text, 0)
            os.ftruncate(descriptor, len(text))
        finally:
            os.close(descriptor)
        self._written_at = time.monotonic()
        self._pending = None


_progress_file = _ProgressFile()
atexit.register(_progress_file.flush)


def progress(fraction: float) -> None:
    """Report how much of the job is done. Cheap enough for a hot loop.

    Args:
        fraction: from 0 to 1. The platform shows the highest one seen.

    Raises:
        ValueError: not a number from 0 to 1.
    """
    value = float(fraction)
    if not 0 <= value <= 1:
        raise ValueError(f"progress is a fraction from 0 to 1, and {fraction!r} is not: divide by the number of steps")
    path = _named_path("QUBIX_PROGRESS")
    if path is not None:
        _progress_file.report(path, value)


def inputs() -> Any:
    """The `inputs` that the job was submitted with, or None where there are none."""
    path = _named_path("QUBIX_INPUT")
    if path is None:
        return None
    return json.loads(path.read_text(encoding="utf-8"))


def output(path: str | os.PathLike[str] = ".") -> Path:
    """The place for a file that becomes an artifact of the job; its folder exists when this returns.

    Args:
        path: relative to the output folder. Without it: the output folder itself.

    Raises:
        ValueError: the path leads out of the output folder.
    """
    folder = _named_path("QUBIX_OUTPUT") or Path("qubix-output")
    place = Path(path)
    if place.is_absolute() or ".." in place.parts:
        raise ValueError(f"an output path is relative and stays inside the output folder; {os.fspath(path)!r} does not")
    target = folder / place
    (target if target == folder else target.parent).mkdir(parents=True, exist_ok=True)
    return target


def checkpoint(state: Any, *, name: str = "state") -> None:
    """Save what the job needs to go on from here, should its machine be lost. The last one wins, whole or not at all.

    The runner notices it within a second and stores it away from the machine, every ten seconds at most. Files of the
    job's own in `$QUBIX_CHECKPOINT` are stored with it, once they have rested for two seconds, or every five minutes.

    Args:
        state: bytes, or anything that JSON can hold.
        name: tells several checkpoints apart.

    Raises:
        ValueError, TypeError: JSON cannot hold the state, or the name is not one of a file.
    """
    if isinstance(state, bytes | bytearray | memoryview):
        content = CHECKPOINT_MARK + b"bytes\n" + bytes(state)
    else:
        content = CHECKPOINT_MARK + b"json\n" + json.dumps(state, allow_nan=False).encode()
    path = _checkpoint_path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_atomically(path, content)


def resume(default: Any = None, *, name: str = "state") -> Any:
    """What the last `checkpoint` of this job saved, in this attempt or an earlier one; else `default`.

    Raises:
        ValueError: the file is not a checkpoint.
    """
    path = _checkpoint_path(name)
    if not path.exists():
        return default
    mark, _, content = path.read_bytes().partition(b"\n")
    if mark == CHECKPOINT_MARK + b"bytes":
        return content
    if mark == CHECKPOINT_MARK + b"json":
        return json.loads(content)
    raise ValueError(f"{path} is not a checkpoint that qubix.checkpoint() wrote")


def result(value: Any) -> None:
    """Set the job's result, which `job.result()` returns to whoever submitted it. The last one wins.

    Raises:
        ValueError, TypeError: JSON cannot hold the value (NaN and infinity among them).
    """
    content = json.dumps(value, allow_nan=False).encode()
    path = _named_path("QUBIX_RESULT")
    if path is not None:
        _write_atomically(path, content)


class Item:
    """Something to do, from the queue of the job's group. It is this worker's alone until it ended, or the worker did.

    Attributes:
        id: the same at every try.
        name: what the consumer named it.
        data: what is to be done, as JSON.
        tries: how many workers it was too much for before.
    """

    def __init__(self, id: int, name: str, data: Any, tries: int) -> None:  # noqa: A002  the wire's name
        self.id = id
        self.name = name
        self.data = data
        self.tries = tries
        self.is_open = True

    def done(self, result: Any = None) -> None:
        """It was done, with this result. Stored when this returns.

        Raises:
            ValueError, TypeError: JSON cannot hold the result, or it has ended already.
        """
        self._end({"result": result})

    def fail(self, error: str) -> None:
        """It cannot be done, whoever tries: no other worker gets it."""
        self._end({"error": str(error)[:16_000] or "no word"})

    def _end(self, end: dict[str, Any]) -> None:
        if not self.is_open:
            raise ValueError(f"item {self.name!r} has ended already: call done() or fail() once")
        _exchange({"end": {"id": self.id, **end}, "wants": False})
        self.is_open = False


def take() -> Item | None:
    """Wait for the next item of the job's group. None says that there will be no more: the job is to end.

    An item whose worker ends without `done()` or `fail()` is given to another worker.

    Raises:
        ValueError: the item before is still open.
    """
    global _taken  # noqa: PLW0603  a process does one item at a time
    if _taken is not None and _taken.is_open:
        raise ValueError(f"item {_taken.name!r} is still open: call its done() or fail() before taking the next")
    if not os.environ.get("QUBIX_ITEMS"):
        return None
    found = _exchange({"wants": True})["item"]
    _taken = None if found is None else Item(found["id"], found["name"], found["data"], found["tries"])
    return _taken


def items() -> Iterator[Item]:
    """The items of the job's group, until the job is to end.

    Example:
        for item in qubix.items():
            item.done(work_on(item.data))
    """
    while (item := take()) is not None:
        yield item


_taken: Item | None = None


def _exchange(request: dict[str, Any]) -> Any:
    message = json.dumps(request, allow_nan=False).encode() + b"\n"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(os.environ["QUBIX_ITEMS"])
        connection.sendall(message)
        with connection.makefile("rb") as reader:
            line = reader.readline()
    if not line:
        raise ConnectionError("the machine gives no items any more: the job is being stopped")
    answer = json.loads(line)
    if "refused" in answer:
        raise ValueError(answer["refused"])
    return answer


def job_id() -> str | None:
    """The id of the job that this code runs in, or None outside a job."""
    return os.environ.get("QUBIX_JOB_ID")


def _named_path(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value) if value else None


def _checkpoint_path(name: str) -> Path:
    if not name or name.startswith(".") or Path(name).name != name:
        raise ValueError(f"a checkpoint's name is a plain file name, and {name!r} is not")
    return (_named_path("QUBIX_CHECKPOINT") or Path("qubix-checkpoint")) / f"{name}.ckpt"


def _write_atomically(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes the file private, and the agent that reads it is another user.
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
