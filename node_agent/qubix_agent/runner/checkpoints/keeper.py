"""Takes checkpoints of a running job and stores them, in a thread of its own, so that nothing holds the job up."""

import itertools
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from qubix.calls import Call
from qubix.errors import QubixError
from qubix.schemas.attempts import AttemptSpec
from qubix.schemas.checkpoints import MAX_CHECKPOINT_BYTES, RestorableCheckpoint
from qubix_agent.runner.checkpoints.capture import Capture, Capturing, NotTaken, Taken, Unsettled
from qubix_agent.runner.checkpoints.snapshot import Snapshots
from qubix_agent.runner.checkpoints.snapshot_keeper import SnapshotKeeper
from qubix_agent.runner.checkpoints.storing import Stopped, Storing
from qubix_agent.runner.checkpoints.timing import CheckpointTiming, Prompts
from qubix_agent.runner.delivery import NO_LONGER_OURS, PASSING

_log = logging.getLogger(__name__)
_BILLION: Final = 10**9
_BUSY: Final = (
    "files in $QUBIX_CHECKPOINT change all the time. Write a file under another name and rename it, or save by "
    "qubix.checkpoint(), which does"
)
_HALF_WRITTEN: Final = "a file in $QUBIX_CHECKPOINT was being written when the job was stopped"


@dataclass(frozen=True, kw_only=True)
class Keeping:
    """What a keeper works with.

    Attributes:
        folder: the job's checkpoint folder.
        job: its work folder, which snapshots hold too.
        filled_at_ns: when it will have changed last, as its own time says, unless the job changes it.
        staging, snapshot_staging: folders of our own on the same disk, where parts of checkpoints and of snapshots lie
            until they are stored.
        send: sends a call for as long as that may help, and the event is not set.
        say: takes a line for the job's log.
        timing: how often to look and to take one.
        max_bytes: how large a checkpoint may be.
    """

    folder: Path
    job: Path
    filled_at_ns: int
    staging: Path
    snapshot_staging: Path
    send: Callable[[Call[Any], threading.Event], Any]
    say: Callable[[str], None]
    timing: CheckpointTiming
    max_bytes: int = MAX_CHECKPOINT_BYTES


class CheckpointKeeper:
    """Looks after one job's checkpoints from `start` until `close` or `finish`.

    Args:
        restored: the checkpoint that the job goes on from. What it holds is not sent again.
    """

    def __init__(self, spec: AttemptSpec, keeping: Keeping, *, restored: RestorableCheckpoint | None) -> None:
        self._spec = spec
        self._keeping = keeping
        self._known: Mapping[str, Taken] = {}
        self._stored = {file.path: file for file in restored.files} if restored is not None else {}
        self._failures = 0
        self._is_owed = False
        self._told: str | None = None
        self._lost = False
        self._prompts = Prompts(tried_at=time.monotonic() - keeping.timing.apart)
        self._seen = keeping.filled_at_ns
        self._lock = threading.Lock()
        self._first = threading.Lock()
        numbers = itertools.count(1)
        self._storing = Storing(spec, staging=keeping.staging, send=keeping.send, numbers=numbers)
        self._closing = self._storing.closing
        self._snapshots = self._keep_snapshots(numbers)
        self._thread = threading.Thread(target=self._run, name=f"checkpoint-{spec.attempt_id}", daemon=True)

    def start(self) -> None:
        """The job runs."""
        self._thread.start()
        self._snapshots.start()

    def request(self) -> None:
        """Take one soon. From any thread."""
        with self._lock:
            self._prompts.is_asked_for = True

    def request_snapshot(self) -> None:
        """Take a snapshot of the workspace soon. From any thread."""
        self._snapshots.request()

    def close(self) -> None:
        """Take no more, and touch no file any more. What is being sent may still arrive."""
        self._snapshots.close()
        self._storing.close()

    def finish(self, *, rested_at_ns: int | None) -> None:
        """The job has stopped, and is to go on elsewhere: take the last one, and wait until it is stored.

        Args:
            rested_at_ns: a file that changed after this may be half written; None where the job ended by itself.
        """
        self._snapshots.close()
        self._closing.set()
        self._thread.join()
        if not self._lost:
            self._closing.clear()
            self._checkpoint(rested_at_ns, is_asked_for=False, is_last=True)

    def _keep_snapshots(self, numbers: "itertools.count[int]") -> SnapshotKeeper:
        keeping, staging = self._keeping, self._keeping.snapshot_staging
        storing = Storing(self._spec, staging=staging, send=keeping.send, numbers=numbers)
        snapshots = Snapshots(
            job=keeping.job,
            checkpoint=keeping.folder,
            staging=staging,
            max_bytes=keeping.max_bytes,
            is_unwanted=storing.closing.is_set,
        )
        return SnapshotKeeper(
            self._spec,
            snapshots=snapshots,
            staging=staging,
            storing=storing,
            say=keeping.say,
            timing=keeping.timing,
            first=self._first,
        )

    def _run(self) -> None:
        timing = self._keeping.timing
        while not self._lost and not self._closing.wait(timing.look):
            now = time.monotonic()
            with self._lock:
                self._look(now)
                if now < self._prompts.due(timing):
                    continue
                is_asked_for = self._prompts.is_asked_for
                self._prompts.tried(now)
            rested_at_ns = time.time_ns() - int(timing.rest * _BILLION)
            if not self._checkpoint(rested_at_ns, is_asked_for=is_asked_for):
                pause = timing.pause_after(time.monotonic() - now)
                with self._lock:
                    self._is_owed |= is_asked_for
                    self._prompts.again_at = time.monotonic() + pause

    def _look(self, now: float) -> None:
        try:
            with self._storing.touching():
                # qubix.checkpoint() renames its file into the folder itself, which changes the folder.
                changed_at = self._keeping.folder.stat().st_mtime_ns
        except Stopped:
            return
        if changed_at != self._seen:
            self._seen = changed_at
            self._prompts.change(now)

    def _checkpoint(self, rested_at_ns: int | None, *, is_asked_for: bool, is_last: bool = False) -> bool:
        """Take and store one if there is anything new; False where that is to be tried again soon."""
        try:
            with self._first:
                capture = self._take(rested_at_ns)
                self._store(capture, is_asked_for=is_asked_for or self._is_owed)
        except Unsettled:
            self._failures += 1
            if not is_last and self._failures < self._keeping.timing.tries:
                return False
            self._tell(_HALF_WRITTEN if is_last else _BUSY)
        except NotTaken as why:
            self._tell(str(why))
        except Stopped:
            _log.info("a checkpoint of attempt %s was not finished", self._spec.attempt_id)
        except NO_LONGER_OURS as refused:
            _log.warning("no more checkpoints of attempt %s: %s", self._spec.attempt_id, refused)
            self._lost = True
        except PASSING as failed:
            self._tell(f"the platform could not take it ({failed.obstacle})")
        except QubixError as refused:
            self._tell(refused.message)
        except OSError as broken:
            if self._closing.is_set():
                return True  # the job's folders were removed under what was still being sent
            _log.warning("a checkpoint of attempt %s could not be read", self._spec.attempt_id, exc_info=True)
            self._tell(f"the machine could not copy its files ({broken.strerror or broken})")
        else:
            self._told = None
        self._failures = 0
        self._is_owed = False
        return True

    def _take(self, rested_at_ns: int | None) -> Capture:
        keeping = self._keeping
        capturing = Capturing(
            folder=keeping.folder,
            staging=keeping.staging,
            max_bytes=keeping.max_bytes,
            is_unwanted=self._closing.is_set,
        )
        held = frozenset(sha256 for file in self._stored.values() for sha256 in file.parts)
        with self._storing.emptied():
            return capturing.take(known=self._known, held=held, rested_at_ns=rested_at_ns)

    def _store(self, capture: Capture, *, is_asked_for: bool) -> None:
        files = {file.path: file for file in capture.files}
        if not files and is_asked_for:
            raise NotTaken("$QUBIX_CHECKPOINT is empty")
        if not files or (files == self._stored and not is_asked_for):
            return
        held = {sha256 for file in self._stored.values() for sha256 in file.parts}
        for sha256 in dict.fromkeys(sha256 for file in capture.files for sha256 in file.parts):
            self._storing.upload(sha256, is_held=sha256 in held)
        self._storing.report(capture.files, began=capture.began)
        self._stored = files
        # What is younger than the clock's own steps may have changed since without a trace.
        old_enough = time.time_ns() - _BILLION // 10
        self._known = {path: one for path, one in capture.taken.items() if one.signature[3] < old_enough}

    def _tell(self, why: str) -> None:
        """Say why there is no new checkpoint; the same thing once, until there was one again."""
        if why != self._told:
            self._told = why
            self._keeping.say(f"QUBIX: no checkpoint was taken: {why}.")
