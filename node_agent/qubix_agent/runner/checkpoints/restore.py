"""Putting a checkpoint's files in place before the job begins; where one is damaged, the one before it."""

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qubix.errors import InternalError, InvalidRequest, NotFound
from qubix.schemas.checkpoints import (
    SNAPSHOT_OF_CHECKPOINT,
    SNAPSHOT_OF_JOB,
    CheckpointFile,
    RestorableCheckpoint,
)
from qubix_agent.runner.delivery import AWAY
from qubix_agent.sandbox.tree import create_file

_COPY_BYTES = 1 << 20


class Unusable(Exception):
    """A checkpoint cannot be restored; the argument says why."""


@dataclass(frozen=True, kw_only=True)
class Restoring:
    """How to restore.

    Attributes:
        folder: the job's checkpoint folder, empty as yet.
        staging: a folder of our own on the same disk.
        max_bytes: what the job may keep on the disk.
        fetch: puts a blob's content into a file, whole; gives up after a moment.
        await_platform: returns once the platform answers at all.
        say: takes a line for the job's log.
    """

    folder: Path
    staging: Path
    max_bytes: int
    fetch: Callable[[str, Path], None]
    await_platform: Callable[[], None]
    say: Callable[[str], None]

    def newest(self, checkpoints: list[RestorableCheckpoint]) -> RestorableCheckpoint | None:
        """Restore the first of these that can be, and say of each other why not.

        Raises:
            QubixError: the platform is away for good, or the attempt is no longer ours.
            OSError: the disk refuses.
        """
        for checkpoint in checkpoints:
            whose = f"of attempt {checkpoint.attempt}" if checkpoint.attempt else "that the job was given"
            named = f"the checkpoint {whose} from {checkpoint.taken_at:%Y-%m-%d %H:%M:%S} UTC"
            try:
                self._restore(checkpoint)
            except Unusable as why:
                self.say(f"{named.capitalize()} cannot be used: {why}.")
                self._empty()
            else:
                self.say(f"Going on from {named}.")
                return checkpoint
        if checkpoints:
            self.say("No checkpoint can be used: the job begins from its start.")
        return None

    def overlay(self, snapshot: RestorableCheckpoint, *, job: Path, has_checkpoint: bool) -> None:
        """Put a snapshot's files in place, over what the job's bundle holds.

        Args:
            snapshot: of the workspace of the job that this one was cloned from.
            job: what the work folder begins with.
            has_checkpoint: whether the job goes on from a checkpoint of its own, which counts instead of the older one.

        Raises:
            InvalidRequest: it cannot be restored, so that the job cannot begin as it was asked for.
            OSError: the disk refuses.
        """
        folders = {SNAPSHOT_OF_JOB: job} | ({} if has_checkpoint else {SNAPSHOT_OF_CHECKPOINT: self.folder})
        try:
            self._check_size(snapshot)
            for prefix, folder in folders.items():
                chosen = [file for file in snapshot.files if file.path.startswith(prefix)]
                uses = Counter(sha256 for file in chosen for sha256 in file.parts)
                for file in chosen:
                    self._write(folder, file.path.removeprefix(prefix), file, uses, replaces=True)
        except Unusable as why:
            raise InvalidRequest(
                asked="Putting the files of the snapshot in place",
                obstacle=str(why),
                remedy="Clone the job from another snapshot, or from its start.",
            ) from why
        self.say(f"Beginning with the workspace of {snapshot.taken_at:%Y-%m-%d %H:%M:%S} UTC.")

    def stage_next(self, checkpoint: RestorableCheckpoint) -> bool:
        """Fetch the next part that is not here yet, so that there is less to do when it is restored, and drop others.

        Returns:
            Whether there was one; False also where it cannot be had now.
        """
        wanted = [sha256 for file in checkpoint.files for sha256 in file.parts]
        for left in self.staging.iterdir():
            if left.name not in wanted:
                left.unlink()
        if sum(file.size for file in checkpoint.files) > self.max_bytes:
            return False
        missing = next((sha256 for sha256 in wanted if not (self.staging / sha256).exists()), None)
        if missing is None:
            return False
        try:
            self.fetch(missing, self.staging / missing)
        except (NotFound, InternalError, *AWAY):  # whoever restores it looks again, and says so
            (self.staging / missing).unlink(missing_ok=True)
            return False
        return True

    def _restore(self, checkpoint: RestorableCheckpoint) -> None:
        self._check_size(checkpoint)
        uses = Counter(sha256 for file in checkpoint.files for sha256 in file.parts)
        for file in checkpoint.files:
            self._write(self.folder, file.path, file, uses, replaces=False)

    def _check_size(self, checkpoint: RestorableCheckpoint) -> None:
        size = sum(file.size for file in checkpoint.files)
        if size > self.max_bytes:
            raise Unusable(f"its {size >> 20} MiB are more than the job may keep on the disk")

    def _write(self, folder: Path, relative: str, file: CheckpointFile, uses: Counter[str], *, replaces: bool) -> None:
        try:
            created = create_file(folder, relative, replaces=replaces)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise Unusable(f"{file.path!r} cannot be placed where a file, a folder or a link is already") from None
        with created as whole:
            for sha256 in file.parts:
                part = self._fetched(sha256)
                with part.open("rb") as content:
                    shutil.copyfileobj(content, whole, _COPY_BYTES)
                uses[sha256] -= 1
                if uses[sha256] == 0:
                    part.unlink()
            if whole.tell() != file.size:
                raise Unusable(f"{file.path!r} is not as large as it was")

    def _fetched(self, sha256: str) -> Path:
        part = self.staging / sha256
        if not part.exists():
            try:
                self._fetch(sha256, part)
            except NotFound:
                raise Unusable("a part of it is gone") from None
            except InternalError:
                raise Unusable("a part of it is damaged") from None
        return part

    def _fetch(self, sha256: str, part: Path) -> None:
        try:
            self.fetch(sha256, part)
        except AWAY:
            # A content that breaks off looks like a platform that went away: ask whether it is there at all.
            self.await_platform()
            try:
                self.fetch(sha256, part)
            except AWAY:
                raise Unusable("a part of it breaks off") from None

    def _empty(self) -> None:
        for left in (*self.folder.iterdir(), *self.staging.iterdir()):
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left)
            else:
                left.unlink()
