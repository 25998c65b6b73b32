"""Interpreters that were started before anybody needs them.

Most jobs are Python programs in the environment of the job before, and a Python takes four times as long to start as
its sandbox. A warm sandbox has one waiting inside, which becomes the job's program when told its arguments, variables
and limits. Whatever it cannot stand in for is started the ordinary way; the job cannot tell the difference.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qubix_agent.sandbox import view as inside
from qubix_agent.sandbox.bubblewrap import job_variables
from qubix_agent.sandbox.limits import MEBIBYTE, Limits
from qubix_agent.sandbox.view import Command, View

_SCRIPT: Final = Path(__file__).with_name("warm_script.py")
_PYTHONS: Final = (str(inside.ENVIRONMENT / "bin" / "python"), "python", "python3")
# Read by the interpreter, the loader or the C library while they start.
_STARTING_VARIABLES: Final = ("PYTHON", "LD_", "GLIBC_", "MALLOC_", "LC_", "LANG", "TZ", "PATH")
# What it says when it is ready.
READY: Final = b"\n"
# While it waits; the job's own limits come with the job.
WAITING_LIMITS: Final = Limits(memory_mib=256, max_processes=16, cpu_milli=1000)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a waiting interpreter is good for: an equal view of the very same environment, and workspaces there."""

    view: View
    folder: Path
    environment: tuple[int, int]


def profile_of(*, view: View, folder: Path) -> Profile | None:
    """The profile of a job with this view, None where it has no environment, or sees something of its own alone."""
    if view.environment is None or view.writable_environment or view.writable:
        return None
    # An environment that was evicted and built again has the same path, but is not what a waiting sandbox holds.
    status = view.environment.stat()
    return Profile(view, folder, (status.st_dev, status.st_ino))


def can_become(command: Command) -> bool:
    """Whether a waiting interpreter can stand in for this command."""
    if len(command.argv) < 2 or command.argv[0] not in _PYTHONS:
        return False
    first = command.argv[1]
    if first.startswith("-") and not (first == "-c" and len(command.argv) > 2):
        return False
    return not any(name.startswith(_STARTING_VARIABLES) for name in command.environ)


def waiting_command() -> Command:
    """What to run in a warm sandbox."""
    return Command(argv=(_PYTHONS[0], "-c", _SCRIPT.read_text(encoding="utf-8")))


def mount_limits() -> Limits:
    """For the size of the memory file systems, which is set before the job's limit is known: the cgroup holds that."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Limits(memory_mib=max(1, memory // MEBIBYTE))


def order_for(*, command: Command, view: View, limits: Limits, kernel_limits: Mapping[int, int]) -> bytes:
    """The line that makes a waiting interpreter the job's program.

    Raises:
        InvalidRequest: a variable's name is none.
    """
    variables = job_variables(command=command, view=view, limits=limits)
    order = {
        "argv": list(command.argv[1:]),
        "environ": variables | {"PWD": str(inside.JOB)},
        "limits": list(kernel_limits.items()),
    }
    return json.dumps(order).encode() + b"\n"
