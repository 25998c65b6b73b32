"""Commands of other packages."""

from collections.abc import Callable
from typing import Any

import pytest
import typer
from typer.main import get_command

from qubix.cli import plugins
from qubix.errors import Unavailable


class Entry:
    def __init__(self, load: Callable[[], Any]) -> None:
        self.load = load


def test_a_package_adds_its_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    def register(app: typer.Typer) -> None:
        app.command("up")(lambda: None)
        app.add_typer(typer.Typer(), name="admin")

    monkeypatch.setattr(plugins, "entry_points", lambda group: [Entry(lambda: register)])
    app = typer.Typer()
    plugins.load(app)
    assert plugins.names(app) == {"up", "down", "status", "admin", "demo"}
    get_command(app).main(["up"], standalone_mode=False)


def test_without_the_server_its_commands_say_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def load() -> Any:
        raise ImportError("No module named 'fastapi'")

    monkeypatch.setattr(plugins, "entry_points", lambda group: [Entry(load)])
    app = typer.Typer()
    plugins.load(app)
    with pytest.raises(Unavailable, match=r"fastapi.*pip install"):
        get_command(app).main(["up", "--providers", "2"], standalone_mode=False)
