"""Takes the snapshots that a job's owner asks for, in a thread of its own, so that no checkpoint waits for one."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from qubix.errors import QubixError, SnapshotRefused
from qubix.schemas.attempts import AttemptSpec
from qubix_agent.runner.checkpoints.capture import NotTaken, Unsettled
from qubix_agent.runner.checkpoints.snapshot import Snapshots
from qubix_agent.runner.checkpoints.storing import Stopped, Storing
from qubix_agent.runner.checkpoints.timing import CheckpointTiming
from qubix_agent.runner.delivery import NO_LONGER_OURS

_log = logging.getLogger(__name__)


class SnapshotKeeper:
    """Looks after one job's snapshots from `start` until `close`.

    Args:
        snapshots: takes them.
        staging: where it puts the parts.
        storing: the way that they go.
        say: takes a line for the job's log.
        timing: how often to try again.
        first: held by whoever stores a checkpoint, which a snapshot lets go first.
    """

    def __init__(
        self,
        spec: AttemptSpec,
        *,
        snapshots: Snapshots,
        staging: Path,
        storing: Storing,
        say: Callable[[str], None],
        timing: CheckpointTiming,
        first: threading.Lock,
    ) -> None:
        self._attempt_id = spec.attempt_id
        self._snapshots = snapshots
        self._staging = staging
        self._storing = storing
        self._say = say
        self._timing = timing
        self._first = first
        self._wanted = threading.Event()
        self._again_at = 0.0
        self._failures = 0
        self._told: str | None = None
        self._lost = False
        self._thread = threading.Thread(target=self._run, name=f"snapshot-{spec.attempt_id}", daemon=True)

    def start(self) -> None:
        """The job runs."""
        self._thread.start()

    def request(self) -> None:
        """Take one soon. From any thread."""
        self._wanted.set()

    def close(self) -> None:
        """Take no more, and touch no file any more. What is being sent may still arrive. Idempotent."""
        self._storing.close()
        self._wanted.set()

    def _run(self) -> None:
        while not self._lost and not self._storing.closing.is_set():
            self._wanted.wait()
            if not self._storing.closing.wait(max(0.0, self._again_at - time.monotonic())):
                self._take()

    def _take(self) -> None:
        """Take and store one. Where there is none, and it is still wanted, the platform asks again."""
        began = time.monotonic()
        why: str | None = None
        try:
            self._store()
        except Unsettled:
            self._failures += 1
            why = "its files change all the time" if self._failures >= self._timing.tries else None
        except Stopped:
            _log.info("a snapshot of attempt %s was not finished", self._attempt_id)
        except NO_LONGER_OURS as refused:
            _log.warning("no snapshot of attempt %s: %s", self._attempt_id, refused)
            self._lost = True
        except SnapshotRefused as refused:
            _log.info("a snapshot of attempt %s is not wanted: %s", self._attempt_id, refused)
            self._clear_away()
        except (NotTaken, QubixError) as refused:
            self._snapshots.forget()
            why = str(refused)
        except OSError as broken:
            if not self._storing.closing.is_set():  # else the job's folders were removed under what was being sent
                why = f"the machine failed ({broken.strerror or broken})"
        else:
            self._failures, self._told = 0, None
        # Whoever reported meanwhile was asked for the one that is stored by now.
        self._wanted.clear()
        self._again_at = time.monotonic() + self._timing.pause_after(time.monotonic() - began)
        if why is not None:
            self._give_up(why, began=began)

    def _store(self) -> None:
        with self._storing.emptied():
            began, files = self._snapshots.take()
        for part in sorted(path.name for path in self._staging.iterdir()):
            with self._first:  # the machine may be about to leave, with time for the checkpoint alone
                pass
            self._storing.upload(part, is_held=False)
        self._storing.report(files, began=began, is_snapshot=True)
        self._snapshots.stored()

    def _give_up(self, why: str, *, began: float) -> None:
        """Say why there is none: in the job's log the same thing once, and to whoever waits for it."""
        self._failures = 0
        if why != self._told:
            self._told = why
            self._say(f"QUBIX: no snapshot was taken: {why}.")
        self._clear_away()
        try:
            self._storing.report_no_snapshot(why, began=began)
            # Whoever reported meanwhile was asked for the one that there is not.
            self._wanted.clear()
        except Stopped:
            _log.info("attempt %s ended before it could tell that it took no snapshot", self._attempt_id)
        except QubixError as refused:
            # The platform goes on asking: look only now and then whether that changed.
            self._again_at = time.monotonic() + self._timing.every
            _log.warning("nobody could be told that attempt %s took no snapshot: %s", self._attempt_id, refused)

    def _clear_away(self) -> None:
        """What was staged for nothing is not to take the provider's disk."""
        try:
            with self._storing.emptied():
                pass
        except (Stopped, OSError) as left:
            _log.info("what attempt %s staged stays until it ends: %r", self._attempt_id, left)
