"""What a job left in `$QUBIX_OUTPUT`: its result and its artifacts."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from pydantic import JsonValue

from qubix.schemas.reports import ReportedArtifact
from qubix_agent.sandbox.tree import MAX_ENTRIES, FoundFile, TooDeep, TooMany, iter_files

RESULT_NAME: Final = "result.json"
MAX_RESULT_BYTES: Final = 1 << 20
MAX_ARTIFACTS: Final = 1000
_MAX_PATH: Final = 500
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Output:
    """What was found in a job's output folder; `notes` are sentences about what was left out."""

    result: JsonValue
    files: tuple[FoundFile, ...]
    notes: tuple[str, ...]


def collect(folder: Path) -> Output:
    """Look through the output folder of a job that has ended."""
    notes: list[str] = []
    files: list[FoundFile] = []
    result: JsonValue = None
    for file in _files(folder, notes):
        if file.relative == RESULT_NAME:
            result, note = _read_result(file)
            if note is None:
                continue
            notes.append(note)
        if not _is_sendable(file.relative):
            notes.append(f"An artifact was left out: its name {ascii(file.relative)[:200]} is too long or not UTF-8.")
        elif len(files) == MAX_ARTIFACTS:
            notes.append(f"Only the first {MAX_ARTIFACTS} artifacts are kept: pack the files into an archive.")
            break
        else:
            files.append(file)
    return Output(result, tuple(files), tuple(notes))


def _files(folder: Path, notes: list[str]) -> Iterator[FoundFile]:
    try:
        yield from iter_files(folder)
    except TooDeep as deep:
        notes.append(f"Artifacts below {ascii(str(deep))[:200]} were left out: the folders are nested too deep.")
    except TooMany:
        notes.append(
            f"Artifacts were left out: there are more than {MAX_ENTRIES} files and folders. Pack them into an archive."
        )
    except OSError as error:
        notes.append(f"Some artifacts were left out: {error.strerror or error}.")


def _is_sendable(relative: str) -> bool:
    try:
        relative.encode()
    except UnicodeEncodeError:
        return False
    return len(relative) <= _MAX_PATH


def _read_result(file: FoundFile) -> tuple[JsonValue, str | None]:
    if file.size > MAX_RESULT_BYTES:
        return (
            None,
            f"{RESULT_NAME} is larger than {MAX_RESULT_BYTES >> 20} MiB: kept as an artifact, not as the result.",
        )
    try:
        with file.open() as content:
            value: JsonValue = json.loads(content.read(MAX_RESULT_BYTES + 1), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        return None, f"{RESULT_NAME} is not JSON ({error}): kept as an artifact, not as the result."
    return value, None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def upload(
    files: tuple[FoundFile, ...], *, is_known: Callable[[str], bool], put: Callable[[str, Path], bool]
) -> list[ReportedArtifact]:
    """Store the files' contents, each content once, and what the platform has already not at all.

    Args:
        files: what to store.
        is_known: whether the platform holds a content.
        put: stores a file under its digest; False where the platform will not have it.

    Returns:
        Those that the platform holds now.

    Raises:
        OSError: a file is gone, or cannot be read.
    """
    held: dict[str, bool] = {}
    reported: list[ReportedArtifact] = []
    for file in files:
        with file.open() as content:
            artifact = _digest(file.relative, content)
            if artifact.sha256 not in held:
                # By the open file, not by its name, which may stand for something else by now.
                place = Path(f"/proc/self/fd/{content.fileno()}")
                held[artifact.sha256] = is_known(artifact.sha256) or put(artifact.sha256, place)
        if held[artifact.sha256]:
            reported.append(artifact)
    return reported


def _digest(relative: str, content: BinaryIO) -> ReportedArtifact:
    """The file as it is reported: its content's SHA-256 and size."""
    sha256 = hashlib.sha256()
    size = 0
    while chunk := content.read(_CHUNK):
        sha256.update(chunk)
        size += len(chunk)
    return ReportedArtifact(path=relative, sha256=sha256.hexdigest(), size=size)
