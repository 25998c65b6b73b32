"""A waiting interpreter stands in for a job's program, and the job cannot tell."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from qubix_agent.sandbox.errors import SandboxFailed
from qubix_agent.sandbox.launcher import WAITING_PREFIX, Launcher
from qubix_agent.sandbox.outcome import End
from qubix_agent.sandbox.sandbox import Sandbox
from qubix_agent.sandbox.view import Command, View
from qubix_agent.sandbox.warm import can_become
from tests.node_agent.sandbox.conftest import PREFIX, PYTHON, SMALL, Ran, read_all

IDENTITY = """
import json, os, sys, resource
main = sys.modules["__main__"]
print(json.dumps({
    "argv": sys.argv, "path": sys.path, "name": __name__, "file": globals().get("__file__"), "cwd": os.getcwd(),
    "names": sorted(globals()), "environ": dict(os.environ), "is_main": main.__dict__ is globals(),
    "stdin": sys.stdin.read(), "flags": str(sys.flags), "prefix": sys.prefix,
    "limits": [resource.getrlimit(kind) for kind in range(16)],
    "groups": os.getgroups() == [os.getgid()] or os.getgroups() == [], "fds": sorted(os.listdir("/proc/self/fd"))[:3],
}, sort_keys=True))
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment without packages, which points to where it will be bound."""
    folder = tmp_path_factory.mktemp("environment") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    python.unlink()
    python.symlink_to(PYTHON)
    folder.chmod(0o755)
    return folder


@pytest.fixture
def warm_launcher() -> Iterator[Launcher]:
    with Launcher(keep_warm=True) as launcher:
        if not launcher.has_cgroups:
            pytest.skip("no interpreter waits where there are no cgroups")
        yield launcher


@pytest.fixture
def view(environment: Path) -> View:
    return View(environment=environment, interpreter=PREFIX)


def run(
    launcher: Launcher,
    folder: Path,
    view: View,
    argv: Sequence[str],
    *,
    files: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
    warm: bool,
) -> Ran:
    with prepare(launcher, folder, warm=warm) as sandbox:
        for name, text in (files or {}).items():
            (sandbox.workspace.incoming_job / name).write_text(text)
        sandbox.start(command=Command(argv=argv, environ=environ or {}), view=view, limits=SMALL)
        outcome = sandbox.wait(20)
        return Ran(outcome, read_all(sandbox.stdout), read_all(sandbox.stderr))


def prepare(launcher: Launcher, folder: Path, *, warm: bool) -> Sandbox:
    if warm:
        wait_until_ready(launcher)
    sandbox = launcher.prepare(folder)
    assert (sandbox._profile is not None) is warm
    assert not sandbox.workspace.root.name.startswith(WAITING_PREFIX)
    return sandbox


def wait_until_ready(launcher: Launcher) -> Sandbox:
    waiting = launcher._warm
    assert waiting is not None, "no job came before that it could have learned from"
    sandbox = waiting.result(20)
    assert select.select([sandbox.stdout.fileno()], [], [], 20)[0]
    return sandbox


def run_both(
    launcher: Launcher,
    folder: Path,
    view: View,
    argv: Sequence[str],
    *,
    files: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> tuple[Ran, Ran]:
    cold = run(launcher, folder, view, argv, files=files, environ=environ, warm=False)
    return cold, run(launcher, folder, view, argv, files=files, environ=environ, warm=True)


def test_a_script_sees_the_same_world_either_way(warm_launcher: Launcher, folder: Path, view: View) -> None:
    files = {"main.py": "import neighbour\n" + IDENTITY, "neighbour.py": ""}
    argv = ["/env/bin/python", "main.py", "--epochs", "3"]
    cold, warm = run_both(warm_launcher, folder, view, argv, files=files, environ={"EPOCHS": "3"})
    assert cold.stderr == warm.stderr == ""
    assert json.loads(cold.stdout) == json.loads(warm.stdout)
    seen = json.loads(warm.stdout)
    assert seen["argv"] == ["main.py", "--epochs", "3"]
    assert seen["path"][0] == "/job"
    assert seen["prefix"] == "/env"


def test_code_on_the_command_line_sees_the_same_world_either_way(
    warm_launcher: Launcher, folder: Path, view: View
) -> None:
    cold, warm = run_both(warm_launcher, folder, view, ["python", "-c", IDENTITY, "word"])
    assert cold.stderr == warm.stderr == ""
    assert json.loads(cold.stdout) == json.loads(warm.stdout)


@pytest.mark.parametrize(
    "code",
    [
        "def fail():\n    raise ValueError('wrong')\nfail()",
        "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise RuntimeError('after') from error",
        "raise SystemExit(7)",
        "raise SystemExit('a word')",
        "this is no Python",
        "import sys\nsys.excepthook = lambda *_: print('hooked')\nraise ValueError",
        "import atexit\natexit.register(print, 'bye')\nprint('work')",
        "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)",
        "import multiprocessing as m\ndef f(x): return x * x\nif __name__ == '__main__':\n"
        "    with m.get_context('spawn').Pool(2) as pool: print(pool.map(f, [1, 2, 3]))",
        "import pickle\nclass C: pass\nprint(type(pickle.loads(pickle.dumps(C()))))",
        "# -*- coding: latin-1 -*-\nprint('\\xe9')",
    ],
    ids=["error", "chained", "exit", "exit-word", "syntax", "hook", "atexit", "signal", "spawn", "pickle", "coding"],
)
def test_every_end_looks_the_same_either_way(warm_launcher: Launcher, folder: Path, view: View, code: str) -> None:
    cold, warm = run_both(warm_launcher, folder, view, ["python", "main.py"], files={"main.py": code})
    assert (warm.stdout, warm.stderr, warm.outcome.exit_code) == (cold.stdout, cold.stderr, cold.outcome.exit_code)


def test_a_script_that_is_not_there_is_reported_the_same_way(warm_launcher: Launcher, folder: Path, view: View) -> None:
    cold, warm = run_both(warm_launcher, folder, view, ["/env/bin/python", "nonesuch.py"])
    assert (warm.stderr, warm.outcome.exit_code) == (cold.stderr, cold.outcome.exit_code)
    assert warm.outcome.exit_code == 2


def test_the_jobs_own_limits_hold(warm_launcher: Launcher, folder: Path, view: View) -> None:
    run(warm_launcher, folder, view, ["python", "-c", "pass"], warm=False)
    hungry = "held = [bytearray(8 << 20) for _ in range(64)]"
    assert run(warm_launcher, folder, view, ["python", "-c", hungry], warm=True).outcome.end is End.OUT_OF_MEMORY
    with prepare(warm_launcher, folder, warm=True) as sandbox:
        limits = replace(SMALL, memory_mib=1024)  # more than it waited with
        sandbox.start(command=Command(argv=["python", "-c", "held = bytearray(300 << 20)"]), view=view, limits=limits)
        outcome = sandbox.wait(20)
    assert outcome.succeeded
    assert outcome.peak_memory_bytes > 300 << 20


@pytest.mark.parametrize(
    ("argv", "environ"),
    [
        (["sh", "-c", "echo fine"], {}),
        (["python", "-m", "this"], {}),
        (["python", "-X", "dev", "-c", "print('fine')"], {}),
        (["python", "-c", "print('fine')"], {"PYTHONHASHSEED": "1"}),
        (["python", "-c", "print('fine')"], {"LD_PRELOAD": ""}),
    ],
)
def test_what_it_cannot_stand_in_for_starts_the_ordinary_way(
    warm_launcher: Launcher, folder: Path, view: View, argv: list[str], environ: dict[str, str]
) -> None:
    run(warm_launcher, folder, view, ["python", "-c", "pass"], warm=False)
    assert not can_become(Command(argv=argv, environ=environ))
    with prepare(warm_launcher, folder, warm=True) as sandbox:
        (sandbox.workspace.incoming_job / "data").write_text("kept")
        waiting = sandbox.pid
        sandbox.start(command=Command(argv=argv, environ=environ), view=view, limits=SMALL)
        assert sandbox.wait(20).succeeded
        assert sandbox.pid != waiting
        assert not Path(f"/proc/{waiting}").exists()
        assert (sandbox.workspace.job / "data").read_text() == "kept"
        assert read_all(sandbox.stdout)


def test_another_environment_starts_the_ordinary_way(
    warm_launcher: Launcher, folder: Path, view: View, tmp_path: Path
) -> None:
    run(warm_launcher, folder, view, ["python", "-c", "pass"], warm=False)
    other = tmp_path / "other"
    subprocess.run(["cp", "-a", view.environment or "", other], check=True)
    (other / "marker").touch()
    code = "import os; print(os.path.exists('/env/marker'))"
    ran = run(warm_launcher, folder, replace(view, environment=other), ["python", "-c", code], warm=True)
    assert ran.stdout == "True\n"
    # And the next interpreter waits there.
    ran = run(warm_launcher, folder, replace(view, environment=other), ["python", "-c", code], warm=True)
    assert ran.stdout == "True\n"


def test_an_environment_built_anew_at_the_same_place_is_noticed(
    warm_launcher: Launcher, folder: Path, view: View, tmp_path: Path
) -> None:
    place = tmp_path / "place"
    subprocess.run(["cp", "-a", view.environment or "", place], check=True)
    there = replace(view, environment=place)
    run(warm_launcher, folder, there, ["python", "-c", "pass"], warm=False)
    wait_until_ready(warm_launcher)
    place.rename(tmp_path / "evicted")
    subprocess.run(["cp", "-a", tmp_path / "evicted", place], check=True)
    (place / "marker").touch()
    code = "import os; print(os.path.exists('/env/marker'))"
    assert run(warm_launcher, folder, there, ["python", "-c", code], warm=True).stdout == "True\n"


def test_one_that_was_killed_while_it_waited_is_replaced(warm_launcher: Launcher, folder: Path, view: View) -> None:
    run(warm_launcher, folder, view, ["python", "-c", "pass"], warm=False)
    pid = wait_until_ready(warm_launcher).pid
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert run(warm_launcher, folder, view, ["python", "-c", "print(1)"], warm=False).stdout == "1\n"


def test_one_that_dies_between_is_replaced(warm_launcher: Launcher, folder: Path, view: View) -> None:
    run(warm_launcher, folder, view, ["python", "-c", "pass"], warm=False)
    with prepare(warm_launcher, folder, warm=True) as sandbox:
        os.kill(sandbox.pid, signal.SIGKILL)
        os.waitid(os.P_PID, sandbox.pid, os.WEXITED | os.WNOWAIT)
        sandbox.start(command=Command(argv=["python", "-c", "print(1)"]), view=view, limits=SMALL)
        assert sandbox.wait(20).succeeded
        assert sandbox.stdout.read() in (b"1", b"1\n")


def test_one_that_is_not_ready_yet_is_not_waited_for(warm_launcher: Launcher, folder: Path, view: View) -> None:
    warm_launcher.keep_ready(view=view, folder=folder)
    ran = run(warm_launcher, folder, view, ["python", "-c", "print(1)"], warm=False)
    assert ran.stdout == "1\n"
    assert run(warm_launcher, folder, view, ["python", "-c", "print(2)"], warm=True).stdout == "2\n"


def test_the_first_job_need_not_be_cold(warm_launcher: Launcher, folder: Path, view: View) -> None:
    warm_launcher.keep_ready(view=view, folder=folder)
    assert run(warm_launcher, folder, view, ["python", "-c", "print(1)"], warm=True).stdout == "1\n"


def test_closing_leaves_none(environment: Path, folder: Path, view: View) -> None:
    with Launcher(keep_warm=True) as launcher:
        if not launcher.has_cgroups:
            pytest.skip("no interpreter waits where there are no cgroups")
        run(launcher, folder, view, ["python", "-c", "pass"], warm=False)
        waiting = wait_until_ready(launcher)
        assert [path.name.startswith(WAITING_PREFIX) for path in folder.iterdir()] == [True]
        assert launcher.sweep(folder).folders == ()
    assert not waiting.is_alive
    assert list(folder.iterdir()) == []


HOSTILE = """
import os, sys, threading, time
def look():
    number = 0
    while True:
        number += 1
        with open("/qubix/output/new", "w") as file:
            file.write(f"{number} {sorted(os.listdir('/job'))}")
        os.replace("/qubix/output/new", "/qubix/output/looks")
        time.sleep(0.01)
os.makedirs("/job/taken/by")
threading.Thread(target=look, daemon=True).start()
"""


@pytest.fixture
def hostile_view(view: View, tmp_path: Path) -> View:
    """With an environment in which a package's code runs as soon as an interpreter starts there."""
    environment = tmp_path / "hostile"
    subprocess.run(["cp", "-a", view.environment or "", environment], check=True)
    [packages] = environment.glob("lib/python*/site-packages")
    (packages / "hostile.pth").write_text("import hostile\n")
    (packages / "hostile.py").write_text(HOSTILE)
    return replace(view, environment=environment)


def next_look(sandbox: Sandbox) -> str:
    """What the hostile package saw in the job's folder at a look that it began after this call."""
    file, deadline = sandbox.workspace.output / "looks", time.monotonic() + 10
    begun = int(file.read_text().split()[0]) if file.exists() else 0
    while time.monotonic() < deadline:
        number, _, seen = file.read_text().partition(" ") if file.exists() else ("0", "", "")
        if int(number) > begun + 1:
            return seen
    raise AssertionError("it does not look")


def test_a_package_that_waits_inside_cannot_get_at_what_comes_for_the_job(
    warm_launcher: Launcher, folder: Path, hostile_view: View
) -> None:
    warm_launcher.keep_ready(view=hostile_view, folder=folder)
    with prepare(warm_launcher, folder, warm=True) as sandbox:
        (sandbox.workspace.incoming_job / "d").mkdir()
        (sandbox.workspace.incoming_job / "d" / "main.py").write_text("print('fine')")
        assert next_look(sandbox) == "['taken']"
        sandbox.start(command=Command(argv=["python", "d/main.py"]), view=hostile_view, limits=SMALL)
        assert sandbox.wait(20).succeeded
        assert read_all(sandbox.stdout) == "fine\n"


def test_a_package_that_stands_in_the_way_of_what_comes_is_said(
    warm_launcher: Launcher, folder: Path, hostile_view: View
) -> None:
    warm_launcher.keep_ready(view=hostile_view, folder=folder)
    with prepare(warm_launcher, folder, warm=True) as sandbox:
        (sandbox.workspace.incoming_job / "taken").mkdir()
        with pytest.raises(SandboxFailed, match="environment writes there"):
            sandbox.start(command=Command(argv=["python", "-c", ""]), view=hostile_view, limits=SMALL)
