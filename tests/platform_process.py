"""A real `qubix up` in a process of its own, as tests see it: the events that it prints, and the signals it takes."""

import json
import os
import queue
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

import psutil

from qubix_agent.ray_node.identity import marked, wait_gone
from qubix_agent.ray_node.ports import free_port
from qubix_agent.ray_node.stop import kill
from qubix_serve.supervisor.home import HOME_VARIABLE, Home
from tests.scratch import scratch

Event = dict[str, Any]

READY_SECONDS: Final = 240.0
STOP_SECONDS: Final = 30.0
SHARED_ENVIRONMENTS: Final = Path(tempfile.gettempdir()) / f"qubix-tests-environments-{os.geteuid()}"
QUBIX_UP: Final = (sys.executable, "-m", "qubix", "up")


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A home of its own that the database's account can pass into. What is left running there at the end is killed."""
    path = scratch() / f"qubix-home-{secrets.token_hex(4)}"
    path.mkdir(mode=0o711)
    # Built once for all tests: the default environment takes half a minute of both cores.
    SHARED_ENVIRONMENTS.mkdir(mode=0o700, exist_ok=True)
    Home.locate(path).environments.symlink_to(SHARED_ENVIRONMENTS)
    try:
        yield path
    finally:
        kill(marked(HOME_VARIABLE, str(path)))
        shutil.rmtree(path, ignore_errors=True)  # files of a process that is just ending may vanish meanwhile


class PlatformProcess:
    """`qubix up --json`, and what it said.

    Args:
        home: the platform's.
        port: of the API.
        arguments: further ones of `qubix up`.
        command: what stands for `qubix up`.
    """

    def __init__(
        self, home: Path, *, port: int, arguments: Sequence[str] = (), command: Sequence[str] = QUBIX_UP
    ) -> None:
        self.home = home
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.events: list[Event] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._errors = home / "up.stderr"
        with self._errors.open("ab") as errors:
            self.process = subprocess.Popen(
                [*command, "--json", "--home", str(home), "--port", str(port), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=os.sep,
                start_new_session=True,
            )
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End it, when it still runs."""
        if self.process.poll() is None:
            self.stop()

    def wait_for(self, matches: Callable[[Event], bool], *, seconds: float) -> Event:
        """The next event that matches; fails when there is none in time, or when it ends first."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no such event within {seconds} s: {self.events}\n{self.said()}") from None
            if line is None:
                raise AssertionError(f"it ended with code {self.process.wait()}: {self.events}\n{self.said()}")
            event = json.loads(line)
            self.events.append(event)
            if matches(event):
                return dict(event)

    def ready(self, *, seconds: float = READY_SECONDS) -> Event:
        """Where everything is, once it is up."""
        return self.wait_for(lambda event: event["event"] == "ready", seconds=seconds)

    def note(self, text: str, *, seconds: float) -> Event:
        """The note that holds `text`, once it is given."""
        return self.wait_for(lambda event: text in event.get("text", ""), seconds=seconds)

    def stop(self, number: signal.Signals = signal.SIGTERM, *, seconds: float = STOP_SECONDS) -> float:
        """Send a signal, wait until it has ended, and return how many seconds that took."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=seconds)
        return time.monotonic() - began

    def descendants(self) -> list[psutil.Process]:
        """All that the platform started, by the mark in its environment."""
        return marked(HOME_VARIABLE, str(self.home))

    def said(self) -> str:
        """What it wrote to standard error."""
        return self._errors.read_text()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)


def kill_and_wait(pid: int) -> None:
    """SIGKILL, as a chaos test sends it, and wait for the end."""
    process = psutil.Process(pid)
    process.kill()
    assert wait_gone([process], deadline=time.monotonic() + 10) == []


def new_port() -> int:
    """A port for an API."""
    return free_port()
