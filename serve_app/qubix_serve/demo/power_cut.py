"""Ends a provider's machine as a power cut would: its agent, its Ray node and all that runs there, by SIGKILL."""

import json
from dataclasses import dataclass
from pathlib import Path

import psutil

from qubix_agent.ray_node.stop import kill
from qubix_serve.demo.errors import DemoFailed
from qubix_serve.supervisor.agents import agent_home, last_node
from qubix_serve.supervisor.home import Home
from qubix_serve.supervisor.state import AgentRecord, State


@dataclass(frozen=True, kw_only=True)
class PowerCut:
    """What was killed: the processes, the raylet among them, and those that would not die."""

    worker_id: str
    raylet: int
    killed: int
    survivors: int


def cut_power(home: Home, worker_id: str) -> PowerCut:
    """Kill a provider's machine.

    Args:
        home: of the platform that started the provider.
        worker_id: the provider.

    Raises:
        DemoFailed: no such provider was started here, or its node does not run.
    """
    record = _record_of(home, worker_id)
    node = last_node(home, record.number)
    if node is None or not node.is_alive():
        raise _failed(worker_id, "its Ray node does not run")
    processes = {process.pid: process for process in node.family()}
    if record.process and (agent := record.process.process()):
        processes |= {process.pid: process for process in (agent, *_children(agent))}
    survivors = kill(list(processes.values()))
    return PowerCut(
        worker_id=worker_id, raylet=node.raylet.pid, killed=len(processes) - len(survivors), survivors=len(survivors)
    )


def _record_of(home: Home, worker_id: str) -> AgentRecord:
    state = State.load(home)
    for record in state.agents if state else ():
        if worker_id_in(agent_home(home, record.number).identity) == worker_id:
            return record
    raise _failed(worker_id, "no agent of this home has that worker id")


def worker_id_in(identity: Path) -> str | None:
    """The worker id that an agent's identity file holds."""
    try:
        content = json.loads(identity.read_text())
    except (FileNotFoundError, ValueError):
        return None
    found = content.get("worker_id")
    return found if isinstance(found, str) else None


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _failed(worker_id: str, obstacle: str) -> DemoFailed:
    return DemoFailed(
        asked=f"Cutting the power of provider {worker_id}",
        obstacle=obstacle,
        remedy="Run the demo again; with --home its logs are kept.",
    )
