import select
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from qubix_agent.sandbox.interpreter import base_interpreter
from qubix_agent.sandbox.launcher import Launcher
from qubix_agent.sandbox.limits import Limits
from qubix_agent.sandbox.outcome import Outcome
from qubix_agent.sandbox.sandbox import OutputPipe, Sandbox
from qubix_agent.sandbox.view import Command, View

SMALL = Limits(wall_seconds=20, memory_mib=128, max_processes=32, max_file_mib=8, max_output_mib=16)
PREFIX, PYTHON = base_interpreter()


@dataclass(frozen=True)
class Ran:
    outcome: Outcome
    stdout: str
    stderr: str


Run = Callable[..., Ran]


def read_all(pipe: OutputPipe) -> str:
    text = b""
    while data := pipe.read():
        text += data
    return text.decode(errors="replace")


def first_line(sandbox: Sandbox) -> str:
    """Wait for the first line that the job prints."""
    text = b""
    while b"\n" not in text:
        assert select.select([sandbox.stdout.fileno()], [], [], 20)[0], "it printed no line"
        data = sandbox.stdout.read()
        assert data != b"", f"it ended: {sandbox.stderr.read()!r}"
        text += data or b""
    return text.decode()


def start(sandbox: Sandbox, code: str, *, limits: Limits = SMALL, environ: Mapping[str, str] | None = None) -> None:
    command = Command(argv=(str(PYTHON), "-c", code), environ=environ or {})
    sandbox.start(command=command, view=View(interpreter=PREFIX), limits=limits)


@pytest.fixture(scope="session", params=[True, False], ids=["cgroup", "watchdog"])
def any_launcher(request: pytest.FixtureRequest) -> Iterator[Launcher]:
    with Launcher(use_cgroups=request.param) as launcher:
        if request.param and not launcher.has_cgroups:
            pytest.skip("no cgroups may be made on this machine")
        yield launcher


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    with Launcher() as launcher:
        yield launcher


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "work"


def run_in(launcher: Launcher, folder: Path, argv: Sequence[str], **options: object) -> Ran:
    limits = options.pop("limits", SMALL)
    view = options.pop("view", View(interpreter=PREFIX))
    environ = options.pop("environ", {})
    assert isinstance(limits, Limits)
    assert isinstance(view, View)
    assert isinstance(environ, dict)
    assert not options
    with launcher.prepare(folder) as sandbox:
        sandbox.start(command=Command(argv=argv, environ=environ), view=view, limits=limits)
        outcome = sandbox.wait(60)
        return Ran(outcome, read_all(sandbox.stdout), read_all(sandbox.stderr))


@pytest.fixture
def run(launcher: Launcher, folder: Path) -> Run:
    """Run Python code in a sandbox to its end."""

    def run_python(code: str, **options: object) -> Ran:
        return run_in(launcher, folder, (str(PYTHON), "-c", code), **options)

    return run_python


@pytest.fixture
def run_any(any_launcher: Launcher, folder: Path) -> Run:
    """The same with the kernel's limits, and with the watchdog alone."""

    def run_python(code: str, **options: object) -> Ran:
        return run_in(any_launcher, folder, (str(PYTHON), "-c", code), **options)

    return run_python


def host_python() -> str:
    """The interpreter that runs the tests, for a process that plays the agent."""
    return sys.executable
