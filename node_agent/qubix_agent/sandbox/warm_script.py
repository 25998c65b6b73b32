"""Run inside a sandbox as `python -c`: waits, as a started interpreter, for the program that it will be.

The order is one line of JSON on standard input: `{"argv": […], "environ": {…}, "limits": [[kind, value], …]}`. What
follows looks to the program as if the interpreter had been started for it. Standard library alone.
"""

import json
import os
import resource
import sys
import types
from importlib.machinery import SourceFileLoader


def read_order() -> dict[str, object]:
    """Say so on standard output and wait for the order; the end of the input means that none will come."""
    os.write(1, b"\n")
    data = b""
    while not data.endswith(b"\n"):
        part = os.read(0, 1 << 16)
        if not part:
            os._exit(0)
        data += part
    order: dict[str, object] = json.loads(data)
    return order


def become(order: dict[str, object]) -> types.ModuleType:
    """Take on limits, environment and arguments; returns the new main module, with its code not yet run."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    for kind, value in order["limits"]:  # type: ignore[attr-defined]
        _, hard = resource.getrlimit(kind)
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (allowed, allowed))
    os.environ.clear()
    os.environ.update(order["environ"])  # type: ignore[call-overload]
    sys.argv[:] = order["argv"]  # type: ignore[call-overload]
    main = types.ModuleType("__main__")
    main.__dict__.update(__builtins__=__builtins__, __annotations__={})
    sys.modules["__main__"] = main
    return main


def run(main: types.ModuleType) -> None:
    """Run `-c CODE …` or `SCRIPT …`, as sys.argv says."""
    if sys.argv[0] == "-c":
        code: str | bytes = sys.argv.pop(1)
        name = "<string>"
    else:
        name = os.path.abspath(sys.argv[0])  # noqa: PTH100  pathlib would take milliseconds to import
        sys.path[0] = os.path.dirname(os.path.realpath(name))  # noqa: PTH120
        main.__file__ = name
        main.__dict__["__cached__"] = None
        main.__loader__ = SourceFileLoader("__main__", name)
        try:
            with open(name, "rb") as file:  # noqa: PTH123
                code = file.read()
        except OSError as error:
            sys.stderr.write(f"{sys.executable}: can't open file '{name}': [Errno {error.errno}] {error.strerror}\n")
            raise SystemExit(2) from None
    exec(compile(code, name, "exec", dont_inherit=True), main.__dict__)  # noqa: S102  that is its purpose


def report(error: BaseException) -> None:
    """Show an error as the interpreter would, without the frames of this file."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals is globals():
        trace = trace.tb_next
    error.__traceback__ = trace
    sys.excepthook(type(error), error, trace)


if __name__ == "__main__":
    waiting = sys.modules["__main__"]  # kept, or its names would go with it
    try:
        run(become(read_order()))
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001  shown, then the exit code says so
        report(error)
        sys.exit(1)
