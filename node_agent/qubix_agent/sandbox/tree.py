"""Safe ways to look into folders that untrusted code may be changing at this very moment.

A name says nothing about what lies under it a moment later: a folder can become a link out of the job's folders between
two looks. So every step goes from the open folder above it, and none follows a link.
"""

import contextlib
import errno
import itertools
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

# Deeper trees are a way to make walking expensive, not a way to keep results.
MAX_DEPTH: Final = 64
# Far more than anybody is told of, and few enough to be listed at once.
MAX_ENTRIES: Final = 100_000
# An empty file costs the disk an inode; counting it as nothing would let a job make millions of them.
_ENTRY_COST: Final = 512
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: a pipe of that name must not hold us up.
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_IS_SOMETHING_ELSE: Final = (errno.ELOOP, errno.ENOTDIR)


class TooDeep(Exception):
    """A folder lies deeper than `MAX_DEPTH`, or cannot be looked into."""


class TooMany(Exception):
    """There are more than `MAX_ENTRIES` files and folders."""


class WalkStopped(Exception):
    """Nobody wants to know any more."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file below a job's folder `root`, as it was when it was found."""

    root: Path
    relative: str
    size: int

    def open(self) -> BinaryIO:
        """Open for reading.

        Raises:
            FileNotFoundError: the file, or a folder on the way to it, is gone or something else by now.
            OSError: it cannot be read.
        """
        with _folder_above(self.root, self.relative) as (folder, name):
            descriptor = _open_as(name, _FILE, folder)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise _gone(self.relative)
        return os.fdopen(descriptor, "rb")

    def status(self) -> os.stat_result:
        """What lies at its place now.

        Raises:
            FileNotFoundError: nothing does, or a folder on the way to it is something else by now.
        """
        with _folder_above(self.root, self.relative) as (folder, name):
            return os.stat(name, dir_fd=folder, follow_symlinks=False)


def iter_files(root: Path) -> Iterator[FoundFile]:
    """Every regular file below a folder of a job, in a stable order; links are not followed.

    Raises:
        TooDeep: folders are nested deeper than `MAX_DEPTH`.
        TooMany: there are more than `MAX_ENTRIES` files and folders.
        FileNotFoundError: a folder went away while it was looked at.
        OSError: a folder cannot be read.
    """
    with _opened(root, None) as folder:
        yield from _Walk(root).files_in(folder, "", 0)


@dataclass(slots=True)
class _Walk:
    root: Path
    left: int = MAX_ENTRIES

    def files_in(self, folder: int, prefix: str, depth: int) -> Iterator[FoundFile]:
        if depth > MAX_DEPTH:
            raise TooDeep(prefix)
        with os.scandir(folder) as entries:
            ordered = sorted(itertools.islice(entries, self.left + 1), key=lambda entry: entry.name)
        self.left -= len(ordered)
        if self.left < 0:
            raise TooMany
        for entry in ordered:
            relative = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                with _opened(entry.name, folder) as below:
                    yield from self.files_in(below, relative + "/", depth + 1)
            elif entry.is_file(follow_symlinks=False):
                yield FoundFile(self.root, relative, entry.stat(follow_symlinks=False).st_size)


def create_file(root: Path, relative: str, *, replaces: bool) -> BinaryIO:
    """Create a file below a folder of a job, and the folders on the way to it.

    Args:
        root: the folder.
        relative: the file's path below it.
        replaces: whether a file or a link may be in its place, which is removed. A file's permissions are kept.

    Raises:
        FileExistsError: something is in its place, and may not be.
        IsADirectoryError: a folder is in its place.
        NotADirectoryError: a file or a link is on the way to it, or the path is none below the folder.
        OSError: it cannot be written.
    """
    *folders, name = relative.split("/")
    if not {"", ".", ".."}.isdisjoint((*folders, name)):
        raise NotADirectoryError(errno.ENOTDIR, "it is no path below the folder", relative)
    with contextlib.ExitStack() as way:
        folder = os.open(root, _FOLDER)
        way.callback(os.close, folder)
        for each in folders:
            with contextlib.suppress(FileExistsError):
                os.mkdir(each, dir_fd=folder)
            folder = os.open(each, _FOLDER, dir_fd=folder)
            way.callback(os.close, folder)
        mode = _remove(name, folder) if replaces else None
        created = os.open(name, _NEW_FILE, 0o666, dir_fd=folder)
        if mode is not None:
            os.fchmod(created, mode)
        return os.fdopen(created, "wb")


def _remove(name: str, folder: int) -> int | None:
    """Remove a file or a link; a file's permissions."""
    try:
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return None
    return mode & 0o777 if stat.S_ISREG(mode) else None


def disk_bytes(places: Iterable[Path], *, is_unwanted: Callable[[], bool] = lambda: False) -> int:
    """What these files and folders of one disk take, hard links counted once, every entry at least by its own cost.

    Args:
        places: the files and folders.
        is_unwanted: asked at every entry; says that the answer is of no use any more.

    Raises:
        TooDeep: part of it cannot be looked into.
        WalkStopped: `is_unwanted` said so.
    """
    seen: set[int] = set()
    total = 0
    for place in places:
        status = place.lstat()
        if stat.S_ISDIR(status.st_mode):
            with _opened(place, None) as folder:
                total += _bytes_in(folder, seen, 0, is_unwanted)
        else:
            total += status.st_blocks * 512
    return total


def _bytes_in(folder: int, seen: set[int], depth: int, is_unwanted: Callable[[], bool]) -> int:
    if depth > MAX_DEPTH:
        raise TooDeep(f"folders are nested more than {MAX_DEPTH} deep")
    total = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_unwanted():
                raise WalkStopped
            # The job works on the tree while it is walked: what vanishes between two looks takes no space.
            with contextlib.suppress(FileNotFoundError):
                status = entry.stat(follow_symlinks=False)
                is_folder = stat.S_ISDIR(status.st_mode)
                if status.st_nlink > 1 and not is_folder:
                    if status.st_ino in seen:
                        continue
                    seen.add(status.st_ino)
                total += _ENTRY_COST + status.st_blocks * 512
                if is_folder:
                    total += _bytes_below(entry.name, folder, seen, depth + 1, is_unwanted)
    return total


def _bytes_below(name: str, above: int, seen: set[int], depth: int, is_unwanted: Callable[[], bool]) -> int:
    try:
        with _opened(name, above) as folder:
            return _bytes_in(folder, seen, depth, is_unwanted)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise TooDeep(str(error)) from error


@contextlib.contextmanager
def _folder_above(root: Path, relative: str) -> Iterator[tuple[int, str]]:
    """The open folder in which a file lies, and the file's name there."""
    *folders, name = relative.split("/")
    with contextlib.ExitStack() as way:
        folder = way.enter_context(_opened(root, None))
        for each in folders:
            folder = way.enter_context(_opened(each, folder))
        yield folder, name


@contextlib.contextmanager
def _opened(name: str | Path, above: int | None) -> Iterator[int]:
    descriptor = _open_as(name, _FOLDER, above)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open_as(name: str | Path, flags: int, above: int | None) -> int:
    try:
        return os.open(name, flags, dir_fd=above)
    except OSError as error:
        if error.errno in _IS_SOMETHING_ELSE:
            raise _gone(str(name)) from error
        raise


def _gone(name: str) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, "it was replaced while it was looked at", name)
