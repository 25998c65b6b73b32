"""A consistent copy of a folder that a job goes on writing to, in parts by their content.

What `qubix.checkpoint()` wrote is replaced as a whole, so an open file of it never changes. Any other file counts only
once it has rested for a moment, and only if nothing of its kind changed while all of them were read.
"""

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from pydantic import ValidationError

from qubix.inside import CHECKPOINT_MARK
from qubix.schemas.checkpoints import CHECKPOINT_PART_BYTES, MAX_CHECKPOINT_FILES, CheckpointFile
from qubix_agent.sandbox.tree import MAX_ENTRIES, FoundFile, TooDeep, TooMany, iter_files

_READ_BYTES: Final = 1 << 20
_LOOKS: Final = 20
_UNFINISHED: Final = re.compile(r"(.*/)?\.[^/]+\.ckpt\.[^/]+")
"""What `qubix.checkpoint()` has not put in its place yet, or left when it was killed."""

Signature: TypeAlias = tuple[int, int, int, int]
"""Inode, size, and when content and inode changed: whoever changes a file changes it, as the last is the kernel's."""


class Unsettled(Exception):
    """The job writes to files just now."""


class NotTaken(Exception):
    """There can be no checkpoint of what lies there; the argument is a sentence about why."""


@dataclass(frozen=True)
class Taken:
    """One file as it was read."""

    signature: Signature
    file: CheckpointFile


@dataclass(frozen=True, kw_only=True)
class Capture:
    """A checkpoint's files by their path; `began` is when they were as they are here, on the monotonic clock."""

    began: float
    taken: Mapping[str, Taken]

    @property
    def files(self) -> list[CheckpointFile]:
        """For the report."""
        return [taken.file for taken in self.taken.values()]


@dataclass(frozen=True, kw_only=True)
class Capturing:
    """How to take a checkpoint.

    Attributes:
        folder: what to take it of.
        staging: a folder of our own, which gets the parts that are not held, each named by its digest.
        max_bytes: how large it may be.
        is_unwanted: asked between reads; a capture that nobody wants any more ends as `Unsettled`.
    """

    folder: Path
    staging: Path
    max_bytes: int
    is_unwanted: Callable[[], bool] = lambda: False

    def take(self, *, known: Mapping[str, Taken], held: frozenset[str], rested_at_ns: int | None) -> Capture:
        """Read what is new, and copy its parts.

        Args:
            known: the files of an earlier capture, which are not read again where they are as they were.
            held: digests of parts that are not needed in `staging`.
            rested_at_ns: a file that changed after this counts as being written to; None where nobody writes any more.

        Raises:
            Unsettled: files are being written to. Try again in a moment.
            NotTaken: they are too many or too large, or have names that cannot be kept.
        """
        began = time.monotonic()
        try:
            found = self._look()
            taken = {path: self._take(file, known.get(path), held, rested_at_ns) for path, file in found.items()}
            self._compare(found, taken, rested_at_ns)
        except FileNotFoundError as gone:
            raise Unsettled from gone
        return Capture(began=began, taken={path: one for path, (one, _) in taken.items()})

    def _look(self) -> dict[str, FoundFile]:
        for _ in range(_LOOKS):
            # What qubix.checkpoint() wrote may be renamed between the listing and the look at it.
            with contextlib.suppress(FileNotFoundError):
                return self._list()
        raise Unsettled

    def _list(self) -> dict[str, FoundFile]:
        found: dict[str, FoundFile] = {}
        size = 0
        try:
            for file in iter_files(self.folder):
                if _UNFINISHED.fullmatch(file.relative):
                    continue
                found[file.relative] = file
                size += file.size
                if len(found) > MAX_CHECKPOINT_FILES:
                    raise NotTaken(f"it holds more than {MAX_CHECKPOINT_FILES} files: pack them into fewer")
        except TooDeep:
            raise NotTaken("its folders are nested too deep") from None
        except TooMany:
            raise NotTaken(f"it holds more than {MAX_ENTRIES} files and folders: pack them into fewer") from None
        if size > self.max_bytes:
            raise NotTaken(
                f"its files take {size >> 20} MiB, and {self.max_bytes >> 20} MiB are kept at most: "
                "save only what the next attempt needs to go on"
            )
        return found

    def _take(
        self, found: FoundFile, known: Taken | None, held: frozenset[str], rested_at_ns: int | None
    ) -> tuple[Taken, bool]:
        """A file, and whether it is one of ours, which are replaced as a whole."""
        with found.open() as file:
            before = _signature(os.fstat(file.fileno()))
            if known is not None and known.signature == before:
                return known, _is_ours(file)
            is_ours = _is_ours(file)
            if not is_ours and rested_at_ns is not None and before[3] > rested_at_ns:
                raise Unsettled
            parts = list(self._parts(file, held))
            if not is_ours and _signature(os.fstat(file.fileno())) != before:
                raise Unsettled
        try:
            return Taken(before, CheckpointFile(path=found.relative, size=before[1], parts=parts)), is_ours
        except (ValidationError, UnicodeEncodeError):
            raise NotTaken(f"the name {ascii(found.relative)[:200]} is too long or not UTF-8") from None

    def _parts(self, file: BinaryIO, held: frozenset[str]) -> Iterator[str]:
        aside = self.staging / "part"
        while piece := file.read(_READ_BYTES):
            sha256, size = hashlib.sha256(), 0
            with aside.open("wb") as part:
                while piece:
                    if self.is_unwanted():
                        raise Unsettled
                    sha256.update(piece)
                    part.write(piece)
                    size += len(piece)
                    piece = file.read(_READ_BYTES) if size < CHECKPOINT_PART_BYTES else b""
            digest = sha256.hexdigest()
            if digest in held:
                aside.unlink()
            else:
                aside.replace(self.staging / digest)
            yield digest

    def _compare(
        self, found: Mapping[str, FoundFile], taken: Mapping[str, tuple[Taken, bool]], rested_at_ns: int | None
    ) -> None:
        """See to it that the files were all there at one moment; ours each stand for themselves."""
        if rested_at_ns is None:
            return
        for path, (one, is_ours) in taken.items():
            if not is_ours and _signature(found[path].status()) != one.signature:
                raise Unsettled


def _signature(status: os.stat_result) -> Signature:
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _is_ours(file: BinaryIO) -> bool:
    file.seek(0)
    is_ours = file.read(len(CHECKPOINT_MARK)) == CHECKPOINT_MARK
    file.seek(0)
    return is_ours
