"""Which ports Ray listens on.

A node that is reached from outside uses fixed ports, so that a firewall can be set up for them once:

| port                | what listens                         | who connects            |
| ------------------- | ------------------------------------ | ----------------------- |
| 24000               | the head's control store (GCS)       | every node              |
| 24001               | raylet (node manager)                | every node              |
| 24002               | object manager                       | every node              |
| 24003               | runtime environment agent            | this machine            |
| 24004               | dashboard agent, HTTP                | the head                |
| 24005               | metrics agent, gRPC                  | this machine            |
| 24006               | metrics for Prometheus               | whoever scrapes         |
| 24100 to 24899      | workers                              | every node              |

The n-th node of one machine adds 1000 × n. Nodes on loopback take what the system gives them (0), except for the
control store's port, which the other nodes have to know. Everything stays clear of 10002 to 19999, where Ray puts
workers by default.
"""

import random
import socket
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Final

from qubix_agent.ray_node.errors import PortsTaken

BASE_PORT: Final = 24000
GCS_PORT: Final = BASE_PORT
PORTS_PER_NODE: Final = 1000
MAXIMUM_NODES_PER_MACHINE: Final = 8
# Above Ray's default workers and below the ephemeral ports of Linux, so that nothing takes a chosen port by accident.
FREE_PORTS: Final = range(20000, 22000)
FREE_BLOCKS: Final = range(22000, 24000, 100)
BLOCK_SIZE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePorts:
    """The ports of one node. 0 lets the system choose."""

    node_manager: int = 0
    object_manager: int = 0
    runtime_env_agent: int = 0
    dashboard_agent: int = 0
    metrics_agent: int = 0
    metrics_export: int = 0
    first_worker: int = 0
    last_worker: int = 0

    def listening(self) -> list[int]:
        """The fixed ports that have to be free before the node starts."""
        return [port for port in astuple(self)[:6] if port]

    def reached_from_outside(self) -> list[int]:
        """The fixed ports that other nodes connect to as soon as the node is up."""
        return [port for port in (self.node_manager, self.object_manager) if port]


def fixed_ports(slot: int = 0) -> NodePorts:
    """The documented ports of a node that other machines reach.

    Args:
        slot: 0 for the first node of this machine, 1 for the second.

    Raises:
        ValueError: the slot is not between 0 and 7.
    """
    if not 0 <= slot < MAXIMUM_NODES_PER_MACHINE:
        raise ValueError(f"slot {slot} is not between 0 and {MAXIMUM_NODES_PER_MACHINE - 1}")
    base = BASE_PORT + slot * PORTS_PER_NODE
    return NodePorts(
        node_manager=base + 1,
        object_manager=base + 2,
        runtime_env_agent=base + 3,
        dashboard_agent=base + 4,
        metrics_agent=base + 5,
        metrics_export=base + 6,
        first_worker=base + 100,
        last_worker=base + 899,
    )


def free_port(*, avoid: Iterable[int] = (), host: str = "127.0.0.1") -> int:
    """A port that nothing listens on now, chosen at random from `FREE_PORTS`.

    Args:
        avoid: ports that are promised already.
        host: the address it has to be free on.

    Raises:
        PortsTaken: none was found.
    """
    candidates = sorted(set(FREE_PORTS) - set(avoid))
    for port in random.sample(candidates, len(candidates)):
        if is_free(port, host=host):
            return port
    raise PortsTaken(
        asked=f"Looking for a free port on {host}",
        obstacle=f"every port from {FREE_PORTS.start} to {FREE_PORTS.stop - 1} is in use or promised",
        remedy="Stop what holds them (`ss -ltnp` lists it), or name a port yourself.",
    )


def free_block(*, host: str = "127.0.0.1") -> int:
    """The first of `BLOCK_SIZE` consecutive ports that nothing listens on now, chosen at random from `FREE_BLOCKS`.

    Raises:
        PortsTaken: there is no such block.
    """
    for first in random.sample(FREE_BLOCKS, len(FREE_BLOCKS)):
        if all(is_free(port, host=host) for port in range(first, first + BLOCK_SIZE)):
            return first
    raise PortsTaken(
        asked=f"Looking for {BLOCK_SIZE} free ports in a row on {host}",
        obstacle=f"each hundred from {FREE_BLOCKS.start} to {FREE_BLOCKS.stop - 1} has a port that is in use",
        remedy="Stop what holds them (`ss -ltnp` lists it).",
    )


def is_free(port: int, *, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on `port` of `host` now, alone.

    Ray's own servers share a port silently (SO_REUSEPORT), so a listener is looked for by connecting as well.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) != 0


def require_free(ports: Iterable[int], *, host: str, asked: str) -> None:
    """Refuse when something listens on one of `ports`.

    Raises:
        PortsTaken: names every port that is in use.
    """
    if taken := [port for port in ports if not is_free(port, host=host)]:
        raise PortsTaken(
            asked=asked,
            obstacle=f"port {', '.join(map(str, taken))} of {host} is in use",
            remedy="Stop what holds it (`ss -ltnp` lists it), or choose another port.",
            details={"ports": taken},
        )
