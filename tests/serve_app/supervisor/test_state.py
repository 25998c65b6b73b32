"""What was started is read back as it was written."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from qubix_agent.ray_node import ProcessIdentity, RayNode
from qubix_agent.ray_node.ports import BLOCK_SIZE
from qubix_serve.supervisor.home import Home
from qubix_serve.supervisor.state import AgentRecord, Ports, State

PROCESS = ProcessIdentity(role="raylet", pid=7, created=8.5)
STATE = State(
    ports=Ports(http=8000, gcs=1, proxy_stats=2, proxy_metrics=3, proxy_fallback=4, replicas=5, dashboard=6, devnet=7),
    head=RayNode(
        node_id="ab",
        address="127.0.0.1:1",
        node_ip="127.0.0.1",
        folder=Path("/f"),
        session_folder=Path("/f/s"),
        processes=(PROCESS,),
    ),
    gcs_command=("gcs_server", "--port=1"),
    replicas=2,
    deployed=True,
    chain="devnet",
    external_database=True,
    devnet=PROCESS,
    agents=(AgentRecord(number=1, simulate="RTX 4090:1", process=PROCESS), AgentRecord(number=2, simulate="")),
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home's folder."""
    return Home(tmp_path)


@pytest.mark.parametrize("state", [STATE, State(ports=STATE.ports)])
def test_state_is_read_back_as_it_was(home: Home, state: State) -> None:
    state.save(home)

    assert State.load(home) == state
    assert home.state.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "{}", '{"ports": {}}', "null"])
def test_damaged_state_counts_as_none(home: Home, text: str) -> None:
    home.state.write_text(text)

    assert State.load(home) is None


def test_ports_are_kept_from_start_to_start() -> None:
    first = Ports.choose(http=8000, earlier=None)

    assert Ports.choose(http=8000, earlier=first) == first
    singles = {first.gcs, first.proxy_stats, first.proxy_metrics, first.proxy_fallback, first.dashboard, first.devnet}
    assert len(singles) == 6
    assert not singles & set(range(first.replicas, first.replicas + BLOCK_SIZE))


def test_port_that_was_taken_meanwhile_is_replaced_alone() -> None:
    first = Ports.choose(http=8000, earlier=None)
    with socket.create_server(("127.0.0.1", first.gcs)):
        second = Ports.choose(http=8000, earlier=first)

    assert second.gcs != first.gcs
    assert replace(second, gcs=first.gcs) == first
