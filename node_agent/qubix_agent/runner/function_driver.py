"""Calls a job's function inside its sandbox and keeps what it returns as the job's result.

On the standard library alone: this file is copied into the sandbox, where nothing else of ours exists.
`python function_driver.py module:name`; the input is in the file `$QUBIX_INPUT`, a list as positional and an object as
keyword arguments, any other value but null as the only argument.
"""

import asyncio
import importlib
import inspect
import json
import os
import sys
from pathlib import Path


def main(target: str) -> None:
    """Call the function, and write its result to `$QUBIX_RESULT`."""
    module_name, _, name = target.partition(":")
    sys.path[0] = str(Path.cwd())
    function = getattr(importlib.import_module(module_name), name)
    value = _call(function, _input())
    if inspect.iscoroutine(value):
        value = asyncio.run(value)
    if value is None:
        return
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        sys.exit(f"{target} returned a value that JSON cannot hold ({error}): return plain data, or write a file")
    Path(os.environ["QUBIX_RESULT"]).write_text(text, encoding="utf-8")


def _input() -> object:
    path = os.environ.get("QUBIX_INPUT")
    return json.loads(Path(path).read_text(encoding="utf-8")) if path else None


def _call(function: object, value: object) -> object:
    if not callable(function):
        sys.exit(f"{function!r} is not a function")
    if isinstance(value, list):
        return function(*value)
    if isinstance(value, dict):
        return function(**value)
    return function() if value is None else function(value)


if __name__ == "__main__":
    main(sys.argv[1])
