"""A node that was started is found again by the agent's successor."""

import os
from pathlib import Path

import pytest

from qubix_agent.ray_node import ProcessIdentity, RayNode, adopt, forget, save
from qubix_agent.ray_node.record import load


def _node(created: float) -> RayNode:
    return RayNode(
        node_id="ab" * 28,
        address="127.0.0.1:24000",
        node_ip="127.0.0.1",
        folder=Path("/tmp/qubix-0/12345678"),
        session_folder=Path("/tmp/qubix-0/12345678/session"),
        processes=(ProcessIdentity(role="raylet", pid=os.getpid(), created=created),),
    )


def test_living_node_is_adopted_whole(tmp_path: Path) -> None:
    node = _node(ProcessIdentity.of(os.getpid(), role="raylet").created)
    save(node, tmp_path / "deep" / "ray-node.json")

    assert adopt(tmp_path / "deep" / "ray-node.json") == node


def test_dead_node_is_remembered_but_not_adopted(tmp_path: Path) -> None:
    node = _node(created=1.0)
    save(node, tmp_path / "ray-node.json")

    assert adopt(tmp_path / "ray-node.json") is None
    assert load(tmp_path / "ray-node.json") == node


@pytest.mark.parametrize("text", ["", "{", "[]", '{"node_id": "x"}'])
def test_damaged_record_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "ray-node.json").write_text(text)

    assert adopt(tmp_path / "ray-node.json") is None


def test_forgotten_node_is_gone(tmp_path: Path) -> None:
    save(_node(created=1.0), tmp_path / "ray-node.json")
    forget(tmp_path / "ray-node.json")
    forget(tmp_path / "ray-node.json")

    assert load(tmp_path / "ray-node.json") is None
