"""The folders of one job on the host's disk, and safe ways to look into what untrusted code left there."""

import contextlib
import os
import shutil
import stat
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from qubix_agent.sandbox.errors import SandboxFailed

# Deeper trees are a way to make walking expensive and paths too long, not a way to keep results.
MAX_DEPTH: Final = 64
# An empty file costs the disk an inode; counting it as nothing would let a job make millions of them.
_ENTRY_COST: Final = 512
_PROGRESS_BYTES: Final = 64


class TooDeep(Exception):
    """A folder lies deeper than `MAX_DEPTH`, or under a path too long to be opened."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file that a job left, safe to open: no link is followed on the way to it."""

    path: Path
    relative: str
    size: int

    def open(self) -> BinaryIO:
        """Open for reading.

        Raises:
            OSError: the file was replaced by something else since it was found.
        """
        descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(f"{self.relative} is no longer a regular file")
        return os.fdopen(descriptor, "rb")


@dataclass(frozen=True, slots=True)
class Workspace:
    """`job` is the work folder (the bundle is unpacked there), `output` what is uploaded at the end, `checkpoint`
    what a successor resumes from, `progress` the file that `qubix.progress()` writes."""

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
    def staging(self) -> Path:
        """Where the agent copies checkpoints to, out of the job's sight."""
        return self.root / "staging"

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
            for folder in (*self.folders, self.staging):
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
        """Give everything in it to the job's own user. Only before the job starts: it trusts the tree."""
        os.chown(self.progress, uid, uid)
        for top in self.folders:
            for folder, _, names in os.walk(top):
                os.chown(folder, uid, uid)
                for name in names:
                    os.lchown(Path(folder) / name, uid, uid)

    def disk_bytes(self) -> int:
        """What the job keeps on the disk, hard links counted once.

        Raises:
            TooDeep: part of it cannot be looked into.
        """
        return disk_bytes(self.kept)

    def read_progress(self) -> str:
        """What the job last wrote to its progress file, "" before the first time."""
        # O_NOFOLLOW and O_NONBLOCK: where agent and job share a user, the file may have become a link or a pipe.
        descriptor = os.open(self.progress, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return os.read(descriptor, _PROGRESS_BYTES).decode("utf-8", errors="replace").strip()
        finally:
            os.close(descriptor)

    def output_files(self) -> Iterator[FoundFile]:
        """Every regular file that the job left in its output, once it has ended, in a stable order.

        Raises:
            TooDeep: folders are nested deeper than `MAX_DEPTH`.
        """
        return iter_files(self.output)

    def remove(self) -> None:
        """Remove everything, however hard the job made it. Idempotent.

        Raises:
            SandboxFailed: something is left.
        """
        remove_tree(self.root)


def iter_files(folder: Path) -> Iterator[FoundFile]:
    """Every regular file below a folder of a job that has ended, in a stable order; links are not followed.

    Raises:
        TooDeep: folders are nested deeper than `MAX_DEPTH`.
    """
    yield from _iter_files(folder, "", 0)


def _iter_files(folder: Path, prefix: str, depth: int) -> Iterator[FoundFile]:
    if depth > MAX_DEPTH:
        raise TooDeep(prefix)
    with os.scandir(folder) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        relative = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _iter_files(Path(entry.path), relative + "/", depth + 1)
        elif entry.is_file(follow_symlinks=False):
            yield FoundFile(Path(entry.path), relative, entry.stat(follow_symlinks=False).st_size)


def disk_bytes(places: Iterable[Path]) -> int:
    """What these files and folders of one disk take, hard links counted once, every entry at least by its own cost.

    Raises:
        TooDeep: part of it cannot be looked into.
    """
    seen: set[int] = set()
    return sum(_folder_bytes(place, seen, 0) if place.is_dir() else _file_bytes(place) for place in places)


def _file_bytes(path: Path) -> int:
    return path.lstat().st_blocks * 512


def _folder_bytes(folder: Path | str, seen: set[int], depth: int) -> int:
    if depth > MAX_DEPTH:
        raise TooDeep(str(folder))
    total = 0
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                # The job works on the tree while it is walked: what vanishes between two looks takes no space.
                with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                    status = entry.stat(follow_symlinks=False)
                    if status.st_nlink > 1 and not stat.S_ISDIR(status.st_mode):
                        if status.st_ino in seen:
                            continue
                        seen.add(status.st_ino)
                    total += _ENTRY_COST + status.st_blocks * 512
                    if stat.S_ISDIR(status.st_mode):
                        total += _folder_bytes(entry.path, seen, depth + 1)
    except OSError as error:
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            return total
        raise TooDeep(str(error)) from error
    return total


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
