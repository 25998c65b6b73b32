"""The commands, where nothing runs."""

import json
from pathlib import Path

import typer
from typer.testing import CliRunner

from qubix_serve.commands import register


def _app() -> typer.Typer:
    app = typer.Typer()
    register(app)
    return app


def test_down_says_that_nothing_runs(tmp_path: Path) -> None:
    done = CliRunner().invoke(_app(), ["down", "--home", str(tmp_path / "none"), "--json"])

    assert done.exit_code == 0
    assert json.loads(done.stdout) == {"home": str(tmp_path / "none"), "stopped": False}
    assert not (tmp_path / "none").exists()


def test_status_of_nothing_is_down_and_fails(tmp_path: Path) -> None:
    done = CliRunner().invoke(_app(), ["status", "--home", str(tmp_path), "--json"])

    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert found["state"] == "down"
    assert found["processes"] == 0
    assert {part["name"]: part["state"] for part in found["parts"]} == {"supervisor": "down", "postgresql": "down"}


def test_status_for_people_names_each_part(tmp_path: Path) -> None:
    done = CliRunner().invoke(_app(), ["status", "--home", str(tmp_path)])

    assert "postgresql" in done.stdout
    assert "nothing of it can be reached from outside" in done.stdout


def test_server_commands_are_there() -> None:
    names = {command.name or getattr(command.callback, "__name__", "") for command in _app().registered_commands}

    assert {"up", "down", "status"} <= names
