"""Bundles: fetched once by content, kept, and unpacked with distrust."""

import contextlib
import errno
import fcntl
import os
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from qubix.errors import InvalidRequest
from qubix_agent.runner.delivery import require_wanted

MAX_MEMBERS: Final = 100_000
CACHE_BYTES: Final = 20 << 30
_CHUNK: Final = 1 << 20
_LOOK_SECONDS: Final = 0.1
# What the names in an archive bring about, on whichever machine it is unpacked.
_ITS_OWN_FAULT: Final = (errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP)


class BundleRefused(InvalidRequest):
    """The bundle holds what no job may bring."""

    code = "bundle_refused"


@dataclass(frozen=True, slots=True)
class BundleCache:
    """Bundles by their SHA-256, the least recently used removed when they take too much space."""

    folder: Path
    limit_bytes: int = CACHE_BYTES

    def path(self, sha256: str) -> Path:
        """Where the bundle lies once it is here."""
        return self.folder / f"{sha256}.tar.gz"

    @contextlib.contextmanager
    def opened(self, sha256: str, *, fetch: Callable[[Path], object], unwanted: threading.Event) -> Iterator[BinaryIO]:
        """The bundle, open for reading. Whoever wants one that somebody else fetches waits for that, and no longer.

        Args:
            sha256: its digest.
            fetch: puts it into its place, whole, if it is not here.
            unwanted: ends the waiting.

        Raises:
            NoLongerWanted: `unwanted` was set.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = self.path(sha256)
        lock = self._lock(sha256, unwanted)
        try:
            if not place.exists():
                fetch(place)
            os.utime(place)
            # Once open it stays readable to us, even if it has to make room for others.
            file = place.open("rb")
        finally:
            os.close(lock)
        with file:
            self.trim(keep=sha256)
            yield file

    def trim(self, *, keep: str | None = None) -> None:
        """Remove what killed fetches left, and the least recently used bundles until the rest is within the limit."""
        for partial in self.folder.glob(".*.part"):
            self._remove_unused(partial.name.lstrip(".").partition(".")[0], partial)
        total = 0
        for _, size, sha256 in sorted(self._held(), reverse=True):
            total += size
            if total > self.limit_bytes and sha256 != keep:
                self._remove_unused(sha256, self.path(sha256))

    def _held(self) -> Iterator[tuple[float, int, str]]:
        """When each bundle was used last, its size and its digest."""
        for path in self.folder.glob("*.tar.gz"):
            with contextlib.suppress(FileNotFoundError):  # somebody else made room meanwhile
                status = path.stat()
                yield status.st_mtime, status.st_size, path.name.removesuffix(".tar.gz")

    def _lock_path(self, sha256: str) -> Path:
        return self.folder / f"{sha256}.lock"

    def _lock(self, sha256: str, unwanted: threading.Event) -> int:
        while (lock := self._try_lock(sha256)) is None:
            unwanted.wait(_LOOK_SECONDS)
            require_wanted(unwanted)
        return lock

    def _try_lock(self, sha256: str) -> int | None:
        """The open lock of a bundle, None where somebody holds it, or removed it just now."""
        path = self._lock_path(sha256)
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(lock), path.stat()):
                return lock
        except (BlockingIOError, FileNotFoundError):
            pass
        os.close(lock)
        return None

    def _remove_unused(self, sha256: str, path: Path) -> None:
        if (lock := self._try_lock(sha256)) is not None:
            try:
                path.unlink(missing_ok=True)
                self._lock_path(sha256).unlink(missing_ok=True)
            finally:
                os.close(lock)


def unpack(bundle: BinaryIO, *, into: Path, max_bytes: int, unwanted: threading.Event) -> None:
    """Unpack a bundle into a folder of its own.

    Only files, folders and links that stay inside are taken; owners and special permissions are not.

    Args:
        bundle: the archive, open for reading.
        into: the folder.
        max_bytes: the most that its files may take together.
        unwanted: ends it early.

    Raises:
        BundleRefused: it is no tar.gz, holds something else, leads out of the folder, or is too large.
        NoLongerWanted: `unwanted` was set.
        OSError: the disk refuses.
    """
    try:
        with tarfile.open(fileobj=bundle, mode="r:gz") as archive:
            _extract(archive, _Unpacking(into, max_bytes, unwanted))
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in _ITS_OWN_FAULT:
            obstacle = f"its names do not go together ({error.strerror}: {Path(error.filename or '').name[:200]!r})"
            raise _refused(obstacle, "Let no name stand for both a file and a folder, and none be too long.") from error
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _refused("it is not a whole tar.gz archive", "Upload it again.") from error
    except RuntimeError as error:
        raise _refused("its links lead round in a circle", "Leave them out.") from error


@dataclass(frozen=True, slots=True)
class _Unpacking:
    into: Path
    max_bytes: int
    unwanted: threading.Event


def _extract(archive: tarfile.TarFile, unpacking: _Unpacking) -> None:
    into, left = unpacking.into, unpacking.max_bytes
    for number, member in enumerate(archive):
        require_wanted(unpacking.unwanted)
        if number >= MAX_MEMBERS:
            raise _refused(f"it holds more than {MAX_MEMBERS} files", "Leave out what the job does not need.")
        target = into / _safe_name(member.name)
        if member.isdir():
            _inside(target, into).mkdir(mode=0o755, parents=True, exist_ok=True)
        elif member.isreg():
            left -= max(member.size, 1)
            if left < 0:
                raise _refused(
                    f"its files take more than {unpacking.max_bytes >> 20} MiB",
                    "Ask for more disk, or leave something out.",
                )
            _write(archive, member, _inside(target, into), unpacking.unwanted)
        elif member.issym():
            _link(member, _inside(target, into), into)
        else:
            raise _refused(f"{member.name!r} is neither a file, a folder nor a link to one", "Leave it out.")


def _safe_name(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name:
        raise _refused(f"{name!r} leads out of the job's folder", "Use paths below the bundle's root.")
    return path


def _inside(target: Path, into: Path) -> Path:
    """The target, once its folder exists and was found to be inside: an earlier member may have been a link."""
    folder = target.parent
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    if not folder.resolve().is_relative_to(into.resolve()):
        raise _refused(f"{target.name!r} lies behind a link that leads out", "Leave the link out.")
    if target.is_symlink():
        target.unlink()
    return target


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path, unwanted: threading.Event) -> None:
    source = archive.extractfile(member)
    if source is None:
        raise _refused(f"{member.name!r} has no content", "Upload it again.")
    with source, target.open("wb") as file:
        while chunk := source.read(_CHUNK):
            require_wanted(unwanted)
            file.write(chunk)
    target.chmod(0o755 if member.mode & 0o100 else 0o644)


def _link(member: tarfile.TarInfo, target: Path, into: Path) -> None:
    root, pointed = into.resolve(), target.parent.resolve()
    parts = PurePosixPath(member.linkname).parts
    for number, part in enumerate(parts, start=1):
        pointed = pointed.parent if part == ".." else pointed / part
        if not pointed.is_relative_to(root):
            raise _refused(f"the link {member.name!r} leads out of the job's folder", "Leave it out.")
        # Above a link is not where its name says, and a later member may put one where there is none yet.
        if ".." in parts[number:] and (pointed.is_symlink() or not pointed.is_dir()):
            raise _refused(
                f"'..' in the link {member.name!r} comes after what is no folder", "Let it lead there directly."
            )
    target.symlink_to(member.linkname)


def _refused(obstacle: str, remedy: str) -> BundleRefused:
    return BundleRefused(asked="Unpacking the job's bundle", obstacle=obstacle, remedy=remedy)
