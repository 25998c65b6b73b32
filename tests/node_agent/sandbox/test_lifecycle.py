"""Start, end, and that nothing is left."""

import asyncio
import errno
import os
import select
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from qubix_agent.sandbox.errors import SandboxMisused, SandboxUnavailable
from qubix_agent.sandbox.hierarchy import find_hierarchy
from qubix_agent.sandbox.launcher import Launcher
from qubix_agent.sandbox.outcome import End
from qubix_agent.sandbox.reclaim import acquire_clean_slot
from qubix_agent.sandbox.sandbox import Sandbox
from qubix_agent.sandbox.slot import (
    SLOT_VARIABLE,
    SLOTS,
    default_runtime_folder,
    free_slots,
    open_runtime_folder,
    try_slot,
)
from qubix_agent.sandbox.standby import park
from qubix_agent.sandbox.tree import iter_files
from tests.node_agent.sandbox.conftest import Run, first_line, host_python, start

STUBBORN = (
    "import os, signal, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "if os.fork() == 0: os.setsid()\n"
    "print('up', flush=True)\n"
    "time.sleep(600)"
)


def processes_of(uid: int) -> list[str]:
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and process.stat().st_uid == uid:
                found.append(process.name)
        except FileNotFoundError:
            continue
    return found


def left_under(number: int) -> list[str]:
    """What is left of a slot's former owner. Where the slot is taken again, its new owner has seen to that."""
    slot = try_slot(default_runtime_folder(), number)
    if slot is None:
        return []
    try:
        folders = [str(folder) for folder in Path("/sys/fs/cgroup").glob(f"**/{slot.name}")]
        processes = processes_of(slot.uid) if os.geteuid() == 0 else []
        journal = slot.read()
        return [*folders, *processes, *map(str, journal.workspaces), *map(str, journal.cgroups)]
    finally:
        slot.release()


def open_descriptors() -> list[str]:
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


def number_of(sandbox: Sandbox) -> int:
    return int(sandbox.workspace.root.name.split("-")[0])


def test_success_and_failure_are_told_apart(run: Run) -> None:
    assert run("print('hello')").outcome.succeeded
    failed = run("raise SystemExit(3)").outcome
    assert (failed.end, failed.exit_code) == (End.EXITED, 3)
    crashed = run("import os; os.abort()").outcome
    assert (crashed.end, crashed.exit_code) == (End.EXITED, 128 + signal.SIGABRT)


def test_a_program_that_does_not_exist_says_so(launcher: Launcher, folder: Path) -> None:
    with launcher.prepare(folder) as sandbox:
        start(sandbox, "import os; os.execvp('nonesuch', ['nonesuch'])")
        assert sandbox.wait(10).exit_code == 1
        assert b"FileNotFoundError" in (sandbox.stderr.read() or b"")


def test_terminate_lets_a_program_end_by_itself(launcher: Launcher, folder: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "def last(*_):\n"
        "    open('/qubix/checkpoint/last', 'w').write('epoch 3')\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, last)\n"
        "print('up', flush=True)\n"
        "time.sleep(600)"
    )
    with launcher.prepare(folder) as sandbox:
        start(sandbox, code)
        assert first_line(sandbox) == "up\n"
        sandbox.terminate(10)
        outcome = sandbox.wait(10)
        assert (outcome.end, outcome.exit_code) == (End.KILLED, 0)
        assert (sandbox.workspace.checkpoint / "last").read_text() == "epoch 3"


def test_cancel_takes_effect_within_a_second_and_leaves_nothing(any_launcher: Launcher, folder: Path) -> None:
    with any_launcher.prepare(folder) as sandbox:
        start(sandbox, STUBBORN)
        assert first_line(sandbox).startswith("up")
        asked = time.monotonic()
        sandbox.terminate(0.3)
        assert sandbox.wait(10).end is End.KILLED
        assert time.monotonic() - asked < 1
    assert not sandbox.workspace.root.exists()
    assert left_under(number_of(sandbox)) == []


def test_close_ends_what_still_runs(launcher: Launcher, folder: Path) -> None:
    with launcher.prepare(folder) as sandbox:
        start(sandbox, STUBBORN)
        assert first_line(sandbox).startswith("up")
    assert sandbox.wait(0).end is End.KILLED
    assert list(folder.iterdir()) == []


def test_closing_an_unused_sandbox_leaves_nothing(launcher: Launcher, folder: Path) -> None:
    with launcher.prepare(folder) as sandbox:
        pid = sandbox.pid
    assert list(folder.iterdir()) == []
    assert not Path(f"/proc/{pid}").exists()
    assert left_under(number_of(sandbox)) == []


def test_a_daemon_does_not_outlive_its_job(launcher: Launcher, folder: Path) -> None:
    with launcher.prepare(folder) as sandbox:
        start(sandbox, "import os, time\nif os.fork() == 0:\n    os.setsid(); time.sleep(600)\nprint('bye')")
        assert sandbox.wait(10).succeeded
        assert sandbox.stdout.read() == b"bye\n"
        assert sandbox.stdout.read() == b""
        if sandbox.job_uid is not None:
            assert processes_of(sandbox.job_uid) == []


def test_a_job_outlives_the_thread_that_asked_for_it(launcher: Launcher, folder: Path) -> None:
    with launcher.prepare(folder) as sandbox:
        code = "import time; time.sleep(0.5); print('still here')"
        thread = threading.Thread(target=start, args=(sandbox, code))
        thread.start()
        thread.join()
        assert sandbox.wait(10).succeeded


async def test_the_outcome_can_be_awaited(launcher: Launcher, folder: Path) -> None:
    with launcher.prepare(folder) as sandbox:
        start(sandbox, "pass")
        outcome = await asyncio.wait_for(asyncio.wrap_future(sandbox.done), 10)
        assert outcome.succeeded


def test_output_is_read_without_blocking(launcher: Launcher, folder: Path) -> None:
    with launcher.prepare(folder) as sandbox:
        assert sandbox.stdout.read() is None
        start(sandbox, "print('x' * 100000)")
        total = 0
        while select.select([sandbox.stdout.fileno()], [], [], 20)[0] and (data := sandbox.stdout.read()):
            total += len(data)
        assert total == 100001
        assert sandbox.wait(10).succeeded


def test_progress_and_output_reach_the_host(launcher: Launcher, folder: Path) -> None:
    with launcher.prepare(folder) as sandbox:
        start(
            sandbox,
            "import os\n"
            "open(os.environ['QUBIX_PROGRESS'], 'w').write('0.4')\n"
            "open(os.environ['QUBIX_OUTPUT'] + '/model.bin', 'wb').write(b'weights')\n"
            "os.symlink('/etc/shadow', os.environ['QUBIX_OUTPUT'] + '/stolen')\n",
        )
        assert sandbox.wait(10).succeeded
        assert sandbox.workspace.read_progress() == "0.4"
        (found,) = iter_files(sandbox.workspace.output)
        assert (found.relative, found.size) == ("model.bin", 7)
        with found.open() as file:
            assert file.read() == b"weights"


def test_a_sandbox_is_used_once(launcher: Launcher, folder: Path) -> None:
    with launcher.prepare(folder) as sandbox:
        with pytest.raises(SandboxMisused, match="not started"):
            sandbox.wait()
        start(sandbox, "pass")
        with pytest.raises(SandboxMisused, match="started before"):
            start(sandbox, "pass")
    with pytest.raises(SandboxMisused):
        start(sandbox, "pass")
    with Launcher() as closed:
        pass
    with pytest.raises(SandboxMisused, match="launcher is closed"):
        closed.prepare(folder)


def test_a_standby_that_was_killed_is_replaced(folder: Path) -> None:
    with Launcher(standbys=1) as launcher:
        with launcher.prepare(folder) as sandbox:
            start(sandbox, "pass")
            sandbox.wait(10)
        waiting = launcher._waiting[0].result(20)
        os.kill(waiting.process.pid, signal.SIGKILL)
        os.waitid(os.P_PID, waiting.process.pid, os.WEXITED | os.WNOWAIT)
        with launcher.prepare(folder) as sandbox:
            start(sandbox, "pass")
            assert sandbox.wait(10).succeeded


RUNNER = """
import sys, threading
from pathlib import Path
from qubix_agent.sandbox.launcher import Launcher
from tests.node_agent.sandbox.conftest import first_line, start
from tests.node_agent.sandbox.test_lifecycle import STUBBORN
launcher = Launcher()
sandbox = launcher.prepare(Path(sys.argv[1]))
start(sandbox, STUBBORN)
assert first_line(sandbox).startswith("up")
print(sandbox.workspace.root.name.split("-")[0], sandbox.pid, flush=True)
threading.Event().wait()
"""


def test_a_killed_runner_takes_its_job_with_it_and_a_sweep_the_rest(launcher: Launcher, folder: Path) -> None:
    runner = subprocess.Popen([host_python(), "-c", RUNNER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert runner.stdout is not None
    with runner:
        number, pid = map(int, runner.stdout.readline().split())
        bubblewrap = os.pidfd_open(pid)
        assert number not in launcher.sweep(folder).slots  # it lives
        assert len(list(folder.iterdir())) == 1
        runner.kill()
        runner.wait()
    assert select.select([bubblewrap], [], [], 5)[0]
    os.close(bubblewrap)
    launcher.sweep(folder)
    assert left_under(number) == []
    assert list(folder.iterdir()) == []


def test_a_sweep_ends_what_a_slot_without_an_owner_left_running(launcher: Launcher, folder: Path) -> None:
    slot = next(free_slots(launcher.runtime, among=range(SLOTS - 1, 0, -1)))
    orphan = subprocess.Popen(["/bin/sleep", "600"], env={SLOT_VARIABLE: slot.name})
    try:
        launcher.sweep(folder)
        assert orphan.poll() is None  # its owner lives
        slot.release()
        launcher.sweep(folder)
        assert orphan.wait(10) == -signal.SIGKILL
    finally:
        orphan.kill()


def test_a_sweep_leaves_the_slots_of_agents_alone_that_it_cannot_see(
    launcher: Launcher, folder: Path, tmp_path: Path
) -> None:
    elsewhere = open_runtime_folder(tmp_path / "elsewhere")
    theirs = next(free_slots(elsewhere))
    ours = next(free_slots(launcher.runtime, among=[SLOTS - 1]))
    same_number = try_slot(elsewhere, ours.number)
    assert same_number is not None
    assert same_number.name != ours.name
    process = subprocess.Popen(["/bin/sleep", "600"], env={SLOT_VARIABLE: same_number.name})
    try:
        ours.release()
        launcher.sweep(folder)
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
        same_number.release()
        theirs.release()


@pytest.mark.parametrize("broken", ["fchown", "set_blocking"])
def test_a_sandbox_that_cannot_be_started_leaves_nothing_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    if broken == "fchown" and os.geteuid() != 0:
        pytest.skip("only root gives pipes away")
    runtime = open_runtime_folder(tmp_path / "runtime")
    park(runtime=runtime, hierarchy=find_hierarchy()).discard()  # what is opened once stays open
    before = open_descriptors()

    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, "it fails")

    with monkeypatch.context() as failing:
        failing.setattr(os, broken, refuse)
        with pytest.raises(SandboxUnavailable, match="it fails"):
            park(runtime=runtime, hierarchy=find_hierarchy())
    assert open_descriptors() == before
    clean = acquire_clean_slot(runtime)
    assert clean.number == 0
    clean.release()


def test_a_process_that_ends_in_order_leaves_nothing(folder: Path) -> None:
    code = (
        "from qubix_agent.sandbox.launcher import Launcher\n"
        "launcher = Launcher(standbys=2)\n"
        "print(*[waiting.result(20).slot.number for waiting in launcher._waiting])"
    )
    ran = subprocess.run([host_python(), "-c", code], capture_output=True, text=True, timeout=60, check=True)
    for number in ran.stdout.split():
        assert left_under(int(number)) == []


def test_a_folder_from_before_a_restart_of_the_machine_is_swept(launcher: Launcher, folder: Path) -> None:
    abandoned = folder / "7-0123456789ab"
    (abandoned / "job").mkdir(parents=True)
    with launcher.prepare(folder) as sandbox:
        assert launcher.sweep(folder).folders == (abandoned,)
        assert sandbox.workspace.root.exists()
    assert list(folder.iterdir()) == []
