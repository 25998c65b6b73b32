"""Ending a platform: every process that it started, and none of its data."""

import os
import shutil
import signal
import time
from dataclasses import replace
from typing import Final

import psutil

from qubix_agent.ray_node import ProcessIdentity, stop_node
from qubix_agent.ray_node.folders import short_folder
from qubix_agent.ray_node.identity import marked, wait_gone
from qubix_agent.ray_node.stop import kill
from qubix_serve.supervisor.agents import ask_to_end, last_node
from qubix_serve.supervisor.core import proxy_folder
from qubix_serve.supervisor.errors import StopFailed
from qubix_serve.supervisor.home import HOME_VARIABLE, Home
from qubix_serve.supervisor.postgres import Embedded, PlatformDatabase
from qubix_serve.supervisor.ray_head import stop_head
from qubix_serve.supervisor.state import State

# Long enough for an agent to tell the API that it leaves; its jobs go on elsewhere, or when it is back.
AGENT_SECONDS: Final = 1.5
SUPERVISOR_SECONDS: Final = 20.0


def stop_everything(home: Home, database: PlatformDatabase) -> None:
    """End agents, API, scheduler, Ray and database, in this order. The home's lock is held by the caller.

    Raises:
        StopFailed: a process could not be killed.
    """
    state = State.load(home)
    if state is not None:
        agents = ask_to_end(state.agents)
        wait_gone(agents, deadline=time.monotonic() + AGENT_SECONDS)
        kill(agents)
        for record in state.agents:
            if (node := last_node(home, record.number)) is not None:
                stop_node(node, grace_seconds=0.5)
        if state.head is not None:
            stop_head(home, state.head)
    stubborn = kill([process for process in marked(HOME_VARIABLE, str(home.path)) if process.pid != os.getpid()])
    database.stop()
    for folder in (short_folder(home.ray), proxy_folder(home)):
        shutil.rmtree(folder, ignore_errors=True)  # absent when Ray never started
    if state is not None:
        ended = [replace(record, process=None) for record in state.agents]
        replace(state, head=None, deployed=False, devnet=None, agents=tuple(ended)).save(home)
    if stubborn:
        raise StopFailed(
            asked=f"Ending the platform in {home.path}",
            obstacle=f"process {', '.join(str(process.pid) for process in stubborn)} cannot be killed",
            remedy="The kernel holds it, probably for a device or a network disk: see `dmesg`.",
        )


def down(home: Home) -> bool:
    """End the platform of this home, whether its `qubix up` still runs or was killed.

    Returns:
        Whether anything ran.

    Raises:
        StopFailed: something could not be ended.
        AlreadyRunning: somebody started it again meanwhile.
    """
    if not home.path.exists():
        return False
    holder = home.holding_process()
    if holder is not None:
        _end_supervisor(holder)
    with home.locked():
        leftovers = anything_runs(home)
        if leftovers:
            stop_everything(home, Embedded(home))
    return holder is not None or leftovers


def anything_runs(home: Home) -> bool:
    """Whether any process of this home's platform lives."""
    return Embedded(home).pid is not None or bool(marked(HOME_VARIABLE, str(home.path)))


def _end_supervisor(holder: ProcessIdentity) -> None:
    process = holder.process()
    if process is None:
        return
    try:
        process.send_signal(signal.SIGTERM)
    except psutil.NoSuchProcess:
        return
    if wait_gone([process], deadline=time.monotonic() + SUPERVISOR_SECONDS):
        raise StopFailed(
            asked="Ending the platform",
            obstacle=f"`qubix up`, process {holder.pid}, has not ended within {SUPERVISOR_SECONDS:.0f} s",
            remedy=f"Kill it with `kill -9 {holder.pid}` and run `qubix down` again.",
        )
