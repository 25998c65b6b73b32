"""What a job sees and may do."""

import json
import os
from pathlib import Path

import pytest

from qubix.errors import InvalidRequest
from qubix_agent.sandbox.launcher import Launcher
from qubix_agent.sandbox.view import Command, View
from tests.node_agent.sandbox.conftest import PREFIX, PYTHON, SMALL, Run, first_line, start


def test_a_job_has_no_capabilities_and_cannot_gain_any(run: Run) -> None:
    ran = run("print(open('/proc/self/status').read())")
    fields = dict(line.split(":", 1) for line in ran.stdout.splitlines() if ":" in line)
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(fields[name], 16) == 0
    assert fields["NoNewPrivs"].strip() == "1"
    assert fields["Seccomp"].strip() == "2"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a job a user of its own")
def test_a_job_is_a_user_of_its_own_in_no_group_of_ours(run: Run) -> None:
    ran = run("import os; print(os.getuid(), os.getgid(), os.getgroups())")
    uid, gid, *groups = ran.stdout.split()
    assert int(uid) == int(gid) >= 1_900_000_000
    assert groups in ([], ["[]"], [f"[{gid}]"])


def test_a_job_gets_a_clean_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUBIX_SECRET", "not for jobs")
    ran = run("import json, os; print(json.dumps(dict(os.environ)))", environ={"EPOCHS": "3 '\"$HOME"})
    seen = json.loads(ran.stdout)
    assert seen["EPOCHS"] == "3 '\"$HOME"
    assert seen["QUBIX_OUTPUT"] == "/qubix/output"
    assert seen["HOME"] == "/job"
    assert "not for jobs" not in ran.stdout
    assert {name for name in seen if name.startswith("QUBIX")} == {
        "QUBIX_OUTPUT",
        "QUBIX_CHECKPOINT",
        "QUBIX_PROGRESS",
    }


def test_the_jobs_variables_are_not_yet_in_force_while_root_still_is(run: Run) -> None:
    # A library preloaded into setpriv would run as root with the right to become anybody.
    ran = run("import os; print(os.environ['LD_PRELOAD'])", environ={"LD_PRELOAD": "/job/evil.so"})
    # The loader complains once per program that it loads: only the job's own, none before it.
    assert ran.stderr.count("cannot be preloaded") == 1
    assert ran.outcome.succeeded


@pytest.mark.parametrize("name", ["", "A-B", "1A", "A B", "A=B;reboot"])
def test_a_variable_that_is_none_is_refused(run: Run, name: str) -> None:
    with pytest.raises(InvalidRequest, match="environment variable"):
        run("pass", environ={name: "x"})


def test_there_is_no_network(run: Run) -> None:
    ran = run(
        "import socket\n"
        "print([name for _, name in socket.if_nameindex()])\n"
        "try: socket.create_connection(('192.0.2.1', 80), 1)\n"
        "except OSError as error: print(error.errno)\n"
    )
    assert ran.stdout == "['lo']\n101\n"  # ENETUNREACH


def test_nothing_of_the_host_is_to_be_seen(run: Run, folder: Path) -> None:
    of_the_owner = [str(Path.home() / ".ssh"), str(Path(__file__).parents[3]), str(folder)]
    paths = ["/etc/shadow", "/etc/passwd", "/run", "/var", "/home", "/sys", *of_the_owner]
    ran = run(f"import os; print([p for p in {paths!r} if os.path.exists(p)]); print(sorted(os.listdir('/dev')))")
    visible, devices = ran.stdout.splitlines()
    assert visible == "[]"
    assert "nvidia" not in devices
    assert "vda" not in devices


def test_the_platforms_own_environment_is_not_visible(run: Run) -> None:
    ran = run("import importlib.util as u; print([m for m in ('ray', 'qubix', 'psutil') if u.find_spec(m)])")
    assert ran.stdout == "[]\n"


def test_only_its_own_processes_are_to_be_seen(run: Run) -> None:
    ran = run("import os; print(len([p for p in os.listdir('/proc') if p.isdigit()]))")
    assert ran.stdout == "2\n"


@pytest.mark.parametrize(
    "call",
    [
        "libc.unshare(0x10000000)",
        "libc.unshare(0x00020000)",
        "libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)",
        "libc.umount2(b'/usr', 0)",
        "libc.ptrace(0, 0, None, None)",
        "libc.syscall(425, 8, None)",  # io_uring_setup
        "libc.syscall(321, 0, None, 0)",  # bpf
        "libc.syscall(272, 0x10000000)",  # unshare, by number
        "libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0)",  # clone with a user namespace
        "libc.syscall(41, 40, 1, 0)",  # a socket to the hypervisor
        "libc.setuid(0)",
        "libc.chroot(b'/tmp')",
        "libc.mknod(b'/job/disk', 0o60666, 0x0800)",
    ],
)
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers of system calls are this architecture's")
def test_a_dangerous_call_is_refused(run: Run, call: str) -> None:
    ran = run(f"import ctypes; libc = ctypes.CDLL(None, use_errno=True); print({call}, ctypes.get_errno())")
    assert ran.stdout == "-1 1\n", ran.stderr


def test_only_its_own_folders_can_be_written_to(run: Run) -> None:
    ran = run(
        "import os\n"
        "for p in ('/', '/usr', '/dev', '/etc', '/qubix', '/job', '/qubix/output', '/qubix/checkpoint', '/tmp'):\n"
        "    try: open(os.path.join(p, 'x'), 'w').close(); print(p)\n"
        "    except OSError: pass\n"
    )
    assert ran.stdout.split() == ["/job", "/qubix/output", "/qubix/checkpoint", "/tmp"]


def test_two_jobs_cannot_see_each_other(launcher: Launcher, folder: Path) -> None:
    with launcher.prepare(folder) as first, launcher.prepare(folder) as second:
        start(first, "import time; open('/job/secret', 'w').write('s'); print('up', flush=True); time.sleep(30)")
        assert first_line(first) == "up\n"
        start(
            second,
            "import os\n"
            "print(os.listdir('/job'))\n"
            f"for p in ({str(first.workspace.job)!r}, '/proc/1/root/job', '/proc/2/root/job'):\n"
            "    try: print('secret' in os.listdir(p))\n"
            "    except OSError as error: print(False)\n",
        )
        assert second.wait(20).succeeded
        assert second.stdout.read() == b"[]\nFalse\nFalse\nFalse\n"
        if first.job_uid is not None:
            assert first.job_uid != second.job_uid
            assert first.workspace.job.stat().st_uid == first.job_uid


def test_files_put_there_before_the_start_belong_to_the_job(launcher: Launcher, folder: Path) -> None:
    with launcher.prepare(folder) as sandbox:
        (sandbox.workspace.incoming_job / "package").mkdir()
        (sandbox.workspace.incoming_job / "package" / "data.txt").write_text("hello")
        start(sandbox, "f = open('package/data.txt', 'r+'); print(f.read()); f.write('!')")
        assert sandbox.wait(20).succeeded
        assert sandbox.stdout.read() == b"hello\n"
        assert (sandbox.workspace.job / "package" / "data.txt").read_text() == "hello!"


def test_the_view_adds_exactly_what_it_names(launcher: Launcher, folder: Path, tmp_path: Path) -> None:
    module = tmp_path / "inside.py"
    module.write_text("WORD = 'from us'")
    environment = tmp_path / "environment"
    environment.mkdir(mode=0o755)
    (environment / "marker").write_text("e")
    view = View(
        interpreter=PREFIX,
        library={"ours/__init__.py": module, "ours/inside.py": module},
        environment=environment,
        devices=("/dev/null",),
    )
    code = "import ours.inside as i, os; print(i.WORD, os.listdir('/env'), sorted(os.listdir('/opt/qubix/ours')))"
    with launcher.prepare(folder) as sandbox:
        sandbox.start(command=Command(argv=(str(PYTHON), "-c", code)), view=view, limits=SMALL)
        assert sandbox.wait(20).succeeded
        assert sandbox.stdout.read() == b"from us ['marker'] ['__init__.py', 'inside.py']\n"


def test_a_job_can_open_its_output_by_name(run: Run) -> None:
    ran = run("open('/dev/stdout', 'w').write('out'); open('/dev/stderr', 'w').write('err')")
    assert (ran.stdout, ran.stderr) == ("out", "err")
