"""A platform of the demo's own: `qubix up` as a child process, on a home and a port of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from qubix_serve.demo.errors import DemoFailed
from qubix_serve.supervisor.down import anything_runs, down
from qubix_serve.supervisor.home import Home

_READY_SECONDS: Final = 180.0
_LOOK_SECONDS: Final = 0.1


def up_arguments(home: Path, *, port: int, providers: Sequence[str], replicas: int = 1) -> list[str]:
    """The command line that starts the platform.

    Args:
        home: its folder.
        port: of its API.
        providers: one provider for each entry: its simulated GPUs, or `OWN_HARDWARE`.
        replicas: of its API.
    """
    where = ["--home", str(home), "--port", str(port)]
    return ["up", *where, "--simulate", ", ".join(providers), "--replicas", str(replicas), "--json"]


def ready_facts(lines: str) -> dict[str, Any] | None:
    """What `qubix up --json` said when it was ready, or None while it has not said so."""
    for line in lines.splitlines(keepends=True):
        if line.endswith("\n") and line.startswith("{"):
            event: dict[str, Any] = json.loads(line)
            if event.get("event") == "ready":
                return event
    return None


class Host:
    """Starts a platform and stops all of it, whatever happens in between.

    Args:
        home: its folder.
        port: of its API.
        providers: one provider for each entry: its simulated GPUs, or `OWN_HARDWARE`.
        replicas: of its API.
        patience: seconds that it may take to get ready: many providers need more than a few.

    Attributes:
        facts: what it said when it was ready: `url`, `apiKey`, `secondsToReady` and more.
    """

    def __init__(
        self,
        home: Path,
        *,
        port: int,
        providers: Sequence[str],
        replicas: int = 1,
        patience: float = _READY_SECONDS,
    ) -> None:
        self.home: Final = Home.locate(home)
        self._arguments = up_arguments(self.home.path, port=port, providers=providers, replicas=replicas)
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None
        self.facts: dict[str, Any] = {}

    def start(self) -> None:
        """Start it, and wait until it is ready.

        Raises:
            DemoFailed: it did not get ready; its own words are in the sentence.
        """
        self.home.path.mkdir(parents=True, exist_ok=True)
        said = self.home.path / "demo-up.log"
        complained = self.home.path / "demo-up-errors.log"
        with _private(said) as out, _private(complained) as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "qubix", *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
                env=_without_platform(os.environ),
                # A group of its own: Ctrl-C is for the demo, which then stops the platform in order.
                start_new_session=True,
            )
        deadline = time.monotonic() + self._patience
        while (facts := ready_facts(said.read_text())) is None:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise DemoFailed(
                    asked="Starting the platform for the demo",
                    obstacle=f"qubix up did not get ready: {last_words(complained) or last_words(said)}",
                    remedy=f"Its logs are in {self.home.logs}; run the demo with --home to keep them.",
                )
            time.sleep(_LOOK_SECONDS)
        self.facts = facts

    def stop(self) -> float:
        """Stop everything, and give the seconds that it took. Stopping what does not run is no error."""
        began = time.monotonic()
        with _undisturbed():
            down(self.home)
            if self._process is not None:
                self._process.wait()
        return time.monotonic() - began

    def anything_runs(self) -> bool:
        """Whether any process of the platform lives."""
        return anything_runs(self.home)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let a second Ctrl-C not break off the stopping."""
    before = {
        number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _private(path: Path) -> IO[bytes]:
    """An empty file that its owner alone may read, for the operator's API key is said in it."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def verify_ledger(home: Path) -> tuple[int, dict[str, Any]]:
    """Run `qubix admin ledger verify` as a person would. Gives its exit code and what it found."""
    ran = subprocess.run(
        [sys.executable, "-m", "qubix", "admin", "ledger", "verify", "--home", str(home), "--json"],
        env=_without_platform(os.environ),
        capture_output=True,
        check=False,
        text=True,
    )
    try:
        return ran.returncode, json.loads(ran.stdout)
    except ValueError:
        return ran.returncode, {"passed": False, "error": ran.stderr.strip()[-500:]}


def _without_platform(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what would point to another platform."""
    own = ("QUBIX_", "DATABASE_", "RAY_")
    return {name: value for name, value in environment.items() if not name.startswith(own)}


def last_words(log: Path) -> str:
    """The last line of a log; of an error as JSON its sentence."""
    line = log.read_text(errors="replace").strip().rpartition("\n")[2]
    try:
        return str(json.loads(line)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return line
