"""What is staged of a job's files on its way to the platform, until whoever wants it closes the way."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from qubix.calls import Call
from qubix.schemas.attempts import AttemptSpec
from qubix.schemas.checkpoints import CheckpointFile, CheckpointReport, SnapshotFailure
from qubix_agent.runner import calls

_WHY_CHARACTERS: Final = 1000

T = TypeVar("T")


class Stopped(Exception):
    """Nobody wants any more what is being stored."""


class Storing:
    """One way to the platform; a thread of its own goes it.

    Args:
        staging: a folder of our own on the job's disk, where parts lie until they are stored.
        send: sends a call for as long as that may help, and the event is not set.
        numbers: of the reports of one attempt, whichever way they go.
    """

    def __init__(
        self,
        spec: AttemptSpec,
        *,
        staging: Path,
        send: Callable[[Call[Any], threading.Event], Any],
        numbers: "itertools.count[int]",
    ) -> None:
        self._spec = spec
        self._staging = staging
        self._send = send
        self._numbers = numbers
        self._touching = threading.Lock()
        self.closing = threading.Event()

    def close(self) -> None:
        """Touch no file any more. What is being sent may still arrive. Idempotent."""
        self.closing.set()
        with self._touching:
            pass

    def require_open(self) -> None:
        """Go on only where somebody wants that.

        Raises:
            Stopped: nobody does.
        """
        if self.closing.is_set():
            raise Stopped

    @contextmanager
    def touching(self) -> Iterator[None]:
        """Whoever closes this waits until the block, which reads the job's files, is over.

        Raises:
            Stopped: it is closed.
        """
        with self._touching:
            self.require_open()
            yield

    @contextmanager
    def emptied(self) -> Iterator[None]:
        """As `touching`, with nothing staged to begin with."""
        with self.touching():
            for left in self._staging.iterdir():
                left.unlink()
            yield

    def upload(self, sha256: str, *, is_held: bool) -> None:
        """Have the platform hold a part, which it may hold already, and stage it no longer.

        Raises:
            Stopped: nobody wants it any more.
            QubixError: the platform is away for good, or refuses it.
        """
        self.require_open()
        part = self._staging / sha256
        if not is_held and not self.send(calls.has_blob(self._spec, sha256)):
            self.send(calls.put_blob(self._spec, sha256, part))
        with self._touching:
            if not self.closing.is_set():
                part.unlink(missing_ok=True)

    def report(self, files: list[CheckpointFile], *, began: float, is_snapshot: bool = False) -> None:
        """Say that all parts of these files are held; they were as they are at `began`, on the monotonic clock.

        Raises:
            QubixError: as by `upload`.
        """
        age = max(0.0, time.monotonic() - began)
        # One that nobody knows to have arrived had its number too.
        report = CheckpointReport(number=next(self._numbers), age_seconds=age, files=files, snapshot=is_snapshot)
        self.send(calls.checkpoint(self._spec, report))

    def report_no_snapshot(self, why: str, *, began: float) -> None:
        """Say why there is no snapshot, which was begun at `began` on the monotonic clock.

        Raises:
            Stopped, QubixError: as by `upload`.
        """
        self.require_open()
        age = max(0.0, time.monotonic() - began)
        self.send(calls.snapshot_failed(self._spec, SnapshotFailure(age_seconds=age, why=why[:_WHY_CHARACTERS])))

    def send(self, call: Call[T]) -> T:
        """The answer to a call.

        Raises:
            QubixError: the platform is away for good, or refuses it.
        """
        answer: T = self._send(call, self.closing)
        return answer
