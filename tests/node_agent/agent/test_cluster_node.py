import asyncio
import socket
from collections.abc import Iterable
from pathlib import Path

import pytest

from qubix.schemas.hardware import BenchmarkResult, CpuInfo, RamInfo
from qubix.schemas.providers import RayJoin, ReachAnswer, ReachRequest
from qubix.schemas.states import IsolationLevel
from qubix_agent.agent import cluster_node
from qubix_agent.agent.cluster_node import (
    head_ports,
    node_spec,
    node_variables,
    own_address,
    require_fitting,
    require_reached,
    slug,
)
from qubix_agent.agent.errors import CannotJoin
from qubix_agent.agent.offer import Offer, offered_ram_mib
from qubix_agent.hardware.detected import Machine
from qubix_agent.hardware.simulate import parse_simulated
from qubix_agent.home import AgentHome
from qubix_agent.ray_node import own_versions
from qubix_serve.reach import unreachable_ports

JOIN = RayJoin(
    address="127.0.0.1:24000",
    token="t" * 32,
    namespace="qubix",
    ray_version=own_versions().ray,
    python_version=own_versions().python,
    tls=False,
)
OFFER = Offer(
    machine=Machine(
        gpus=parse_simulated("RTX 4090:2", seed="w"),
        cpu=CpuInfo(model="c", cores=8),
        ram=RamInfo(total_mib=65_536),
        disk_mib=1000,
        simulated=True,
    ),
    benchmark=BenchmarkResult(fp32_tflops=1, engine="e", seconds=1),
    isolation=IsolationLevel.BWRAP_CGROUP,
    host="box",
)


def test_the_node_says_what_the_machine_offers(tmp_path: Path) -> None:
    home = AgentHome(tmp_path)
    spec = node_spec(JOIN, home=home, url="http://a", worker_id="box-1", offer=OFFER, region="eu-west", node_ip=None)
    assert spec.node_ip == "127.0.0.1"
    assert spec.ports.listening() == []
    assert (spec.num_cpus, spec.num_gpus) == (8, 2)
    assert spec.memory_bytes == (65_536 - 2048) << 20
    assert spec.resources == {"gpu_0": 1.0, "gpu_1": 1.0}
    assert spec.labels["qubix.io/gpu-model"] == "RTX-4090"
    assert spec.labels["qubix.io/isolation"] == "bwrap-cgroup"
    assert all(len(value) <= 63 for value in spec.labels.values())


def test_a_node_that_others_reach_uses_the_documented_ports(tmp_path: Path) -> None:
    spec = node_spec(
        JOIN, home=AgentHome(tmp_path), url="http://a", worker_id="b", offer=OFFER, region=None, node_ip="10.0.0.7"
    )
    assert spec.ports.node_manager == 24001
    assert spec.ports.object_manager == 24002


def test_runners_get_the_address_and_never_a_secret(tmp_path: Path) -> None:
    given = {"PATH": "/bin", "QUBIX_JOIN_TOKEN": "secret", "PIP_INDEX_URL": "x", "AWS_SECRET": "s", "QUBIX_HOME": "/h"}
    variables = node_variables(home=AgentHome(tmp_path), url="http://a", environment=given)
    assert variables["QUBIX_URL"] == "http://a"
    assert variables["QUBIX_AGENT_HOME"] == str(tmp_path)
    assert variables["PIP_INDEX_URL"] == "x"
    assert not {"QUBIX_JOIN_TOKEN", "AWS_SECRET", "PATH"} & variables.keys()


def test_everything_that_does_not_fit_is_named() -> None:
    with pytest.raises(CannotJoin) as refused:
        require_fitting(JOIN.model_copy(update={"ray_version": "1.0", "python_version": "3.9.1", "tls": True}))
    assert "Ray 1.0" in refused.value.message
    assert "Python 3.9" in refused.value.message
    assert "RAY_TLS_CA_CERT" in refused.value.message


def test_a_head_that_cannot_be_reached_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        require_fitting(JOIN.model_copy(update={"address": f"127.0.0.1:{port}"}))
    with pytest.raises(CannotJoin, match=f"Port {port} of 127.0.0.1"):
        require_fitting(JOIN.model_copy(update={"address": f"127.0.0.1:{port}"}))


def test_all_fixed_ports_of_a_head_on_another_machine_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[tuple[str, list[int]]] = []

    def firewall(host: str, ports: Iterable[int]) -> list[str]:
        tried.append((host, list(ports)))
        return ["Port 24001 of 10.0.0.10 does not answer within 3 s."]

    monkeypatch.setattr(cluster_node, "unreachable", firewall)
    with pytest.raises(CannotJoin, match="Port 24001"):
        require_fitting(JOIN.model_copy(update={"address": "10.0.0.10:24000"}))
    assert tried == [("10.0.0.10", [24000, 24001, 24002])]
    assert head_ports(21_234) == [21_234]


def test_a_node_that_the_head_cannot_reach_is_told_which_ports(tmp_path: Path) -> None:
    spec = node_spec(
        JOIN, home=AgentHome(tmp_path), url="http://a", worker_id="b", offer=OFFER, region=None, node_ip="127.0.0.2"
    )

    def head(request: ReachRequest) -> ReachAnswer:
        return ReachAnswer(unreachable=asyncio.run(unreachable_ports(str(request.address), request.ports)))

    def head_behind_a_firewall(request: ReachRequest) -> ReachAnswer:
        return ReachAnswer(unreachable=request.ports[1:])

    require_reached(spec, ask_head=head)
    with pytest.raises(CannotJoin, match=r"the head cannot reach port 24002 of 127\.0\.0\.2"):
        require_reached(spec, ask_head=head_behind_a_firewall)


def test_small_things() -> None:
    assert slug("RTX 4090") == "RTX-4090"
    assert slug("  ++ ") == "unknown"
    assert len(slug("x" * 100)) == 63
    assert own_address("127.0.0.1:1") == "127.0.0.1"
    assert offered_ram_mib(1024) == 896
