"""A small Ray cluster of the benchmark's own, for the contenders that are Ray without us."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from benchmarks.dispatch.plan import AT_ONCE
from qubix_agent.ray_node import NodeSpec, free_port, start_node, stop_node
from qubix_agent.ray_node.environment import clean_environment, driver_environment
from qubix_agent.ray_node.folders import short_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCluster:
    """A head that runs.

    Attributes:
        address: of its control store.
        dashboard: where the Jobs API is.
        environment: what a driver needs.
    """

    address: str
    dashboard: str
    environment: dict[str, str]


@contextmanager
def own_cluster() -> Iterator[OwnCluster]:
    """Start a head with a dashboard and one CPU for each job at once; end it.

    Raises:
        NodeStartFailed: Ray did not come up.
    """
    with tempfile.TemporaryDirectory(prefix="qubix-bench-ray-") as name:
        folder = Path(name)
        token = folder / "token"
        token.touch(mode=0o600)
        token.write_text(token_hex(32))
        gcs = free_port()
        dashboard = free_port(avoid=[gcs])
        spec = NodeSpec(
            address=f"127.0.0.1:{gcs}",
            node_ip="127.0.0.1",
            folder=short_folder(folder),
            token_file=token,
            labels={},
            num_cpus=AT_ONCE,
            memory_bytes=2 * 1024**3,
            head=True,
            dashboard_port=dashboard,
        )
        node = start_node(spec)
        try:
            yield OwnCluster(
                address=spec.address,
                dashboard=f"http://127.0.0.1:{dashboard}",
                environment=clean_environment() | driver_environment(token_file=token, on_loopback=True),
            )
        finally:
            stop_node(node)
