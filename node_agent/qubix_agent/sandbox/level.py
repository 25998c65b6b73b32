"""Measuring how strongly this machine isolates a job, by trying to break out of a real sandbox."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qubix.errors import QubixError
from qubix.schemas.states import IsolationLevel
from qubix_agent.sandbox.interpreter import base_interpreter
from qubix_agent.sandbox.launcher import Launcher
from qubix_agent.sandbox.limits import Limits
from qubix_agent.sandbox.outcome import End, Outcome
from qubix_agent.sandbox.view import Command, View

_PROBE: Final = Path(__file__).with_name("probe.py")
_LIMITS: Final = Limits(wall_seconds=20, memory_mib=128, max_processes=32, max_file_mib=8, max_output_mib=16)
_HUNGRY: Final = "held = [bytearray(16 << 20) for _ in range(64)]"


@dataclass(frozen=True, slots=True)
class Measurement:
    """The level that this machine gives, and why it is not a stronger one."""

    level: IsolationLevel
    reasons: tuple[str, ...]


def measure_level(launcher: Launcher, folder: Path) -> Measurement:
    """Run jobs that try what no job may do, and see what they could.

    `vm` and `gvisor` are never measured here: this runner starts no jobs that way.

    Args:
        launcher: what will start the real jobs.
        folder: where workspaces may be made.
    """
    try:
        could = _probe(launcher, folder)
        if could:
            return Measurement(IsolationLevel.NONE, tuple(f"a job could {what}" for what in could))
        if not launcher.has_cgroups:
            reason = "no cgroups may be made here, so a watchdog stands in for the kernel's memory limit"
            return Measurement(IsolationLevel.BWRAP, (reason,))
        outcome, _ = _run(launcher, folder, (_HUNGRY,))
        if outcome.end is not End.OUT_OF_MEMORY:
            return Measurement(IsolationLevel.BWRAP, ("the kernel let a job exceed its memory limit",))
    except QubixError as error:
        return Measurement(IsolationLevel.NONE, (error.message,))
    return Measurement(IsolationLevel.BWRAP_CGROUP, ())


def _probe(launcher: Launcher, folder: Path) -> list[str]:
    outcome, text = _run(launcher, folder, (_PROBE.read_text(encoding="utf-8"), str(folder.resolve())))
    if not outcome.succeeded:
        return [f"not even be started ({outcome.end}, exit code {outcome.exit_code}): {text[-300:]}"]
    could: list[str] = json.loads(text)
    return could


def _run(launcher: Launcher, folder: Path, arguments: tuple[str, ...]) -> tuple[Outcome, str]:
    prefix, program = base_interpreter()
    with launcher.prepare(folder) as sandbox:
        command = Command(argv=(str(program), "-I", "-c", *arguments))
        sandbox.start(command=command, view=View(interpreter=prefix), limits=_LIMITS)
        outcome = sandbox.wait()
        return outcome, ((sandbox.stdout.read() or b"") + (sandbox.stderr.read() or b"")).decode(errors="replace")
