"""Every limit holds, with the kernel's help and without."""

import errno
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from qubix_agent.sandbox import disk
from qubix_agent.sandbox.launcher import Launcher
from qubix_agent.sandbox.limits import Limits
from qubix_agent.sandbox.outcome import End
from qubix_agent.sandbox.supervisor import Supervisor
from qubix_agent.sandbox.tree import WalkStopped
from tests.node_agent.sandbox.conftest import SMALL, Run, first_line, read_all, start

HUNGRY = "import time\nheld = []\nwhile True: held.append(bytearray(8 << 20)); time.sleep(0.03)"


def test_too_much_memory_is_reported_as_that(run_any: Run) -> None:
    ran = run_any(HUNGRY)
    assert ran.outcome.end is End.OUT_OF_MEMORY
    assert ran.outcome.peak_memory_bytes > 90 << 20


def test_memory_of_a_child_counts_and_ends_the_whole_job(run_any: Run) -> None:
    ran = run_any(f"import subprocess, sys, time\nsubprocess.run([sys.executable, '-c', {HUNGRY!r}])\ntime.sleep(60)")
    assert ran.outcome.end is End.OUT_OF_MEMORY
    assert ran.outcome.wall_seconds < 15


def test_memory_kept_in_files_in_memory_counts(run_any: Run) -> None:
    ran = run_any(
        "import time\n"
        "for part, folder in enumerate(['/tmp', '/dev/shm'] * 7):\n"
        "    open(f'{folder}/{part}', 'wb').write(bytes(8 << 20)); time.sleep(0.1)\n"
        "held = bytearray(60 << 20); time.sleep(2)",
        limits=replace(SMALL, max_file_mib=64),
    )
    assert ran.outcome.end is End.OUT_OF_MEMORY


def test_a_fork_bomb_is_bounded(run_any: Run) -> None:
    ran = run_any(
        "import os, sys, time\n"
        "born = 0\n"
        "try:\n"
        "    for _ in range(500):\n"
        "        if os.fork() == 0: time.sleep(60); os._exit(0)\n"
        "        born += 1\n"
        "except OSError: print(born)\n"
    )
    assert ran.outcome.succeeded
    assert 20 <= int(ran.stdout) <= SMALL.max_processes


def test_a_large_file_is_refused_in_the_job(run_any: Run) -> None:
    ran = run_any(
        "import os, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "f = open('big', 'wb')\n"
        "try:\n"
        "    for _ in range(64): f.write(bytes(1 << 20))\n"
        "except OSError as error: print(error.errno)\n"
    )
    assert ran.stdout == "27\n"  # EFBIG


@pytest.mark.parametrize("folder_inside", ["/job", "/qubix/output", "/qubix/checkpoint"])
def test_many_files_end_the_job(run: Run, folder_inside: str) -> None:
    ran = run(
        "import time\n"
        "for part in range(100):\n"
        f"    open(f'{folder_inside}/{{part}}', 'wb').write(bytes(1 << 20)); time.sleep(0.02)\n"
    )
    assert ran.outcome.end is End.OUTPUT_LIMIT


def test_the_progress_file_counts_too(run: Run) -> None:
    ran = run("open('/qubix/progress', 'wb').write(bytes(20 << 20))", limits=replace(SMALL, max_file_mib=64))
    assert ran.outcome.end is End.OUTPUT_LIMIT


def test_files_without_a_name_count_too(run_any: Run) -> None:
    ran = run_any(
        "import os, time\n"
        "held = []\n"
        "for part in range(100):\n"
        "    held.append(open('x', 'wb')); os.unlink('x'); held[-1].write(bytes(1 << 20)); held[-1].flush()\n"
        "    time.sleep(0.02)\n"
        "time.sleep(20)\n"
    )
    assert ran.outcome.end is End.OUTPUT_LIMIT


def test_a_tree_too_deep_to_look_into_ends_the_job_and_is_removed(launcher: Launcher, folder: Path) -> None:
    with launcher.prepare(folder) as sandbox:
        start(
            sandbox, "import os, time\nfor _ in range(3000): os.mkdir('d' * 100); os.chdir('d' * 100)\ntime.sleep(60)"
        )
        assert sandbox.wait(30).end is End.OUTPUT_LIMIT
    assert list(folder.iterdir()) == []


@pytest.fixture
def endless_walk(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Looking through a job's files takes for ever; the event is set when such a look has begun."""
    begun = threading.Event()

    def walk(_: Iterable[Path], *, is_unwanted: Callable[[], bool]) -> int:
        begun.set()
        while not is_unwanted():
            _pass_time(0.01)
        raise WalkStopped

    monkeypatch.setattr(disk, "disk_bytes", walk)
    return begun


def test_millions_of_files_do_not_hold_up_an_order_to_stop(
    launcher: Launcher, folder: Path, endless_walk: threading.Event
) -> None:
    with launcher.prepare(folder) as sandbox:
        start(sandbox, "import time; time.sleep(60)")
        assert endless_walk.wait(10)
        asked = time.monotonic()
        sandbox.kill()
        assert sandbox.wait(10).end is End.KILLED
        assert time.monotonic() - asked < 1


def test_millions_of_files_do_not_hold_up_the_clock(
    launcher: Launcher, folder: Path, endless_walk: threading.Event
) -> None:
    with launcher.prepare(folder) as sandbox:
        start(sandbox, "import time; time.sleep(60)", limits=replace(SMALL, wall_seconds=1))
        outcome = sandbox.wait(10)
        assert endless_walk.is_set()
        assert outcome.end is End.TIMEOUT
        assert outcome.wall_seconds < 2


def test_a_disk_that_fails_is_said_and_ends_the_job(
    launcher: Launcher, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(disk, "disk_bytes", fail)
    with launcher.prepare(folder) as sandbox:
        start(sandbox, "import time; time.sleep(60)")
        with pytest.raises(OSError, match="broken"):
            sandbox.wait(10)


def test_an_order_to_stop_does_not_hide_that_a_limit_was_broken(
    launcher: Launcher, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with launcher.prepare(folder) as sandbox:
        start(sandbox, "import time; print('up', flush=True); time.sleep(60)")
        assert first_line(sandbox) == "up\n"
        with monkeypatch.context() as late:
            late.setattr(Supervisor, "_kill", lambda _: None)
            sandbox._running()._end(End.OUT_OF_MEMORY)
        sandbox.kill()
        assert sandbox.wait(10).end is End.OUT_OF_MEMORY


def test_what_is_written_just_before_the_end_counts(run: Run) -> None:
    ran = run("for part in range(20): open(str(part), 'wb').write(bytes(1 << 20))")
    assert ran.outcome.end is End.OUTPUT_LIMIT


def test_time_runs_out_for_children_that_hide(launcher: Launcher, folder: Path) -> None:
    with launcher.prepare(folder) as sandbox:
        start(
            sandbox,
            "import os, signal, time\n"
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
            "for _ in range(3):\n"
            "    if os.fork() == 0:\n"
            "        os.setsid()\n"
            "        if os.fork(): os._exit(0)\n"
            "        time.sleep(600)\n"
            "time.sleep(600)",
            limits=replace(SMALL, wall_seconds=0.7),
        )
        outcome = sandbox.wait(10)
        assert outcome.end is End.TIMEOUT
        assert 0.7 <= outcome.wall_seconds < 2
        # The pipe ends only when nobody holds it any more.
        assert read_all(sandbox.stdout) == ""
        assert sandbox.stdout.read() == b""


def test_the_share_of_the_processor_is_bounded(launcher: Launcher, folder: Path) -> None:
    if not launcher.has_cgroups:
        pytest.skip("only the kernel can bound the processor")
    with launcher.prepare(folder) as sandbox:
        start(
            sandbox,
            "import time\nend = time.monotonic() + 1.5\nwhile time.monotonic() < end: pass",
            limits=replace(SMALL, cpu_milli=200),
        )
        outcome = sandbox.wait(20)
    assert outcome.succeeded
    assert outcome.cpu_seconds < 0.35 * outcome.wall_seconds


def test_usage_is_seen_while_it_runs_and_summed_at_the_end(any_launcher: Launcher, folder: Path) -> None:
    with any_launcher.prepare(folder) as sandbox:
        start(
            sandbox,
            "import time\nheld = bytearray(40 << 20)\nprint('up', flush=True)\n"
            "end = time.monotonic() + 1.5\nwhile time.monotonic() < end: pass\ntime.sleep(60)",
        )
        assert first_line(sandbox) == "up\n"
        sandbox.usage()
        _pass_time(0.6)
        usage = sandbox.usage()
        assert usage is not None
        assert 20 < usage.cpu_percent <= 130
        assert usage.memory_bytes > 40 << 20
        assert usage.processes >= 1
        sandbox.kill()
        assert sandbox.wait(10).peak_memory_bytes > 40 << 20
        assert sandbox.usage() is None


@pytest.mark.parametrize("field", ["wall_seconds", "memory_mib", "cpu_milli", "max_processes", "max_output_mib"])
def test_a_limit_of_nothing_is_none(field: str) -> None:
    with pytest.raises(ValueError, match=field):
        replace(Limits(), **{field: 0})


def _pass_time(seconds: float) -> None:
    """Keep the processor of this thread busy elsewhere: there is no event to wait for, only time to measure over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        Path("/proc/self/stat").read_bytes()
