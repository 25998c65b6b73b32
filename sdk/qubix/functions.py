"""A Python function made ready to run elsewhere: its module's source, its arguments as JSON. Nothing is pickled."""

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qubix.errors import InvalidRequest
from qubix.schemas.jobs import MAX_SOURCE_BYTES


@dataclass(frozen=True, kw_only=True)
class FunctionWork:
    """A function's module as `source`, its place in it (`module:name`) and its arguments."""

    name: str
    source: str
    function: str
    arguments: list[Any] | dict[str, Any]


def prepare_function(
    function: Callable[..., Any], arguments: Sequence[Any], keywords: Mapping[str, Any]
) -> FunctionWork:
    """Find the source of a function and bind its arguments.

    Raises:
        InvalidRequest: the function has no source file or is not at the top of its module, the arguments do not fit its
            signature, or JSON cannot hold them.
    """
    plain = inspect.unwrap(function)
    name = getattr(plain, "__qualname__", repr(plain))
    if not inspect.isfunction(plain) or not name.isidentifier():
        raise _refused(name, "it is not a function at the top of its module", "Move it there and give it a name")
    file = inspect.getsourcefile(plain)
    if file is None or not Path(file).is_file():
        raise _refused(name, "its source is in no file", "Write it into a file, and import it from there")
    source = Path(file).read_text(encoding="utf-8")
    if len(source) > MAX_SOURCE_BYTES:
        raise _refused(
            name, f"its module is larger than {MAX_SOURCE_BYTES // 1024} KiB", "Move it into a smaller module"
        )
    return FunctionWork(
        name=name,
        source=source,
        function=f"{_module_name(file)}:{name}",
        arguments=_bound(plain, name, arguments, keywords),
    )


def _module_name(file: str) -> str:
    # A script's own module is called __main__; elsewhere it is imported under the name of its file.
    stem = Path(file).stem
    return stem if stem.isidentifier() and stem.isascii() else "job"


def _bound(
    function: Callable[..., Any], name: str, arguments: Sequence[Any], keywords: Mapping[str, Any]
) -> list[Any] | dict[str, Any]:
    signature = inspect.signature(function)
    try:
        signature.bind(*arguments, **keywords)
    except TypeError as error:
        raise _refused(name, f"its arguments do not fit ({error})", "Give the arguments that it takes") from error
    if not keywords:
        return list(_as_json(name, list(arguments)))
    leading = list(signature.parameters.values())[: len(arguments)]
    if len(leading) < len(arguments) or any(each.kind is not each.POSITIONAL_OR_KEYWORD for each in leading):
        raise _refused(
            name,
            "it takes some of its arguments by position only, and others were given by keyword",
            "Give all of them by position, or let all be given by keyword",
        )
    named = {each.name: value for each, value in zip(leading, arguments, strict=True)}
    return dict(_as_json(name, named | dict(keywords)))


def _as_json(name: str, value: Any) -> Any:
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise _refused(
            name,
            f"JSON cannot hold its arguments ({error})",
            "Pass numbers, text, lists and objects; large data goes into the job's folder",
        ) from error


def _refused(name: str, obstacle: str, remedy: str) -> InvalidRequest:
    return InvalidRequest(asked=f"Running the function {name}", obstacle=obstacle, remedy=f"{remedy}.")
