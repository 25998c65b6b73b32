"""The folders of one job on the host's disk."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qubix_agent.sandbox.errors import SandboxFailed

_PROGRESS_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class Workspace:
    """`job` is the work folder, `output` what is uploaded at the end, `checkpoint` what a successor resumes from,
    `progress` the file that `qubix.progress()` writes.

    An interpreter may wait inside, and code of its packages with it, before the job's files come. So they are written
    to `incoming_job` and `incoming_checkpoint`, which nothing inside can see, and `fill` moves them at the start.
    """

    root: Path

    @property
    def job(self) -> Path:
        """`/job` inside."""
        return self.root / "job"

    @property
    def output(self) -> Path:
        """`$QUBIX_OUTPUT` inside."""
        return self.root / "output"

    @property
    def checkpoint(self) -> Path:
        """`$QUBIX_CHECKPOINT` inside."""
        return self.root / "checkpoint"

    @property
    def progress(self) -> Path:
        """`$QUBIX_PROGRESS` inside."""
        return self.root / "progress"

    @property
    def items(self) -> Path:
        """`$QUBIX_ITEMS` inside, where a worker of a group finds its runner's socket."""
        return self.root / "items"

    @property
    def incoming_job(self) -> Path:
        """What will lie in `job` when the job starts: the bundle is unpacked there."""
        return self.root / "incoming-job"

    @property
    def incoming_checkpoint(self) -> Path:
        """What will lie in `checkpoint` when the job starts."""
        return self.root / "incoming-checkpoint"

    @property
    def staging(self) -> Path:
        """Where the agent copies checkpoints to, out of the job's sight."""
        return self.root / "staging"

    @property
    def snapshot_staging(self) -> Path:
        """Where it copies snapshots to, which may take longer than the checkpoints beside them."""
        return self.root / "snapshot-staging"

    @property
    def folders(self) -> tuple[Path, Path, Path]:
        """The folders in which a job can keep files."""
        return self.job, self.output, self.checkpoint

    @property
    def kept(self) -> tuple[Path, ...]:
        """All that a job can write to on the disk."""
        return (*self.folders, self.progress)

    def make(self) -> None:
        """Make the folders, empty and closed to other users.

        Raises:
            SandboxFailed: the disk refuses.
        """
        try:
            self.root.mkdir(mode=0o700, parents=True)
            ours = (self.incoming_job, self.incoming_checkpoint, self.staging, self.snapshot_staging)
            for folder in (*self.folders, *ours):
                folder.mkdir(mode=0o700)
            self.progress.touch(mode=0o600)
        except OSError as error:
            raise SandboxFailed(
                asked=f"Making the job's folder {self.root}",
                obstacle=str(error),
                remedy="Free disk space, or give the agent a folder that it may write to.",
            ) from error

    def move_to(self, other: "Workspace") -> None:
        """Give the folders another place on the same disk.

        Raises:
            SandboxFailed: the disk refuses.
        """
        try:
            self.root.rename(other.root)
        except OSError as error:
            raise SandboxFailed(
                asked=f"Moving the job's folder to {other.root}",
                obstacle=str(error),
                remedy="Prepare another sandbox; the agent's log tells whether something removes its folders.",
            ) from error

    def hand_over(self, uid: int) -> None:
        """Give the folders to the job's own user. Only while nothing runs inside: it trusts the tree."""
        os.chown(self.progress, uid, uid)
        for top in self.folders:
            _give_tree(top, uid)

    def fill(self, uid: int | None) -> None:
        """Give the job what came for it, whatever runs inside by now.

        Args:
            uid: the job's own user, None where it has none.

        Raises:
            SandboxFailed: something inside stands in the way.
        """
        for incoming, folder in ((self.incoming_job, self.job), (self.incoming_checkpoint, self.checkpoint)):
            if uid is not None:
                _give_tree(incoming, uid)
            filled_at = incoming.stat().st_mtime_ns
            try:
                for path in incoming.iterdir():
                    path.rename(folder / path.name)
            except OSError as error:
                raise SandboxFailed(
                    asked=f"Putting the job's files into {folder}",
                    obstacle=str(error),
                    remedy="A package of the job's environment writes there before the job starts: leave it out.",
                ) from error
            # Who watches for changes of the folder must not take this for one.
            os.utime(folder, ns=(filled_at, filled_at))

    def read_progress(self) -> str:
        """What the job last wrote to its progress file, "" before the first time."""
        # O_NOFOLLOW and O_NONBLOCK: where agent and job share a user, the file may have become a link or a pipe.
        descriptor = os.open(self.progress, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return os.read(descriptor, _PROGRESS_BYTES).decode("utf-8", errors="replace").strip()
        finally:
            os.close(descriptor)

    def remove(self) -> None:
        """Remove everything, however hard the job made it. Idempotent.

        Raises:
            SandboxFailed: something is left.
        """
        remove_tree(self.root)


def _give_tree(top: Path, uid: int) -> None:
    for folder, _, names in os.walk(top):
        os.lchown(folder, uid, uid)
        for name in names:
            os.lchown(Path(folder) / name, uid, uid)


def remove_tree(root: Path) -> None:
    """Remove a tree that untrusted code wrote: any depth, any modes.

    Raises:
        SandboxFailed: something is left.
    """
    if not os.path.lexists(root):
        return
    try:
        shutil.rmtree(root)
    except (OSError, RecursionError):
        # Folders without permissions, or nested deeper than Python's stack: the system's tools cope with both.
        subprocess.run(["chmod", "-R", "u+rwX", "--", root], check=False, capture_output=True)
        left = subprocess.run(["rm", "-rf", "--one-file-system", "--", root], check=False, capture_output=True)
        if os.path.lexists(root):
            raise SandboxFailed(
                asked=f"Removing the job's folder {root}",
                obstacle=left.stderr.decode(errors="replace").strip()[-500:] or "something is left",
                remedy="Remove it by hand; the agent tries again at its next sweep.",
            ) from None
