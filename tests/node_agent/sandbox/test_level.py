"""What a machine says of its own isolation is measured, as root and as anybody."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from qubix.schemas.states import IsolationLevel
from qubix_agent.sandbox import bubblewrap, level
from qubix_agent.sandbox.errors import SandboxUnavailable
from qubix_agent.sandbox.launcher import Launcher
from qubix_agent.sandbox.level import measure_level

NOBODY = 65534

AS_NOBODY = """
import os, sys
from pathlib import Path
from qubix_agent.sandbox.launcher import Launcher
from qubix_agent.sandbox.level import measure_level
from qubix_agent.sandbox.limits import Limits
from qubix_agent.sandbox.view import Command, View
folder = Path(sys.argv[1])
with Launcher() as launcher:
    print(measure_level(launcher, folder).level)
    with launcher.prepare(folder) as sandbox:
        script = "id -u; ls -d /env /home /etc/shadow; unshare -U true; mkdir /x"
        sandbox.start(command=Command(argv=["sh", "-c", script]), view=View(), limits=Limits(wall_seconds=10))
        sandbox.wait()
        print(sandbox.stdout.read().decode(), sandbox.stderr.read().decode())
    assert list(folder.iterdir()) == []
"""


def test_the_level_is_what_a_real_job_could_not_do(any_launcher: Launcher, folder: Path) -> None:
    measured = measure_level(any_launcher, folder)
    if any_launcher.has_cgroups:
        assert measured == level.Measurement(IsolationLevel.BWRAP_CGROUP, ())
    else:
        assert measured.level is IsolationLevel.BWRAP
        assert "watchdog" in measured.reasons[0]
    assert list(folder.iterdir()) == []


def test_a_job_that_can_do_too_much_means_no_isolation(
    launcher: Launcher, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe = tmp_path / "probe.py"
    probe.write_text("print('[\"mount a file system\"]')")
    monkeypatch.setattr(level, "_PROBE", probe)
    assert measure_level(launcher, folder) == level.Measurement(
        IsolationLevel.NONE, ("a job could mount a file system",)
    )


def test_a_machine_without_the_tools_isolates_nothing_and_says_why(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "bwrap" else f"/usr/bin/{name}")
    monkeypatch.setattr(bubblewrap, "_bundled", lambda: None)
    bubblewrap.find_tools.cache_clear()
    try:
        with Launcher(standbys=0) as launcher:
            with pytest.raises(SandboxUnavailable, match="bubblewrap"):
                launcher.prepare(folder)
            measured = measure_level(launcher, folder)
    finally:
        bubblewrap.find_tools.cache_clear()
    assert measured.level is IsolationLevel.NONE
    assert "Install your distribution's bubblewrap" in measured.reasons[0]


def interpreter_for_anybody() -> str | None:
    """A Python of this version that every user of the machine may run."""
    for candidate in (Path(sys.base_prefix, "bin", "python3.11"), Path("/usr/bin/python3.11")):
        readable = all(folder.stat().st_mode & 0o001 for folder in candidate.parents if folder.exists())
        if candidate.exists() and readable:
            return str(candidate)
    return None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
def test_an_agent_without_rights_isolates_too(tmp_path_factory: pytest.TempPathFactory) -> None:
    interpreter = interpreter_for_anybody()
    if interpreter is None:
        pytest.skip("no Python of this version is readable by other users")
    own = Path("/tmp") / f"qubix-test-{os.getpid()}"
    own.mkdir(mode=0o700)
    try:
        os.chown(own, NOBODY, NOBODY)
        ran = subprocess.run(
            [interpreter, "-c", AS_NOBODY, own / "work"],
            env={"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin"},
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        shutil.rmtree(own)
        shutil.rmtree(f"/tmp/qubix-slots-{NOBODY}", ignore_errors=True)
    assert ran.stdout.split()[:2] in ([IsolationLevel.BWRAP, str(NOBODY)], [IsolationLevel.BWRAP_CGROUP, str(NOBODY)])
    assert ran.stdout.count("No such file") == 3
    assert "unshare" in ran.stdout
    assert "/x" in ran.stdout
    assert ran.returncode == 0, ran.stderr
