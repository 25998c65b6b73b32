"""What a process takes of memory in which somebody places pods, and nobody else does anything."""

import os
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

from benchmarks.children import answer_parent, in_child, plan_of_child
from benchmarks.placement.lineup import run_of
from benchmarks.placement.trace import Node, Pod


def peak_mib(name: str, nodes: Sequence[Node], pods: Sequence[Pod], arrivals: Sequence[Pod]) -> float:
    """The most memory in MiB that a process of its own had resident while it placed the arrivals, interpreter included.

    Raises:
        ContenderFailed: it ended with an error, or not in time.
    """
    plan = {
        "name": name,
        "nodes": [astuple(node) for node in nodes],
        "pods": [astuple(pod) for pod in pods],
        "arrivals": [astuple(pod) for pod in arrivals],
    }
    found = in_child("benchmarks.placement.memory", plan, environment=os.environ)
    return float(found["peakKib"]) / 1024


def _most_resident_kib() -> int:
    # Not `ru_maxrss`: that begins with what the parent had when it made the child.
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise OSError("/proc/self/status tells no VmHWM: is this Linux?")


def _pod(facts: Sequence[Any]) -> Pod:
    cpu, memory, gpus, milli, models = facts
    return Pod(cpu, memory, gpus, milli, tuple(models))


if __name__ == "__main__":
    plan = plan_of_child()
    run_of(
        plan["name"],
        [Node(*facts) for facts in plan["nodes"]],
        list(map(_pod, plan["pods"])),
        list(map(_pod, plan["arrivals"])),
    )
    answer_parent({"peakKib": _most_resident_kib()})
