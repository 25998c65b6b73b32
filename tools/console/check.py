"""What the console is held to without a browser."""

import tempfile
from pathlib import Path

from tools import openapi
from tools.console.build import build
from tools.console.errors import ConsoleFailed
from tools.console.node import environment, install_packages, npm, prepare, run, say
from tools.console.sources import UI

_SCHEMA = UI / "src" / "api" / "schema.d.ts"


def check() -> None:
    """Types, lint, tests and size, and whether the client was made from the API as it is.

    Raises:
        ConsoleFailed: one of them does not hold.
    """
    node = prepare()
    install_packages(node)
    say("is the client the API's?")
    if openapi.main(["--check"]) != 0:
        raise ConsoleFailed("the API changed since ui/openapi.json was written")
    _require_fresh_schema(node)
    for script in ("types", "lint", "test"):
        _script(node, script)
    build()
    _script(node, "size")


def _require_fresh_schema(node: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / _SCHEMA.name
        command = npm(node, ["exec", "--", "openapi-typescript", "openapi.json", "--output", str(made)])
        run(command, what="the client's types could not be made", folder=UI, environment=environment(node))
        if made.read_bytes() != _SCHEMA.read_bytes():
            raise ConsoleFailed("ui/src/api/schema.d.ts is stale: run `python -m tools.console npm run api`")


def _script(node: Path, name: str) -> None:
    say(name)
    command = npm(node, ["run", "--silent", name])
    run(command, what=f"`npm run {name}` failed", folder=UI, environment=environment(node))
