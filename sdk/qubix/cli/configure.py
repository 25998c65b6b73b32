"""`qubix config`: which platform, and the API key for it."""

import os
from dataclasses import replace
from typing import Annotated, Any, Literal

import typer

from qubix import settings
from qubix.cli.output import AsJson, out
from qubix.errors import InvalidRequest

_SHOWN_OF_A_KEY = 14


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(name="config", help="Say which platform to use, and with which API key.", no_args_is_help=True)
    group.command("show")(show)
    group.command("set")(set_value)
    group.command("unset")(unset)
    app.add_typer(group)


def show(as_json: AsJson = False) -> None:
    """Show what is in force. Of a key only its beginning is shown."""
    used = settings.connection()
    facts: dict[str, Any] = {
        "url": used.url,
        "apiKey": f"{used.api_key[:_SHOWN_OF_A_KEY]}…" if used.api_key else None,
        "file": str(settings.file_path()),
        "fromEnvironment": [name for name in (settings.URL_VARIABLE, settings.KEY_VARIABLE) if os.environ.get(name)],
    }
    out.record(
        facts,
        [
            ("url", facts["url"]),
            ("API key", facts["apiKey"] or "none: qubix config set api-key"),
            ("file", facts["file"]),
            ("environment", ", ".join(facts["fromEnvironment"]) or "sets nothing"),
        ],
        as_json=as_json,
    )


def set_value(
    name: Annotated[Literal["url", "api-key"], typer.Argument(help="What to set.")],
    value: Annotated[str | None, typer.Argument(help="Its value; a key is better left out, and typed unseen.")] = None,
    as_json: AsJson = False,
) -> None:
    """Set the platform's address, or the API key for the platform in force."""
    text = value or typer.prompt(name, hide_input=name == "api-key", err=True)
    configuration = settings.load()
    if name == "url":
        configuration = replace(configuration, url=settings.normalise(text))
    else:
        if not text.startswith("qbx_key_"):
            raise InvalidRequest(
                asked="Setting the API key", obstacle="an API key begins with qbx_key_", remedy="Copy it again."
            )
        configuration = configuration.with_key(url=settings.connection().url, api_key=text)
    _save(configuration, name=name, as_json=as_json)


def unset(
    name: Annotated[Literal["url", "api-key"], typer.Argument(help="What to forget.")], as_json: AsJson = False
) -> None:
    """Forget the platform's address, or the API key for the platform in force."""
    configuration = settings.load()
    if name == "url":
        configuration = replace(configuration, url=None)
    else:
        configuration = configuration.with_key(url=settings.connection().url, api_key=None)
    _save(configuration, name=name, as_json=as_json)


def _save(configuration: settings.Configuration, *, name: str, as_json: bool) -> None:
    file = settings.save(configuration)
    if as_json:
        out.json({"changed": name, "file": str(file)})
    else:
        out.note(f"Saved in {file}.")
