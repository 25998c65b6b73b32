"""A member's agent on a real Ray cluster: its node lives, dies, is taken over, and goes with it."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import ray as ray_package

from qubix.schemas.providers import RayJoin
from qubix_agent.home import AgentHome
from qubix_agent.ray_node import RayNode, adopt, stop_node
from qubix_agent.ray_node.record import load
from tests.node_agent.agent.conftest import Market, StartAgent
from tests.node_agent.agent.test_native import is_online
from tests.node_agent.conftest import Drive

pytestmark = [pytest.mark.xdist_group("ray"), pytest.mark.timeout(240)]

MEMBER = ("--as", "ray", "--simulate", "RTX 4090:2", "--region", "eu-west", "--json")


@pytest.fixture
def member_market(market: Market, head: RayNode, token_file: Path, home: AgentHome) -> Iterator[Market]:
    market.ray = RayJoin(
        address=head.address,
        token=token_file.read_text(),
        namespace="qubix",
        ray_version=ray_package.__version__,
        python_version="3.11.0",
        tls=False,
    )
    yield market
    if (left := load(home.ray_node)) is not None:
        stop_node(left)


def test_the_life_of_a_members_node(
    member_market: Market, start_agent: StartAgent, home: AgentHome, drive: Drive
) -> None:
    market = member_market
    first = start_agent(*MEMBER)
    beat = market.wait_for_beat(is_online, 90)
    node = adopt(home.ray_node)
    assert node is not None
    assert beat["rayNodeId"] == node.node_id
    found = drive(
        f"""
import time
while True:
    mine = [node for node in ray.nodes() if node["NodeID"] == {node.node_id!r} and node["Alive"]]
    if mine: break
result = [mine[0]["Labels"], mine[0]["Resources"]]
"""
    )
    labels, resources = found
    worker_id = market.api.bodies("/quick-register")[0]["workerId"]
    expected = {
        "qubix.io/role": "provider",
        "qubix.io/provider": worker_id,
        "qubix.io/gpu-model": "RTX-4090",
        "qubix.io/vram-mib": "24576",
        "qubix.io/region": "eu-west",
        "qubix.io/isolation": "bwrap-cgroup",
    }
    assert expected.items() <= labels.items()
    assert resources["GPU"] == 2
    assert resources["gpu_0"] == resources["gpu_1"] == 1

    # Killed, it leaves its node running, and its successor takes that over.
    first.signal(signal.SIGKILL)
    first.wait()
    assert node.is_alive()
    second = start_agent(*MEMBER, token=None)
    market.api.wait_for("quick-register", count=2, seconds=60)
    beats = len(market.api.bodies("/heartbeat"))
    market.api.wait_for("heartbeat", count=beats + 1, seconds=60)
    adopted = adopt(home.ray_node)
    assert adopted is not None
    assert adopted.node_id == node.node_id

    # A node that dies is started again, and the platform hears of both.
    os.kill(node.raylet.pid, signal.SIGKILL)
    market.wait_for_beat(lambda body: body["status"] == "offline", 60)
    market.wait_for_beat(
        lambda body: body["status"] == "online" and body.get("rayNodeId") not in (None, node.node_id), 90
    )
    replaced = adopt(home.ray_node)
    assert replaced is not None

    family = replaced.family()
    second.signal(signal.SIGTERM)
    assert second.wait(60) == 0, second.lines
    assert market.api.bodies("/heartbeat")[-1]["status"] == "offline"
    gone, alive = psutil.wait_procs(family, timeout=10)
    assert not alive, gone
    assert load(home.ray_node) is None


def test_a_cluster_that_does_not_fit_is_a_sentence(member_market: Market, start_agent: StartAgent) -> None:
    assert member_market.ray is not None
    member_market.ray = member_market.ray.model_copy(update={"ray_version": "2.59.0", "python_version": "3.12.1"})
    agent = start_agent(*MEMBER[:-1])
    assert agent.wait(60) == 1
    said = "".join(agent.lines)
    assert "The head runs Ray 2.59.0" in said
    assert "minor version" in said
    assert "Traceback" not in said
