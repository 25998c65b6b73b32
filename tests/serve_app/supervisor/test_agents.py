"""Which agents a home is to run, and which of them are to be invited."""

from dataclasses import replace
from pathlib import Path

import pytest

from qubix_agent.agent.identity import load_identity, save_identity
from qubix_agent.ray_node import ProcessIdentity
from qubix_serve.supervisor import up
from qubix_serve.supervisor.agents import DEFAULT_SIMULATED, agent_home, is_registered, simulated_gpus, wanted_agents
from qubix_serve.supervisor.core import UpRequest
from qubix_serve.supervisor.home import Home
from qubix_serve.supervisor.postgres import choose_database
from qubix_serve.supervisor.progress import JsonProgress
from qubix_serve.supervisor.state import AgentRecord, Ports, State
from qubix_serve.supervisor.up import Platform

PROCESS = ProcessIdentity(role="agent 1", pid=7, created=8.5)


@pytest.mark.parametrize(
    ("text", "providers", "expected"),
    [
        ("", 0, ()),
        ("", 2, (DEFAULT_SIMULATED, DEFAULT_SIMULATED)),
        ("RTX 4090:1, A100-80GB:2", 0, ("RTX 4090:1", "A100-80GB:2")),
        (" RTX 4090:1 ,, ", 2, ("RTX 4090:1", DEFAULT_SIMULATED)),
        ("A:1, B:1, C:1", 2, ("A:1", "B:1", "C:1")),
        ("own, B:1", 0, ("", "B:1")),
    ],
)
def test_one_agent_for_each_item(text: str, providers: int, expected: tuple[str, ...]) -> None:
    assert simulated_gpus(text, providers=providers) == expected


def test_agent_that_runs_is_kept_and_a_new_one_is_added() -> None:
    known = [AgentRecord(number=1, simulate="RTX 4090:1", process=PROCESS)]

    assert wanted_agents(known, simulate=["RTX 4090:1", "A100-80GB:2"]) == (
        AgentRecord(number=1, simulate="RTX 4090:1", process=PROCESS),
        AgentRecord(number=2, simulate="A100-80GB:2"),
    )


URL = "http://127.0.0.1:8000"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with the folder of one agent."""
    made = Home(tmp_path)
    made.prepare()
    (made.agents / "1").mkdir()
    return made


def _joined(home: Home, *, url: str) -> None:
    file = agent_home(home, 1).identity
    save_identity(replace(load_identity(file), url=url, worker_token="qbx_wrk_secret"), file)


def test_agent_that_was_interrupted_before_it_joined_needs_an_invitation_again(home: Home) -> None:
    assert not is_registered(home, 1, url=URL)
    load_identity(agent_home(home, 1).identity)

    assert not is_registered(home, 1, url=URL)


def test_agent_of_another_port_needs_an_invitation_to_this_one(home: Home) -> None:
    _joined(home, url=URL)

    assert is_registered(home, 1, url=f"{URL}/")
    assert not is_registered(home, 1, url="http://127.0.0.1:9000")


@pytest.mark.parametrize(("port", "invitations"), [(8000, 0), (9000, 1)])
def test_agents_are_invited_where_the_address_is_new(
    home: Home, monkeypatch: pytest.MonkeyPatch, port: int, invitations: int
) -> None:
    _joined(home, url=URL)
    State(
        ports=Ports.choose(http=8000, earlier=None), agents=(AgentRecord(number=1, simulate="", process=PROCESS),)
    ).save(home)
    request = UpRequest(http_port=port, simulate=("",))
    platform = Platform(home, request, database=choose_database(home, {}), progress=JsonProgress())
    tokens: list[str | None] = []

    def start(_home: Home, record: AgentRecord, *, url: str, token: str | None) -> AgentRecord:
        assert url == request.url
        tokens.append(token)
        return record

    monkeypatch.setattr(up, "new_join_token", lambda *_, **__: "qbx_join_fresh")
    monkeypatch.setattr(up, "start_agent", start)
    (record,) = platform.state.agents
    platform.start_agent(record)

    assert (record.process is None) is (port != 8000)
    assert [token for token in tokens if token] == ["qbx_join_fresh"] * invitations
