"""Commands that other packages add: those of the server, where it is installed.

A package names a function `register(app: typer.Typer) -> None` in the entry-point group `qubix.commands`.
"""

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Final

import typer

from qubix.errors import Unavailable

GROUP: Final = "qubix.commands"
_SERVER: Final = {
    "up": "Run the whole platform on this machine.",
    "down": "Stop the platform of this machine; its data stays.",
    "status": "Show each part of this machine's platform.",
    "admin": "Look after the platform: users, keys, ledger.",
    "demo": "Show the whole loop on this machine, and check every claim.",
}
_ANY_ARGUMENTS: Final = {"allow_extra_args": True, "ignore_unknown_options": True}


def load(app: typer.Typer) -> None:
    """Add what other packages register; what the server would add, but cannot, says how to get it."""
    missing = ""
    for entry in entry_points(group=GROUP):
        try:
            entry.load()(app)
        except ImportError as error:
            missing = str(error)
    known = names(app)
    for name, purpose in _SERVER.items():
        if name not in known:
            app.command(name, help=purpose, context_settings=_ANY_ARGUMENTS)(_absent(name, missing))


def names(app: typer.Typer) -> set[str]:
    """The names of an application's commands and groups."""
    commands = {each.name or getattr(each.callback, "__name__", "") for each in app.registered_commands}
    return commands | {each.name for each in app.registered_groups if isinstance(each.name, str)}


def _absent(name: str, missing: str) -> Callable[[], None]:
    def refuse() -> None:
        raise Unavailable(
            asked=f"Running qubix {name}",
            obstacle=f"the server's parts are not installed here{f' ({missing})' if missing else ''}",
            remedy='Install them: pip install "qubix[server]".',
        )

    return refuse
