"""Every command of ours speaks JSON, for programs."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.main import get_command

from benchmarks.__main__ import app as benchmarks
from benchmarks.market.__main__ import app as market
from benchmarks.placement.__main__ import app as placement
from qubix.cli.app import build
from qubix_agent.cli import app as agent


def _leaves(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """The commands that do something, with the words that call each."""
    names = command.list_commands(None) if hasattr(command, "list_commands") else ()
    if not names or getattr(command, "invoke_without_command", False):
        yield " ".join(path), command
    for name in names:
        yield from _leaves(command.get_command(None, name), (*path, name))


@pytest.mark.parametrize(
    ("name", "app"),
    [
        ("qubix", build(["--help"])),
        ("qubix-agent", agent),
        ("benchmarks", benchmarks),
        ("benchmarks.market", market),
        ("benchmarks.placement", placement),
    ],
)
def test_every_command_has_json(name: str, app: typer.Typer) -> None:
    found = dict(_leaves(get_command(app), (name,)))
    found.pop("qubix", None)  # without a command it shows its help or its version

    assert found
    mute = [
        words for words, command in found.items() if not any("--json" in parameter.opts for parameter in command.params)
    ]
    assert mute == []
