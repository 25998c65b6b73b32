"""Stopping a Ray node of this machine, and nothing else on it."""

import contextlib
import time
from collections.abc import Collection
from pathlib import Path
from typing import Final

import psutil

from qubix_agent.ray_node.folders import keep_logs, remove
from qubix_agent.ray_node.identity import wait_gone
from qubix_agent.ray_node.node import GCS, RayNode

GRACE_SECONDS: Final = 2.0
KILL_SECONDS: Final = 3.0


def stop_node(node: RayNode, *, grace_seconds: float = GRACE_SECONDS, keep_logs_in: Path | None = None) -> None:
    """End every process of the node, the raylet's children included. Ends at once when it is gone already.

    The raylet is asked first, and its death takes its workers along. The control store is killed without asking: it
    would wait for a metrics agent that is gone, and what it stored is on disk.

    Args:
        node: what to stop.
        grace_seconds: how long the raylet may take before it is killed.
        keep_logs_in: where to move the session's logs; without it they are deleted with the node's folder.
    """
    family = node.family()
    control_stores = {identity.pid for identity in node.processes if identity.role == GCS}
    asked = [process for process in family if process.pid not in control_stores]
    raylet = node.raylet.process()
    if raylet is not None:
        with contextlib.suppress(psutil.NoSuchProcess):  # it may end on its own meanwhile
            raylet.terminate()
    wait_gone(asked, deadline=time.monotonic() + grace_seconds)
    kill(family)
    if keep_logs_in is not None:
        keep_logs(node.session_folder, into=keep_logs_in)
    remove(node.folder)


def kill(processes: Collection[psutil.Process], *, seconds: float = KILL_SECONDS) -> list[psutil.Process]:
    """Kill `processes` and wait until they are gone; return those that could not be killed in time."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):  # gone already is what was wanted
            process.kill()
    return wait_gone(processes, deadline=time.monotonic() + seconds)
