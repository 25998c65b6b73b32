"""`qubix up` with two simulated providers, from the command to a platform that answers, and down again."""

import secrets
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.dispatch.ray_head import own_cluster
from benchmarks.figures import ratio
from benchmarks.machine import load
from benchmarks.report import Aim, Section, Table
from qubix_agent.ray_node import free_port
from qubix_serve.demo.host import Host
from qubix_serve.supervisor.status import status

PROVIDERS: Final = ("RTX 4090:1", "A100-80GB:2")
_GIB: Final = 1024**3


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One platform's: seconds until it was ready and until it was gone, and what it took while it idled."""

    up_seconds: float
    down_seconds: float
    memory_bytes: int = 0
    processes: int = 0


def run(*, quick: bool) -> Section:
    """Start and stop platforms on homes of their own, in turn with a bare Ray head.

    Raises:
        DemoFailed: a platform did not get ready.
    """
    began = load()
    heads, platforms = [], []
    for _ in range(1 if quick else 3):
        heads.append(_bare_head())
        platforms.append(_platform())
    return Section(
        name="startup",
        tables=[table(platforms=platforms, heads=heads)],
        aims=aims(platforms),
        data={
            "platformUpSeconds": [round(each.up_seconds, 2) for each in platforms],
            "platformDownSeconds": [round(each.down_seconds, 2) for each in platforms],
            "platformMemoryBytes": [each.memory_bytes for each in platforms],
            "platformProcesses": [each.processes for each in platforms],
            "rayHeadUpSeconds": [round(each.up_seconds, 2) for each in heads],
            "rayHeadDownSeconds": [round(each.down_seconds, 2) for each in heads],
            "loadBefore": began,
            "loadAfter": load(),
        },
    )


def table(*, platforms: Sequence[Life], heads: Sequence[Life]) -> Table:
    """Both as rows, the platform's times as a ratio to the head's."""
    head_up, head_down = _up(heads), _down(heads)
    up, down = _up(platforms), _down(platforms)
    memory = median(each.memory_bytes for each in platforms) / _GIB
    processes = median(each.processes for each in platforms)
    return Table(
        title=f"From the command to ready, and from the signal to gone; median of {len(platforms)}",
        columns=("what", "up s", "ratio", "down s", "ratio", "memory GiB", "processes"),
        rows=[
            ("a bare Ray head", f"{head_up:.1f}", "1.0 ×", f"{head_down:.1f}", "1.0 ×", "–", "–"),
            (
                "qubix up with two providers",
                f"{up:.1f}",
                f"{ratio(up, head_up):.1f} ×",
                f"{down:.1f}",
                f"{ratio(down, head_down):.1f} ×",
                f"{memory:.2f}",
                f"{processes:.0f}",
            ),
        ],
    )


def aims(platforms: Sequence[Life]) -> Sequence[Aim]:
    """What was aimed for, against what was measured."""
    memory = max(each.memory_bytes for each in platforms) / _GIB
    return [
        Aim(name="ready", measured=_up(platforms), kind="below", bound=40.0, unit="s"),
        Aim(name="stopped", measured=_down(platforms), kind="below", bound=5.0, unit="s"),
        Aim(name="memory", measured=memory, kind="below", bound=2.0, unit="GiB"),
    ]


def _up(lives: Sequence[Life]) -> float:
    return median(each.up_seconds for each in lives)


def _down(lives: Sequence[Life]) -> float:
    return median(each.down_seconds for each in lives)


def _bare_head() -> Life:
    began = time.monotonic()
    with own_cluster():
        ready = time.monotonic()
    return Life(up_seconds=ready - began, down_seconds=time.monotonic() - ready)


def _platform() -> Life:
    path = Path(tempfile.gettempdir()) / f"qubix-bench-{secrets.token_hex(4)}"
    path.mkdir(mode=0o711)
    try:
        with Host(path, port=free_port(), providers=PROVIDERS) as host:
            began = time.monotonic()
            host.start()
            ready = time.monotonic()
            found = status(host.home)
            return Life(
                up_seconds=ready - began,
                down_seconds=host.stop(),
                memory_bytes=found.memory_bytes,
                processes=found.processes,
            )
    finally:
        shutil.rmtree(path, ignore_errors=True)  # files of a process that is just ending may vanish meanwhile
