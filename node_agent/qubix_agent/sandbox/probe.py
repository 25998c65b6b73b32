"""Run inside a sandbox by `level.py`: prints, as a JSON list, everything that it could do and should not.

Standard library alone. `sys.argv[1]` is the folder of workspaces on the host.
"""

import contextlib
import ctypes
import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

_CLONE_NEWUSER = 0x10000000
_PTRACE_TRACEME = 0


def status_field(name: str) -> str:
    """A line of this process's own status."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next((line.split()[1] for line in lines if line.startswith(name + ":")), "")


def findings() -> Iterator[str]:
    """What should have been refused and was not."""
    libc = ctypes.CDLL(None, use_errno=True)
    if int(status_field("CapEff"), 16) or int(status_field("CapBnd"), 16):
        yield "keep capabilities"
    if status_field("NoNewPrivs") != "1":
        yield "gain privileges by set-uid programs"
    if status_field("Seccomp") != "2":
        yield "make any system call"
    if libc.unshare(_CLONE_NEWUSER) == 0:
        yield "make a user namespace"
    if libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0:
        yield "mount a file system"
    if libc.ptrace(_PTRACE_TRACEME, 0, None, None) == 0:
        yield "trace a process"
    for path in ("/etc/shadow", "/run", "/var/lib", "/home", sys.argv[1]):
        if Path(path).exists():
            yield f"see {path}"
    if any(name != "lo" for _, name in socket.if_nameindex()):
        yield "see a network device"
    others = [name for name in os.listdir("/proc") if name.isdigit() and int(name) > 16]  # noqa: PTH208  names only
    if others:
        yield "see processes of the host"
    for folder in ("/", "/usr", "/dev", "/etc"):
        with contextlib.suppress(OSError):  # refused, as it should be
            (Path(folder) / "qubix-probe").touch()
            yield f"write to {folder}"


print(json.dumps(list(findings())))  # noqa: T201  its report
