"""Real nodes of a real cluster: held to loopback, clean, found again, and gone when they are stopped."""

import os
import signal
import time
from pathlib import Path
from typing import Final

import psutil
import pytest

from qubix_agent.ray_node import NodeRefused, PortsTaken, RayNode, adopt, reap, save, start_node, stop_node
from qubix_agent.ray_node.identity import marked, wait_gone
from qubix_agent.ray_node.node import NODE_VARIABLE
from qubix_agent.ray_node.ports import NodePorts
from tests.node_agent.conftest import Drive, MakeSpec

pytestmark = [pytest.mark.xdist_group("ray"), pytest.mark.timeout(180)]

SECRET: Final = "of-the-platform"


def _listening(node: RayNode) -> set[str]:
    return {
        connection.laddr.ip.removeprefix("::ffff:")
        for process in node.family()
        for connection in process.net_connections(kind="tcp")
        if connection.status == psutil.CONN_LISTEN
    }


def test_node_joins_with_its_labels_and_resources_and_sees_no_secret(
    node_spec: MakeSpec, drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", SECRET)
    monkeypatch.setenv("QUBIX_SECRET", SECRET)
    node = start_node(node_spec("p1", environment={"QUBIX_URL": "http://127.0.0.1:1"}))
    try:
        seen = drive(
            "@ray.remote(num_gpus=1, max_calls=0, max_retries=0, resources={'gpu_0': 0.5},\n"
            "            label_selector={'qubix.io/provider': 'p1'})\n"
            "def look():\n"
            "    return ray.get_runtime_context().get_node_id(), dict(os.environ), os.nice(0)\n"
            "where, environment, niceness = ray.get(look.remote())\n"
            "result = {'where': where, 'environment': environment, 'niceness': niceness,\n"
            "          'nodes': {n['NodeID']: [n['Labels'], n['Resources']] for n in ray.nodes() if n['Alive']}}\n"
        )
        labels, resources = seen["nodes"][node.node_id]
        assert seen["where"] == node.node_id
        assert labels["qubix.io/provider"] == "p1"
        assert (resources["gpu_0"], resources["GPU"], resources["memory"]) == (1.0, 1.0, 1e9)
        assert seen["environment"]["QUBIX_URL"] == "http://127.0.0.1:1"
        assert seen["niceness"] == 0
        assert SECRET not in seen["environment"].values()
        assert all(SECRET not in process.environ().values() for process in node.family())
        assert _listening(node) == {"127.0.0.1"}
    finally:
        stop_node(node)
    assert node.family() == []
    assert not node.folder.exists()


def test_head_listens_on_loopback_alone_and_its_files_are_private(head: RayNode) -> None:
    assert _listening(head) == {"127.0.0.1"}
    assert head.folder.parent.stat().st_mode & 0o077 == 0
    assert "gcs_server" in {process.role for process in head.processes}


def test_killed_raylet_is_known_as_dead_and_its_leftovers_are_ended(
    node_spec: MakeSpec, drive: Drive, tmp_path: Path
) -> None:
    node = start_node(node_spec("p2"))
    save(node, tmp_path / "node.json")
    assert adopt(tmp_path / "node.json") == node

    os.kill(node.raylet.pid, signal.SIGKILL)
    wait_gone([psutil.Process(node.raylet.pid)], deadline=time.monotonic() + 5)
    reap(node.processes)
    assert adopt(tmp_path / "node.json") is None

    stop_node(node)
    assert marked(NODE_VARIABLE, str(node.folder)) == []
    dead = drive(
        "import time\n"
        "deadline = time.monotonic() + 10\n"
        f"alive = lambda: any(n['Alive'] and n['NodeID'] == {node.node_id!r} for n in ray.nodes())\n"
        "while alive() and time.monotonic() < deadline:\n"
        "    time.sleep(0.05)\n"
        "result = not alive()\n"
    )
    assert dead


def test_stopping_twice_and_stopping_one_leaves_the_other(node_spec: MakeSpec) -> None:
    first, second = start_node(node_spec("p3")), start_node(node_spec("p4"))
    try:
        stop_node(first)
        stop_node(first)
        assert not first.is_alive()
        assert second.is_alive()
    finally:
        stop_node(second)


def test_wrong_token_is_refused_and_leaves_nothing_behind(node_spec: MakeSpec, tmp_path: Path) -> None:
    wrong = tmp_path / "token"
    wrong.touch(0o600)
    wrong.write_text("f" * 32)
    spec = node_spec("p5", token_file=wrong)

    with pytest.raises(NodeRefused, match="does not accept this node's token"):
        start_node(spec)
    assert marked(NODE_VARIABLE, str(spec.folder)) == []


def test_taken_port_is_named_before_anything_starts(node_spec: MakeSpec, head: RayNode) -> None:
    port = int(head.address.rpartition(":")[2])

    with pytest.raises(PortsTaken, match=f"port {port} of 127.0.0.1 is in use"):
        start_node(node_spec("p6", ports=NodePorts(node_manager=port)))
