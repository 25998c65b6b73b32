"""What cannot be mended now is tried again, and takes nothing else with it."""

import errno
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from qubix.errors import QubixError, Unavailable
from qubix_serve.supervisor.accounts import new_join_token
from qubix_serve.supervisor.agents import agent_home
from qubix_serve.supervisor.home import Home
from qubix_serve.supervisor.state import AgentRecord, Ports, State
from qubix_serve.supervisor.status import status
from qubix_serve.supervisor.up import Platform
from qubix_serve.supervisor.watch import Watch


class Notes:
    """Keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def step(self, _name: str) -> AbstractContextManager[None]:
        return nullcontext()

    def note(self, text: str) -> None:
        self.said.append(text)

    def ready(self, facts: dict[str, Any]) -> None:
        raise AssertionError("a watch is not told that it is ready")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (ValueError("Expecting value"), "Expecting value"),
        (QubixError(asked="Starting", obstacle="the port is taken", remedy="Free it."), "the port is taken"),
    ],
)
def test_part_that_does_not_start_does_not_end_the_platform(fault: Exception, words: str) -> None:
    def start() -> None:
        raise fault

    notes = Notes()
    Watch(cast("Platform", SimpleNamespace(progress=notes)))._mend("PostgreSQL", start)

    assert notes.said[0] == "PostgreSQL is down, starting it again"
    assert words in notes.said[1]
    assert len(notes.said) == 2


def test_proxy_that_answers_in_the_apis_place_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = httpx.Response(503, text="The API is not up yet.")
    monkeypatch.setattr(httpx, "post", lambda *_, **__: answer)

    with pytest.raises(Unavailable, match="503"):
        new_join_token("http://127.0.0.1:8000", api_key="qbx_key_x")


@dataclass
class OfAgents:
    """What a watch needs of a platform with agents, of which none runs. Starting one is written down."""

    home: Home
    state: State
    progress: Notes = field(default_factory=Notes)
    started: list[int] = field(default_factory=list)

    def start_agent(self, record: AgentRecord) -> None:
        self.started.append(record.number)


def test_agent_that_its_owner_sent_away_is_not_started_again_and_one_that_died_is(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.prepare()
    agents = tuple(AgentRecord(number=number, simulate="") for number in (1, 2))
    ports = Ports(http=9, gcs=1, proxy_stats=2, proxy_metrics=3, proxy_fallback=4, replicas=5, dashboard=6, devnet=7)
    state = State(ports=ports, agents=agents)
    state.save(home)
    for record in agents:
        agent_home(home, record.number).make()
    agent_home(home, 1).sent_away.touch()
    platform = OfAgents(home, state)
    watch = Watch(cast("Platform", platform))

    watch._look_at_agents()
    watch._look_at_agents()

    assert set(platform.started) == {2}
    assert [said for said in platform.progress.said if "agent 1" in said] == [
        "provider agent 1 left, as the machine's owner asked; `qubix up` starts it again"
    ]
    parts = {part.name: part.state for part in status(home).parts if part.name.startswith("agent")}
    assert parts == {"agent 1": "ok", "agent 2": "down"}

    agent_home(home, 1).sent_away.unlink()
    watch._look_at_agents()
    assert 1 in platform.started
