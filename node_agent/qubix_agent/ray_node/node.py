"""What a Ray node is to be, and what it is once it runs."""

import contextlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import psutil

from qubix_agent.ray_node.identity import ProcessIdentity, marked
from qubix_agent.ray_node.ports import NodePorts

RAYLET: Final = "raylet"
GCS: Final = "gcs_server"
# In the environment of each of a node's processes: the node's folder.
NODE_VARIABLE: Final = "QUBIX_RAY_NODE"
# Ray refuses to make its object store smaller.
SMALLEST_OBJECT_STORE: Final = 80 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class NodeSpec:
    """A Ray node to start on this machine.

    Attributes:
        address: `host:port` of the head's control store; for the head itself, where it will listen.
        node_ip: the address of this machine that other nodes use. 127.0.0.1 keeps the node to this machine.
        folder: for Ray's sockets and logs; short (see `folders.short_folder`), owned by us, mode 0700.
        token_file: holds the cluster's token, mode 0600.
        labels: Ray node labels; keys such as `qubix.io/provider`, values slugs of at most 63 characters.
        resources: custom resources, such as `{"gpu_0": 1.0}`.
        num_cpus: CPUs that Ray may hand out.
        num_gpus: GPUs that Ray may hand out, real or simulated.
        memory_bytes: memory that Ray may hand out. Always given: every node would claim the whole machine's.
        object_store_bytes: size of the shared object store.
        ports: what it listens on; all 0 on loopback.
        environment: further variables for Ray's processes, on top of the clean base. Never a secret on a provider.
        worker_niceness: scheduling priority of Ray's workers, 0 (as any process) to 19.
        head: whether this is the cluster's head.
        dashboard_port: where the head's dashboard listens on 127.0.0.1; None leaves it out.
        storage: the head's folder for its control store, which survives the control store's process.
        autoscaling_config: of Ray's cluster launcher, for the head that it starts: it then starts the other nodes.
    """

    address: str
    node_ip: str
    folder: Path
    token_file: Path
    labels: Mapping[str, str]
    num_cpus: int
    num_gpus: int = 0
    memory_bytes: int
    object_store_bytes: int = SMALLEST_OBJECT_STORE
    resources: Mapping[str, float] = field(default_factory=dict)
    ports: NodePorts = field(default_factory=NodePorts)
    environment: Mapping[str, str] = field(default_factory=dict)
    worker_niceness: int = 0
    head: bool = False
    dashboard_port: int | None = None
    storage: Path | None = None
    autoscaling_config: Path | None = None

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the node."""
        return ipaddress.ip_address(self.node_ip).is_loopback


@dataclass(frozen=True, kw_only=True)
class RayNode:
    """A Ray node that was started on this machine.

    Attributes:
        node_id: Ray's id of it, in hex.
        address: `host:port` of the head's control store.
        node_ip: the address that other nodes use.
        folder: where its sockets and logs are.
        session_folder: Ray's session folder within it.
        processes: the processes that were started directly: the raylet and, on the head, the control store. The
            raylet's children end with it.
    """

    node_id: str
    address: str
    node_ip: str
    folder: Path
    session_folder: Path
    processes: tuple[ProcessIdentity, ...]

    @property
    def raylet(self) -> ProcessIdentity:
        """The process that is the node: when it dies, Ray counts the node as dead."""
        return next(process for process in self.processes if process.role == RAYLET)

    def is_alive(self) -> bool:
        """Whether the raylet still runs. A raylet that cannot find its head for a minute ends by itself."""
        return self.raylet.is_alive()

    def family(self) -> list[psutil.Process]:
        """Every process of the node that lives now, those included whose raylet is dead."""
        members = {process for identity in self.processes if (process := identity.process())}
        members.update(marked(NODE_VARIABLE, str(self.folder)))
        for parent in tuple(members):
            with contextlib.suppress(psutil.NoSuchProcess):  # it ended meanwhile; its children bear the mark
                members.update(parent.children(recursive=True))
        return list(members)

    def to_json(self) -> dict[str, Any]:
        """The node as JSON values, none of them secret."""
        return {
            "node_id": self.node_id,
            "address": self.address,
            "node_ip": self.node_ip,
            "folder": str(self.folder),
            "session_folder": str(self.session_folder),
            "processes": [process.to_json() for process in self.processes],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(
            node_id=str(value["node_id"]),
            address=str(value["address"]),
            node_ip=str(value["node_ip"]),
            folder=Path(value["folder"]),
            session_folder=Path(value["session_folder"]),
            processes=tuple(ProcessIdentity.from_json(process) for process in value["processes"]),
        )


def ray_parameters(spec: NodeSpec) -> dict[str, Any]:
    """The specification in the words of Ray's own `RayParams`."""
    parameters: dict[str, Any] = {
        "node_ip_address": spec.node_ip,
        "temp_dir": str(spec.folder),
        "labels": dict(spec.labels),
        "resources": dict(spec.resources),
        "num_cpus": spec.num_cpus,
        "num_gpus": spec.num_gpus,
        "memory": spec.memory_bytes,
        "object_store_memory": max(spec.object_store_bytes, SMALLEST_OBJECT_STORE),
        "node_manager_port": spec.ports.node_manager,
        "object_manager_port": spec.ports.object_manager,
        "runtime_env_agent_port": spec.ports.runtime_env_agent,
        "dashboard_agent_listen_port": spec.ports.dashboard_agent,
        "metrics_agent_port": spec.ports.metrics_agent,
        "metrics_export_port": spec.ports.metrics_export,
        "min_worker_port": spec.ports.first_worker or None,
        "max_worker_port": spec.ports.last_worker or None,
        "include_log_monitor": False,
        "no_monitor": spec.autoscaling_config is None,
    }
    if spec.head:
        if spec.autoscaling_config is not None:
            parameters["autoscaling_config"] = str(spec.autoscaling_config.expanduser())
        parameters["gcs_server_port"] = int(spec.address.rpartition(":")[2])
        parameters["include_dashboard"] = spec.dashboard_port is not None
        parameters["dashboard_host"] = "127.0.0.1"
        parameters["dashboard_port"] = spec.dashboard_port
    else:
        parameters["gcs_address"] = spec.address
    return parameters


def describe(spec: NodeSpec) -> str:
    """The node in a few words, for messages."""
    kind = "head" if spec.head else "node"
    return f"Starting a Ray {kind} at {spec.address if spec.head else spec.node_ip}"
