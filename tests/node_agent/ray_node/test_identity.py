"""A process is found again, and a stranger with its number is not taken for it."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from qubix_agent.ray_node.identity import ProcessIdentity, marked, reap, wait_gone

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def _deadline() -> float:
    return time.monotonic() + 10


def test_survives_the_way_through_json() -> None:
    identity = ProcessIdentity.of(os.getpid(), role="test")

    assert ProcessIdentity.from_json(identity.to_json()) == identity
    assert identity.is_alive()


def test_later_process_of_the_same_number_is_another() -> None:
    identity = ProcessIdentity.of(os.getpid(), role="test")
    earlier = ProcessIdentity(role="test", pid=identity.pid, created=identity.created - 60)

    assert earlier.process() is None


def test_zombie_is_gone_until_and_after_it_is_reaped() -> None:
    child = subprocess.Popen(SLEEP)
    identity = ProcessIdentity.of(child.pid, role="child")
    assert identity.is_alive()

    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE
    assert not identity.is_alive()

    reap([identity])
    assert not psutil.pid_exists(child.pid)
    child.wait()


def test_reaping_leaves_a_stranger_and_a_living_child_alone() -> None:
    child = subprocess.Popen(SLEEP)
    try:
        reap([ProcessIdentity.of(child.pid, role="child"), ProcessIdentity.of(os.getppid(), role="parent")])
        assert child.poll() is None
    finally:
        child.kill()
        child.wait()


def test_orphan_is_found_by_its_mark_and_waited_for() -> None:
    value = f"test-{os.getpid()}"
    parent = subprocess.Popen(
        [sys.executable, "-c", f"import subprocess; subprocess.Popen({SLEEP!r})"],
        env=os.environ | {"QUBIX_MARK": value},
    )
    parent.wait()

    orphans = marked("QUBIX_MARK", value)
    assert len(orphans) == 1
    assert orphans[0].pid != parent.pid

    assert wait_gone(orphans, deadline=time.monotonic() + 0.05) == orphans
    orphans[0].send_signal(signal.SIGKILL)
    assert wait_gone(orphans, deadline=_deadline()) == []
    assert marked("QUBIX_MARK", value) == []


def test_orphans_come_to_a_subreaper() -> None:
    program = (
        "import os, subprocess, sys\n"
        "from qubix_agent.ray_node.identity import become_subreaper, reap_orphans\n"
        "become_subreaper()\n"
        f"parent = {'import subprocess; subprocess.Popen(' + repr(SLEEP) + ')'!r}\n"
        "child = subprocess.Popen([sys.executable, '-c', parent])\n"
        "child.wait()\n"
        "import psutil\n"
        "orphan, = psutil.Process().children()\n"
        "orphan.kill()\n"
        "os.waitid(os.P_PID, orphan.pid, os.WEXITED | os.WNOWAIT)\n"
        "reap_orphans(except_pids=[orphan.pid])\n"
        "assert psutil.Process().children()\n"
        "reap_orphans(except_pids=[])\n"
        "assert not psutil.Process().children()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode == 0, done.stderr


def test_no_such_process_cannot_be_named() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()

    with pytest.raises(psutil.NoSuchProcess):
        ProcessIdentity.of(child.pid, role="child")
