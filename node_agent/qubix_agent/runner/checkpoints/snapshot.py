"""A snapshot of a job's workspace: its work folder and its checkpoint folder, as they are while it runs on."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from qubix.schemas.checkpoints import (
    MAX_CHECKPOINT_FILES,
    SNAPSHOT_OF_CHECKPOINT,
    SNAPSHOT_OF_JOB,
    CheckpointFile,
)
from qubix_agent.runner.checkpoints.capture import Capture, Capturing, NotTaken, Taken

_YOUNG_NS: Final = 100_000_000


@dataclass(kw_only=True)
class Snapshots:
    """Takes snapshots, each file as it is when it is read.

    A file that changes meanwhile is no reason for a checkpoint's patience: others of the workspace may always change.

    Attributes:
        job: the work folder.
        checkpoint: the checkpoint folder.
        staging: gets the parts that are new since the last snapshot, each named by its digest.
        max_bytes: how large one may be.
        is_unwanted: asked between reads.
    """

    job: Path
    checkpoint: Path
    staging: Path
    max_bytes: int
    is_unwanted: Callable[[], bool]
    _known: Mapping[str, Mapping[str, Taken]] = field(default_factory=dict)
    _taken: Mapping[str, Mapping[str, Taken]] = field(default_factory=dict)
    _held: frozenset[str] = frozenset()

    def take(self) -> tuple[float, list[CheckpointFile]]:
        """When it was begun, on the monotonic clock, and the files, by the folder that they are of.

        Raises:
            Unsettled: a file was written to while it was read. Try again in a moment.
            NotTaken: they are too many or too large, or have names that cannot be kept, or there is none.
        """
        captures: dict[str, Capture] = {}
        left = self.max_bytes
        for prefix, folder in ((SNAPSHOT_OF_JOB, self.job), (SNAPSHOT_OF_CHECKPOINT, self.checkpoint)):
            capturing = Capturing(folder=folder, staging=self.staging, max_bytes=left, is_unwanted=self.is_unwanted)
            known = self._known.get(prefix, {})
            captures[prefix] = capturing.take(known=known, held=self._held, rested_at_ns=None)
            left -= sum(file.size for file in captures[prefix].files)
        files = [
            file.model_copy(update={"path": f"{prefix}{file.path}"})
            for prefix, capture in captures.items()
            for file in capture.files
        ]
        if not files:
            raise NotTaken("the work folder is empty")
        if len(files) > MAX_CHECKPOINT_FILES:
            raise NotTaken(f"it holds more than {MAX_CHECKPOINT_FILES} files: pack them into fewer")
        self._taken = {prefix: capture.taken for prefix, capture in captures.items()}
        return min(capture.began for capture in captures.values()), files

    def stored(self) -> None:
        """The last one is kept by the platform: what it holds is not read, and not sent, again."""
        self._held = frozenset(
            sha256 for taken in self._taken.values() for one in taken.values() for sha256 in one.file.parts
        )
        # What is younger than the clock's own steps may have changed since without a trace.
        old_enough = time.time_ns() - _YOUNG_NS
        self._known = {
            prefix: {path: one for path, one in taken.items() if one.signature[3] < old_enough}
            for prefix, taken in self._taken.items()
        }

    def forget(self) -> None:
        """What the platform keeps is not known: the next one is read and sent whole."""
        self._known, self._held = {}, frozenset()
