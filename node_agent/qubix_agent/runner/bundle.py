"""Bundles: fetched once by content, kept, and unpacked with distrust."""

import contextlib
import fcntl
import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from qubix.errors import InvalidRequest

MAX_MEMBERS: Final = 100_000
CACHE_BYTES: Final = 20 << 30
_CHUNK: Final = 1 << 20


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
    def locked(self, sha256: str) -> Iterator[Path]:
        """Its place, while nobody else on this machine fetches it. The caller puts it there if it is missing."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self.folder / f"{sha256}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self.path(sha256)
        finally:
            os.close(lock)

    def used(self, sha256: str) -> None:
        """Note that it was used just now, and make room if the cache is over its limit."""
        os.utime(self.path(sha256))
        self.trim(keep=sha256)

    def trim(self, *, keep: str | None = None) -> None:
        """Remove the least recently used bundles until the rest is within the limit."""
        bundles = sorted(
            ((path.stat().st_mtime, path.stat().st_size, path) for path in self.folder.glob("*.tar.gz")), reverse=True
        )
        total = 0
        for _, size, path in bundles:
            total += size
            if total > self.limit_bytes and path != (keep and self.path(keep)):
                # An open bundle stays readable to whoever unpacks it now.
                path.unlink(missing_ok=True)
                path.with_name(path.name.removesuffix(".tar.gz") + ".lock").unlink(missing_ok=True)


def unpack(bundle: Path, *, into: Path, max_bytes: int) -> None:
    """Unpack a bundle into a folder of its own.

    Only files, folders and links that stay inside are taken; owners and special permissions are not.

    Args:
        max_bytes: the most that its files may take together.

    Raises:
        BundleRefused: it is no tar.gz, holds something else, leads out of the folder, or is too large.
    """
    try:
        with tarfile.open(bundle, "r:gz") as archive:
            _extract(archive, into, max_bytes)
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _refused("it is not a whole tar.gz archive", "Upload it again.") from error


def _extract(archive: tarfile.TarFile, into: Path, max_bytes: int) -> None:
    left = max_bytes
    for number, member in enumerate(archive):
        if number >= MAX_MEMBERS:
            raise _refused(f"it holds more than {MAX_MEMBERS} files", "Leave out what the job does not need.")
        target = into / _safe_name(member.name)
        if member.isdir():
            _inside(target, into).mkdir(mode=0o755, parents=True, exist_ok=True)
        elif member.isreg():
            left -= max(member.size, 1)
            if left < 0:
                raise _refused(
                    f"its files take more than {max_bytes >> 20} MiB", "Ask for more disk, or leave something out."
                )
            _write(archive, member, _inside(target, into))
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


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    source = archive.extractfile(member)
    if source is None:
        raise _refused(f"{member.name!r} has no content", "Upload it again.")
    with source, target.open("wb") as file:
        while chunk := source.read(_CHUNK):
            file.write(chunk)
    target.chmod(0o755 if member.mode & 0o100 else 0o644)


def _link(member: tarfile.TarInfo, target: Path, into: Path) -> None:
    pointed = Path(os.path.normpath(target.parent.resolve() / member.linkname))
    if PurePosixPath(member.linkname).is_absolute() or not pointed.is_relative_to(into.resolve()):
        raise _refused(f"the link {member.name!r} leads out of the job's folder", "Leave it out.")
    target.symlink_to(member.linkname)


def _refused(obstacle: str, remedy: str) -> BundleRefused:
    return BundleRefused(asked="Unpacking the job's bundle", obstacle=obstacle, remedy=remedy)
