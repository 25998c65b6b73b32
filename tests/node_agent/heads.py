"""Heads of small clusters on loopback."""

from collections.abc import Mapping
from pathlib import Path

from qubix_agent.ray_node import NodeSpec, free_port
from qubix_agent.ray_node.folders import short_folder


def head_spec(
    folder: Path, token_file: Path, *, storage: Path | None = None, environment: Mapping[str, str] | None = None
) -> NodeSpec:
    """A head at a free port, whose own folder is named after `folder`."""
    return NodeSpec(
        address=f"127.0.0.1:{free_port()}",
        node_ip="127.0.0.1",
        folder=short_folder(folder / "head"),
        token_file=token_file,
        labels={"qubix.io/role": "core"},
        num_cpus=1,
        memory_bytes=10**9,
        head=True,
        storage=storage,
        environment=environment or {},
    )
