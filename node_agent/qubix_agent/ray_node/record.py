"""Remembering a node on disk, so that an agent that is started again finds it instead of starting a second one."""

import json
from pathlib import Path

from qubix.private_file import write_private
from qubix_agent.ray_node.node import RayNode


def save(node: RayNode, path: Path) -> None:
    """Write the node to `path`, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, json.dumps(node.to_json(), indent=2) + "\n")


def load(path: Path) -> RayNode | None:
    """Read the node that `save` wrote, running or not; None when there is no such file or it is not one of ours."""
    try:
        return RayNode.from_json(json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def adopt(path: Path) -> RayNode | None:
    """The node that `save` wrote, when its raylet still runs; otherwise None.

    A process that only got the same number later is never taken for it.
    """
    node = load(path)
    return node if node is not None and node.is_alive() else None


def forget(path: Path) -> None:
    """Remove what `save` wrote."""
    path.unlink(missing_ok=True)
