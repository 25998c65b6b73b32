"""What a caller hands over, made into the request that submits it."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar
from uuid import uuid4

from qubix.bundle import DEFAULT_ENTRYPOINT, Work, prepare
from qubix.errors import InvalidRequest
from qubix.functions import prepare_function
from qubix.options import GroupOptions, JobOptions
from qubix.requests import array_request, group_request, job_request
from qubix.schemas.analysis import AnalyzeRequest
from qubix.schemas.arrays import ArrayCreate
from qubix.schemas.groups import GroupCreate
from qubix.schemas.jobs import JobCreate
from qubix.schemas.monitor import Artifact
from qubix.schemas.states import ModelType

Paths = str | os.PathLike[str]


RequestT = TypeVar("RequestT", bound=JobCreate)
"""A job, or an array of them."""


@dataclass(frozen=True, kw_only=True)
class Submission(Generic[RequestT]):
    """Work ready to submit: the request, the archive to upload before it, and the key that makes repeats harmless."""

    request: RequestT
    work: Work | None
    idempotency_key: str

    def discard(self) -> None:
        """Remove what was packed."""
        if self.work is not None:
            self.work.discard()


def of_work(
    path: Paths | None,
    *,
    source: str | None,
    command: Sequence[str] | None,
    entrypoint: str | None,
    options: JobOptions,
) -> Submission[JobCreate]:
    """A script or command, in a file, a folder or as text.

    Raises:
        InvalidRequest: nothing to run, two things to run, or something that cannot be sent.
    """
    return _of_work(
        path, source=source, command=command, entrypoint=entrypoint, options=options, request_of=job_request
    )


def of_array(
    path: Paths | None,
    *,
    array: str,
    source: str | None,
    command: Sequence[str] | None,
    entrypoint: str | None,
    options: JobOptions,
) -> Submission[ArrayCreate]:
    """The same, once for each index of an array.

    Raises:
        InvalidRequest: as of `of_work`, or the array is not one.
    """

    def request_of(given: JobOptions, **work: Any) -> ArrayCreate:
        return array_request(given, array=array, **work)

    return _of_work(path, source=source, command=command, entrypoint=entrypoint, options=options, request_of=request_of)


def of_group(
    path: Paths | None,
    *,
    source: str | None,
    command: Sequence[str] | None,
    entrypoint: str | None,
    options: GroupOptions,
) -> Submission[GroupCreate]:
    """A script or command that each worker of a group runs.

    Raises:
        InvalidRequest: nothing to run, two things to run, or something that cannot be sent.
    """
    return _of_work(
        path, source=source, command=command, entrypoint=entrypoint, options=options, request_of=group_request
    )


def _of_work(
    path: Paths | None,
    *,
    source: str | None,
    command: Sequence[str] | None,
    entrypoint: str | None,
    options: JobOptions,
    request_of: Callable[..., RequestT],
) -> Submission[RequestT]:
    if (path is None) == (source is None) and not (command and path is None and source is None):
        raise InvalidRequest(
            asked="Submitting a job",
            obstacle="it has both a path and a source" if path is not None else "it says nothing to run",
            remedy="Give a script or folder as path, a script's text as source=, or a command=[…].",
        )
    work = None
    if path is not None:
        work = prepare(path, entrypoint=entrypoint if command else entrypoint or DEFAULT_ENTRYPOINT)
    fields = work.fields() if work is not None else {"source": source}
    kind = ModelType.COMMAND if command else ModelType.SCRIPT
    name = work.name if work is not None else (command or ["script"])[0]
    try:
        request = request_of(
            named(options, name), model_type=kind, command=list(command) if command else None, **fields
        )
    except BaseException:
        if work is not None:
            work.discard()
        raise
    return Submission(request=request, work=work, idempotency_key=_key(options))


def of_function(
    function: Callable[..., Any], arguments: Sequence[Any], keywords: Mapping[str, Any], options: JobOptions
) -> Submission[JobCreate]:
    """A Python function with its arguments.

    Raises:
        InvalidRequest: the function cannot be sent; says why.
    """
    if "inputs" in options:
        raise InvalidRequest(
            asked=f"Running the function {getattr(function, '__qualname__', function)}",
            obstacle="inputs= and a function's arguments are the same thing",
            remedy="Give them as arguments.",
        )
    work = prepare_function(function, arguments, keywords)
    with_inputs = named(options, work.name)
    with_inputs["inputs"] = work.arguments
    request = job_request(with_inputs, model_type=ModelType.FUNCTION, source=work.source, function=work.function)
    return Submission(request=request, work=None, idempotency_key=_key(options))


def analysis_of(path: Paths) -> AnalyzeRequest:
    """The request that asks what a script or notebook needs.

    Raises:
        InvalidRequest: the file cannot be read as text.
    """
    place = Path(path)
    try:
        content = place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(
            asked=f"Analysing {place}",
            obstacle=f"it cannot be read as text ({error})",
            remedy="Give a Python script or a Jupyter notebook.",
        ) from error
    return AnalyzeRequest(filename=place.name, content=content)


def artifact_place(artifact: Artifact, folder: Paths) -> Path:
    """Where an artifact belongs below `folder`.

    Raises:
        InvalidRequest: its path leads out of the folder. The path came from a machine that need not be trusted.
    """
    root = Path(folder)
    place = root / artifact.path
    if not place.resolve().is_relative_to(root.resolve()) or place.resolve() == root.resolve():
        raise InvalidRequest(
            asked=f"Saving the artifact {artifact.path!r}",
            obstacle=f"its path leads out of {root}",
            remedy="Fetch it by its digest instead; the machine that ran the job may not mean well.",
        )
    return place


def named(options: JobOptions, name: str) -> JobOptions:
    """These options, with a name where the caller gave none."""
    copied = options.copy()
    copied.setdefault("name", Path(name).name[:200])
    return copied


def _key(options: JobOptions) -> str:
    return options.get("idempotency_key") or str(uuid4())
