"""Ray's head on this machine: its control store (GCS) and the raylet that the scheduler and the API run under.

The control store keeps its tables on disk (RocksDB), so that it can be killed and started again by the same command:
the raylets, with every actor and job on them, wait for it and carry on. See docs/decisions.
"""

import ipaddress
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import psutil

from qubix_agent.ray_node import (
    NodePorts,
    NodeSpec,
    NodeStartFailed,
    ProcessIdentity,
    RayNode,
    fixed_ports,
    start_node,
    stop_node,
)
from qubix_agent.ray_node.environment import node_environment
from qubix_agent.ray_node.folders import short_folder
from qubix_agent.ray_node.node import GCS
from qubix_serve.supervisor.home import Home
from qubix_serve.supervisor.state import Ports, State

CORE_ROLE: Final = {"qubix.io/role": "core"}

# What Ray may hand out on the head. The platform's actors ask for none of it; the number of CPUs also decides how
# many workers are started ahead.
_CPUS: Final = 2
_MEMORY_BYTES: Final = 2 * 1024**3


def head_spec(home: Home, ports: Ports, *, host: str, environment: Mapping[str, str], dashboard: bool) -> NodeSpec:
    """The head to start: with a token, the platform's own environment, and documented ports beyond loopback."""
    return NodeSpec(
        address=f"{host}:{ports.gcs}",
        node_ip=host,
        folder=short_folder(home.ray),
        token_file=home.ray_token,
        labels=CORE_ROLE,
        ports=NodePorts() if ipaddress.ip_address(host).is_loopback else fixed_ports(),
        num_cpus=_CPUS,
        memory_bytes=_MEMORY_BYTES,
        environment=environment,
        head=True,
        dashboard_port=ports.dashboard if dashboard else None,
        storage=home.ray / "control-store",
    )


def start_head(spec: NodeSpec, state: State) -> State:
    """Start a fresh cluster, and return the state with it. What an earlier cluster stored is of no use to it.

    Raises:
        NodeStartFailed, PortsTaken: Ray did not come up.
    """
    assert spec.storage is not None
    shutil.rmtree(spec.storage, ignore_errors=True)  # absent the first time
    head = start_node(spec)
    try:
        command = tuple(psutil.Process(_control_store(head).pid).cmdline())
    except psutil.NoSuchProcess as error:
        raise NodeStartFailed(
            asked=f"Starting Ray's head at {spec.address}",
            obstacle="its control store died at once",
            remedy=f"Read the log in {head.session_folder}.",
        ) from error
    return replace(state, head=head, gcs_command=command, deployed=False)


def stop_head(home: Home, head: RayNode) -> None:
    """End the head, and with it the scheduler and the API."""
    stop_node(head, keep_logs_in=home.logs / "ray")


def control_store_is_alive(head: RayNode) -> bool:
    """Whether the control store's process lives."""
    return _control_store(head).is_alive()


def restart_control_store(spec: NodeSpec, state: State) -> State:
    """Start the head's dead control store again, on the same port and the same tables; return the state with it."""
    assert state.head is not None
    process = subprocess.Popen(
        state.gcs_command,
        env=node_environment(spec),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    started = ProcessIdentity.of(process.pid, role=GCS)
    others = tuple(identity for identity in state.head.processes if identity.role != GCS)
    return replace(state, head=replace(state.head, processes=(started, *others)))


def _control_store(head: RayNode) -> ProcessIdentity:
    return next(identity for identity in head.processes if identity.role == GCS)
