"""Telling a person, or a program, how the platform comes up."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.status import Status


class Progress(Protocol):
    """Where the supervisor says what it does."""

    @property
    def is_private(self) -> bool:
        """Whether what is said is for the eyes of who started the platform, and is kept nowhere."""

    def step(self, name: str, /) -> AbstractContextManager[None]:
        """One part being started, for as long as the block runs."""

    def note(self, text: str) -> None:
        """Something that happened."""

    def ready(self, facts: dict[str, Any]) -> None:
        """Everything is up."""


class RichProgress:
    """For a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @property
    def is_private(self) -> bool:
        """On a terminal it is; a log with a secret in it would make its readers the operator."""
        return self._console.is_terminal

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Show a spinner, then a tick and how long it took."""
        began = time.monotonic()
        with Status(f"starting {name} …", console=self._console):
            yield
        self._console.print(f"[green]✓[/] {name} [dim]{time.monotonic() - began:.1f} s[/]")

    def note(self, text: str) -> None:
        """Print it."""
        self._console.print(f"[yellow]•[/] {text}")

    def ready(self, facts: dict[str, Any]) -> None:
        """Print where everything is, and how to use it."""
        self._console.print()
        self._console.print(f"QUBIX is up after {facts['secondsToReady']:.1f} s", style="bold green")
        key = facts["apiKey"] if self.is_private else f"in {facts['secrets']}"
        console = facts["console"] or "not built: `make console`"
        shown = {"console": console, "API": facts["url"], "docs": facts["docs"], "API key": key, "home": facts["home"]}
        if facts["signInLink"]:
            shown = {"signed in": f"{facts['signInLink']} (good once; `qubix console` makes another)"} | shown
        for name, value in shown.items():
            self._console.print(f"  {name:<10}{value}", highlight=False, soft_wrap=True)
        if facts["publicUrl"] != facts["url"]:
            self._console.print(f"  {'known as':<10}{facts['publicUrl']}", highlight=False, soft_wrap=True)
        chain = f"devnet, play money, at {facts['chainUrl']}" if facts["chain"] == "devnet" else facts["chain"]
        self._console.print(f"  {'chain':<10}{chain}", highlight=False, soft_wrap=True)
        if facts["dashboard"]:
            self._console.print(f"  {'dashboard':<10}{facts['dashboard']}", highlight=False, soft_wrap=True)
        self._console.print("Ctrl-C or `qubix down` ends it and keeps the data.", style="dim")


class JsonProgress:
    """For programs: one JSON object a line on standard output."""

    is_private = False

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Say when it is done, with the seconds that it took."""
        began = time.monotonic()
        yield
        self._write({"event": "started", "part": name, "seconds": round(time.monotonic() - began, 3)})

    def note(self, text: str) -> None:
        """Say it."""
        self._write({"event": "note", "text": text})

    def ready(self, facts: dict[str, Any]) -> None:
        """Say where everything is."""
        self._write({"event": "ready", **facts})

    def _write(self, value: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(value) + "\n")
        sys.stdout.flush()
