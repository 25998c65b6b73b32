"""Processes of their own for what is measured, so that its libraries and threads disturb nothing else."""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Final

_CHILD_SECONDS: Final = 300.0


class ContenderFailed(Exception):
    """A process did not do what it is measured by."""


def in_child(module: str, plan: Mapping[str, Any], *, environment: Mapping[str, str]) -> dict[str, Any]:
    """Run a module in a process of its own.

    Args:
        module: its module; it reads `plan` as JSON from standard input and writes its findings as the last line.
        plan: what to do.
        environment: all of the process's variables.

    Raises:
        ContenderFailed: it ended with an error, or not in time.
    """
    try:
        ended = subprocess.run(
            [sys.executable, "-m", module],
            input=json.dumps(plan),
            env=dict(environment),
            capture_output=True,
            text=True,
            check=False,
            timeout=_CHILD_SECONDS,
            # As the platform's processes have one: the kernel shares the processor out by sessions.
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        raise ContenderFailed(f"{module} was not done after {_CHILD_SECONDS:.0f} s") from None
    if ended.returncode != 0:
        raise ContenderFailed(f"{module} ended with code {ended.returncode}: {ended.stderr.strip()[-1500:]}")
    found: dict[str, Any] = json.loads(ended.stdout.strip().rpartition("\n")[2])
    return found


def plan_of_child() -> dict[str, Any]:
    """The plan that `in_child` gave to this process."""
    given: dict[str, Any] = json.load(sys.stdin)
    return given


def answer_parent(found: Mapping[str, Any]) -> None:
    """Hand findings to `in_child`."""
    sys.stdout.write(f"\n{json.dumps(found)}\n")
    sys.stdout.flush()
