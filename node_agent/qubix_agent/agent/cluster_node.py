"""The agent's Ray node: what it is to be, and keeping it alive."""

import hashlib
import json
import os
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from qubix.private_file import write_private
from qubix.schemas.providers import RayJoin, ReachAnswer, ReachRequest
from qubix.settings import CA_VARIABLE
from qubix_agent.agent.errors import CannotJoin
from qubix_agent.agent.offer import Offer, offered_ram_mib
from qubix_agent.agent.voice import Voice
from qubix_agent.home import HOME_VARIABLE, URL_VARIABLE, AgentHome
from qubix_agent.ray_node import (
    NodePorts,
    NodeSpec,
    RayNode,
    RayVersions,
    adopt,
    check,
    fixed_ports,
    forget,
    is_free,
    listening,
    own_versions,
    reap,
    save,
    start_node,
    stop_node,
    unreachable,
)
from qubix_agent.ray_node.folders import short_folder
from qubix_agent.ray_node.ports import GCS_PORT

MEBIBYTE: Final = 1 << 20
_SLUG: Final = re.compile(r"[^A-Za-z0-9._-]+")
_TLS_VARIABLES: Final = ("RAY_TLS_SERVER_CERT", "RAY_TLS_SERVER_KEY", "RAY_TLS_CA_CERT")
# Where pip finds packages on this machine is needed to build jobs' environments; the node's own is otherwise bare.
_PASSED_ON: Final = ("PIP_", "SSL_CERT_FILE", "QUBIX_HOME", CA_VARIABLE)


def require_fitting(join: RayJoin) -> None:
    """See that this machine fits the cluster, before anything is started.

    Raises:
        CannotJoin: names everything that does not fit.
    """
    head = RayVersions(ray=join.ray_version, python=join.python_version)
    sentences = check(head, own_versions())
    host, _, port = join.address.rpartition(":")
    if not sentences:
        sentences = unreachable(host, head_ports(int(port)))
    if join.tls and (missing := [name for name in _TLS_VARIABLES if not os.environ.get(name)]):
        sentences.append(f"The cluster uses TLS: set {', '.join(missing)} to the files that its operator gave you.")
    if sentences:
        raise CannotJoin(
            asked=f"Joining the cluster at {join.address}",
            obstacle=" ".join(sentence.rstrip(".") + "." for sentence in sentences).rstrip("."),
            remedy="Mend this, and join again.",
        )


def head_ports(control_store: int) -> list[int]:
    """The head's ports that every node connects to, and that listen as soon as the head is up.

    A head that other machines reach has the documented ones. Its workers' come and go, so they cannot be tried.

    Args:
        control_store: the port of its control store; on loopback it is another one each time.
    """
    if control_store != GCS_PORT:
        return [control_store]
    return [control_store, *fixed_ports().reached_from_outside()]


def require_reached(spec: NodeSpec, *, ask_head: Callable[[ReachRequest], ReachAnswer]) -> None:
    """See that the head reaches the node's fixed ports. A node on loopback has none.

    Args:
        spec: the node that is to be started.
        ask_head: asks the head to try.

    Raises:
        CannotJoin: names the ports that a firewall keeps from the head.
    """
    ports = spec.ports.reached_from_outside()
    if not ports:
        return
    # A node that already runs here answers for itself.
    with listening(spec.node_ip, [port for port in ports if is_free(port, host=spec.node_ip)]):
        answer = ask_head(ReachRequest(address=ip_address(spec.node_ip), ports=ports))
    if answer.unreachable:
        raise CannotJoin(
            asked=f"Joining the cluster at {spec.address}",
            obstacle=f"the head cannot reach port {', '.join(map(str, answer.unreachable))} of {spec.node_ip}",
            remedy=f"Open {', '.join(map(str, ports))} and the workers' ports {spec.ports.first_worker} to "
            f"{spec.ports.last_worker} to the head and the other members.",
        )


def node_spec(
    join: RayJoin, *, home: AgentHome, url: str, worker_id: str, offer: Offer, region: str | None, node_ip: str | None
) -> NodeSpec:
    """The node that this machine's offer amounts to."""
    machine = offer.machine
    address = node_ip or own_address(join.address)
    labels = {
        "qubix.io/role": "provider",
        "qubix.io/provider": worker_id,
        "qubix.io/gpu-model": slug(machine.gpus[0].model or "unknown") if machine.gpus else "none",
        "qubix.io/vram-mib": str(machine.gpus[0].vram_mib or 0) if machine.gpus else "0",
        "qubix.io/isolation": offer.isolation.slug,
        "qubix.io/simulated": str(machine.simulated).lower(),
    }
    if region:
        labels["qubix.io/region"] = region
    return NodeSpec(
        address=join.address,
        node_ip=address,
        folder=short_folder(home.root),
        token_file=home.ray_token,
        labels=labels,
        resources={f"gpu_{gpu.index}": 1.0 for gpu in machine.gpus},
        num_cpus=machine.cpu.cores,
        num_gpus=len(machine.gpus),
        memory_bytes=offered_ram_mib(machine.ram.total_mib) * MEBIBYTE,
        ports=NodePorts() if address == "127.0.0.1" else fixed_ports(),
        environment=node_variables(home=home, url=url),
    )


def node_variables(*, home: AgentHome, url: str, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What the runners on the node need to know, and how Ray is to treat them."""
    passed = {name: value for name, value in environment.items() if name.startswith(_PASSED_ON)}
    return passed | {
        URL_VARIABLE: url,
        HOME_VARIABLE: str(home.root),
        # Ray ends idle workers: those beyond one per CPU, of which runners take none, and all whose driver has gone,
        # as the one that started the scheduler has. Each end would cost the next attempt a second.
        "RAY_kill_idle_workers_interval_ms": "0",
        # Jobs are held to their memory by the sandbox; Ray would end a runner instead.
        "RAY_memory_monitor_refresh_ms": "0",
    }


def slug(text: str) -> str:
    """The text as a label's value: "RTX 4090" is "RTX-4090"."""
    return _SLUG.sub("-", text)[:63].strip("-._") or "unknown"


def own_address(head: str) -> str:
    """The address of this machine from which the head is reached."""
    host, _, port = head.rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((host, int(port)))  # UDP: no packet leaves, but the route is chosen
        address: str = probe.getsockname()[0]
    return address


@dataclass
class ClusterNode:
    """Keeps one node alive."""

    home: AgentHome
    spec: NodeSpec
    token: str = field(repr=False)
    voice: Voice
    node: RayNode | None = None

    def ensure(self) -> RayNode:
        """The node: the one that a killed agent left running, or a new one.

        Raises:
            PortsTaken, NodeRefused, NodeStartFailed: it cannot be started.
        """
        fingerprint = self._fingerprint()
        left = adopt(self.home.ray_node)
        if left is not None and self._fingerprint_file.read_text() == fingerprint:
            self.voice.say(
                "node_adopted", f"Took over Ray node {left.node_id[:8]}, which runs already.", node=left.node_id
            )
            self.node = left
            return left
        if left is not None:
            self.voice.say("node_replaced", "The Ray node that runs here is of another make: it is replaced.")
            stop_node(left)
        write_private(self.home.ray_token, self.token)
        write_private(self._fingerprint_file, fingerprint)
        self.node = start_node(self.spec)
        save(self.node, self.home.ray_node)
        self.voice.say("node_started", f"Ray node {self.node.node_id[:8]} is up.", node=self.node.node_id)
        return self.node

    def is_alive(self) -> bool:
        """Whether it lives. Collects the raylet where it died as our child: as a zombie it would keep its workers."""
        if self.node is None:
            return False
        reap(self.node.processes)
        return self.node.is_alive()

    def stop(self) -> None:
        """End the node, and forget it."""
        if self.node is not None:
            stop_node(self.node, keep_logs_in=self.home.log.parent / "ray")
            forget(self.home.ray_node)
            self.node = None

    @property
    def _fingerprint_file(self) -> Path:
        return self.home.ray_node.with_suffix(".make")

    def _fingerprint(self) -> str:
        facts = [
            self.spec.address,
            self.spec.node_ip,
            dict(self.spec.labels),
            dict(self.spec.resources),
            self.spec.num_cpus,
            self.spec.memory_bytes,
            dict(self.spec.environment),
            self.token,
        ]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
