"""What a job runs, made ready to send: a script as text, or a folder as an archive that is the same for the same files.

A folder leaves behind what no job needs or should see: version control, caches, virtual environments, `.env` files, and
what its `.qubixignore` names (one shell pattern a line).
"""

import fnmatch
import gzip
import hashlib
import os
import stat
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from qubix.errors import InvalidRequest
from qubix.schemas.jobs import MAX_SOURCE_BYTES

DEFAULT_ENTRYPOINT: Final = "main.py"
IGNORE_FILE: Final = ".qubixignore"
_LEFT_BEHIND: Final = frozenset(
    {
        *(".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache"),
        *(".pytest_cache", ".tox", ".ipynb_checkpoints", ".DS_Store", ".env", IGNORE_FILE),
    }
)
_LEFT_BEHIND_PATTERNS: Final = ("*.pyc", ".env.*")


@dataclass(frozen=True, kw_only=True)
class Work:
    """What runs: a script's `source`, or the `archive` of digest `sha256` with the `entrypoint` inside it."""

    name: str
    source: str | None = None
    archive: Path | None = None
    sha256: str | None = None
    entrypoint: str | None = None

    def fields(self) -> dict[str, Any]:
        """The fields of `JobCreate` that say what runs."""
        return {"source": self.source, "bundle_sha256": self.sha256, "entrypoint": self.entrypoint}

    def discard(self) -> None:
        """Remove the archive, once it was sent."""
        if self.archive is not None:
            self.archive.unlink(missing_ok=True)


def prepare(path: str | os.PathLike[str], *, entrypoint: str | None) -> Work:
    """Read a script, or pack a folder.

    Args:
        path: a Python script, or a folder.
        entrypoint: the script inside the folder that is run; None where something else is.

    Raises:
        InvalidRequest: there is no such file, it is no Python script, or something in the folder cannot be packed.
    """
    place = Path(path)
    if place.is_dir():
        return _packed_folder(place, entrypoint)
    if not place.is_file():
        raise _refused(place, "there is no such file or folder", "Check the path; source= takes a script as text")
    if place.suffix == ".ipynb":
        raise _refused(place, "a notebook is not a script", "Export it first: jupyter nbconvert --to script")
    if place.stat().st_size <= MAX_SOURCE_BYTES:
        return Work(name=place.name, source=_text(place))
    return _packed(place.name, [(place, PurePosixPath(place.name))], entrypoint=place.name)


def _text(place: Path) -> str:
    try:
        text = place.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _refused(place, "it is not text in UTF-8", "Give a Python script, or a folder") from error
    if "\x00" in text:
        raise _refused(place, "it holds a NUL byte, so it is not a script", "Give a Python script, or a folder")
    return text


def _packed_folder(folder: Path, entrypoint: str | None) -> Work:
    files = list(_files(folder))
    if entrypoint is not None and PurePosixPath(entrypoint) not in {name for _, name in files}:
        scripts = sorted(str(name) for _, name in files if name.suffix == ".py")
        known = f"Name one of its scripts as entrypoint: {', '.join(scripts[:10])}" if scripts else "Put a script in it"
        raise _refused(folder, f"it has no {entrypoint}", known)
    return _packed(folder.resolve().name, files, entrypoint=entrypoint)


def _files(folder: Path) -> Iterator[tuple[Path, PurePosixPath]]:
    """What goes into the archive, in an order that does not depend on the file system."""
    patterns = (*_LEFT_BEHIND_PATTERNS, *_ignored(folder))
    root = folder.resolve()
    for here, folders, names in os.walk(folder):
        kept = sorted(name for name in folders if not _is_left_behind(Path(here, name), folder, patterns))
        folders[:] = [name for name in kept if not Path(here, name).is_symlink()]
        for name in sorted([*names, *(set(kept) - set(folders))]):
            place = Path(here, name)
            if _is_left_behind(place, folder, patterns):
                continue
            if not place.resolve().is_relative_to(root):
                raise _refused(
                    folder, f"{place} leads out of it", f"Copy what it points to, or name it in {IGNORE_FILE}"
                )
            if not place.is_file():
                raise _refused(folder, f"{place} is not a plain file", f"Remove it, or name it in {IGNORE_FILE}")
            yield place, PurePosixPath(place.relative_to(folder))


def _ignored(folder: Path) -> list[str]:
    file = folder / IGNORE_FILE
    if not file.is_file():
        return []
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    return [line.rstrip("/") for line in lines if line and not line.startswith("#")]


def _is_left_behind(place: Path, folder: Path, patterns: tuple[str, ...]) -> bool:
    path = place.relative_to(folder).as_posix()
    return place.name in _LEFT_BEHIND or any(
        fnmatch.fnmatchcase(place.name, pattern) or fnmatch.fnmatchcase(path, pattern) for pattern in patterns
    )


def _packed(name: str, files: list[tuple[Path, PurePosixPath]], *, entrypoint: str | None) -> Work:
    handle, temporary = tempfile.mkstemp(prefix="qubix-", suffix=".tar.gz")
    archive = Path(temporary)
    try:
        # No file name and no time in the header: the same files give the same bytes, and so the same digest.
        with (
            os.fdopen(handle, "wb") as raw,
            gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as squeezed,
            tarfile.open(fileobj=squeezed, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            for place, path in files:
                _add(tar, place, path)
        with archive.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        archive.unlink(missing_ok=True)
        raise _refused(Path(name), f"it cannot be packed ({error})", "Make it readable, or make room") from error
    return Work(name=name, archive=archive, sha256=digest, entrypoint=entrypoint)


def _add(tar: tarfile.TarFile, place: Path, path: PurePosixPath) -> None:
    with place.open("rb") as file:
        status = os.fstat(file.fileno())
        entry = tarfile.TarInfo(str(path))
        entry.size = status.st_size
        entry.mode = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
        tar.addfile(entry, file)


def _refused(place: Path, obstacle: str, remedy: str) -> InvalidRequest:
    return InvalidRequest(asked=f"Submitting {place}", obstacle=obstacle, remedy=f"{remedy}.")
