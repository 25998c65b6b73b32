"""One real Ray head on loopback, shared by the tests of this folder and gone before those of another begin."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from qubix_agent.ray_node import NodeSpec, RayNode, become_subreaper, start_node, stop_node
from qubix_agent.ray_node.environment import clean_environment, driver_environment
from qubix_agent.ray_node.folders import short_folder
from tests.node_agent.heads import head_spec

MakeSpec = Callable[..., NodeSpec]
Drive = Callable[[str], Any]


@pytest.fixture(scope="package")
def cluster_folder() -> Iterator[Path]:
    """Where the cluster's token is, and what its nodes' folders are named after."""
    with tempfile.TemporaryDirectory(prefix="qubix-ray-tests-") as folder:
        yield Path(folder)


@pytest.fixture(scope="package")
def token_file(cluster_folder: Path) -> Path:
    """The cluster's token."""
    file = cluster_folder / "token"
    file.touch(0o600)
    file.write_text("0123456789abcdef" * 2)
    return file


@pytest.fixture(scope="package")
def head(cluster_folder: Path, token_file: Path) -> Iterator[RayNode]:
    """A head with its control store on disk."""
    become_subreaper()
    node = start_node(head_spec(cluster_folder, token_file, storage=cluster_folder / "control-store"))
    try:
        yield node
    finally:
        stop_node(node)


@pytest.fixture
def node_spec(head: RayNode, cluster_folder: Path, token_file: Path) -> MakeSpec:
    """Makes the specification of a provider's node of that cluster."""

    def make(provider: str, **changes: Any) -> NodeSpec:
        values: dict[str, Any] = {
            "address": head.address,
            "node_ip": "127.0.0.1",
            "folder": short_folder(cluster_folder / provider),
            "token_file": token_file,
            "labels": {"qubix.io/role": "provider", "qubix.io/provider": provider},
            "resources": {"gpu_0": 1.0},
            "num_cpus": 1,
            "num_gpus": 1,
            "memory_bytes": 10**9,
        }
        return NodeSpec(**(values | changes))

    return make


@pytest.fixture
def drive(head: RayNode, token_file: Path) -> Drive:
    """Runs Python with Ray connected, and returns what it assigned to `result`."""

    def run(code: str) -> Any:
        program = f"import json, os, ray\nray.init(address={head.address!r}, namespace='qubix', log_to_driver=False)\n"
        environment = clean_environment() | driver_environment(token_file=token_file, on_loopback=True)
        done = subprocess.run(
            [sys.executable, "-c", f"{program}{code}\nprint(json.dumps(result))"],
            env=environment,
            cwd=os.sep,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run
