"""This machine's Ray node: starting it, finding it again, stopping it.

    node = start_node(NodeSpec(…))          # raylet and its children, as orphans of nobody: they outlive the caller
    save(node, path)                        # so that a restarted agent takes the node over
    node = adopt(path)                      # the node, when it still runs
    stop_node(node)

Ray's processes outlive the process that started them on purpose: an agent can be killed and started again without
costing the jobs that run. A caller that stays alive calls `become_subreaper()` first and `reap(node.processes)` in its
loop, or a raylet that died stays a zombie and its workers live on.
"""

from qubix_agent.ray_node.compatibility import RayVersions, check, listening, own_versions, unreachable
from qubix_agent.ray_node.errors import NodeRefused, NodeStartFailed, PortsTaken, UnusableFolder
from qubix_agent.ray_node.identity import ProcessIdentity, become_subreaper, reap
from qubix_agent.ray_node.launch import start_node
from qubix_agent.ray_node.node import NodeSpec, RayNode
from qubix_agent.ray_node.ports import NodePorts, fixed_ports, free_port, is_free
from qubix_agent.ray_node.record import adopt, forget, save
from qubix_agent.ray_node.stop import stop_node

__all__ = [
    "NodePorts",
    "NodeRefused",
    "NodeSpec",
    "NodeStartFailed",
    "PortsTaken",
    "ProcessIdentity",
    "RayNode",
    "RayVersions",
    "UnusableFolder",
    "adopt",
    "become_subreaper",
    "check",
    "fixed_ports",
    "forget",
    "free_port",
    "is_free",
    "listening",
    "own_versions",
    "reap",
    "save",
    "start_node",
    "stop_node",
    "unreachable",
]
