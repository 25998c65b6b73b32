"""The demo's platform: how it is started, what it says, and which machine loses power."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from qubix_agent.ray_node import ProcessIdentity
from qubix_serve.demo.errors import DemoFailed
from qubix_serve.demo.host import Host, last_words, ready_facts, up_arguments
from qubix_serve.demo.power_cut import cut_power
from qubix_serve.supervisor.home import Home
from qubix_serve.supervisor.state import AgentRecord, Ports, State


def test_the_command_line_that_starts_it() -> None:
    arguments = up_arguments(Path("/home/demo"), port=8001, providers=["own", "RTX 4090:1"])
    assert arguments == [
        *("up", "--home", "/home/demo", "--port", "8001"),
        *("--simulate", "own, RTX 4090:1", "--replicas", "1", "--json"),
    ]


def test_it_is_ready_when_it_says_so_in_a_whole_line() -> None:
    event = json.dumps({"event": "ready", "url": "http://x"})
    assert ready_facts("") is None
    assert ready_facts('{"event": "started"}\nnot json\n') is None
    assert ready_facts(event) is None
    assert ready_facts(f'{{"event": "note"}}\n{event}\n') == {"event": "ready", "url": "http://x"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        ("one\ntwo\n", "two"),
        ('{"error": {"code": "x", "message": "Starting: no disk. Free some."}}\n', "Starting: no disk. Free some."),
        ('{"event": "note"}\n', '{"event": "note"}'),
    ],
)
def test_its_last_words_are_a_sentence(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "log").write_text(text)
    assert last_words(tmp_path / "log") == words


def test_a_platform_that_does_not_start_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    # A home of a later format is refused by `qubix up`.
    (tmp_path / "format").write_text("999\n")
    host = Host(tmp_path, port=1, providers=["RTX 4090:1"])
    with pytest.raises(DemoFailed, match="999"), host:
        host.start()
    assert not host.anything_runs()
    # What it says holds the operator's API key, and a home may be entered by others.
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in ("demo-up.log", "demo-up-errors.log")} == {0o600}


def test_a_provider_that_is_not_here_cannot_lose_power(tmp_path: Path) -> None:
    home = Home.locate(tmp_path)
    with pytest.raises(DemoFailed, match="no agent of this home"):
        cut_power(home, "stranger")
    state = State(ports=Ports.choose(http=1, earlier=None), agents=(AgentRecord(number=1, simulate=""),))
    state.save(home)
    identity = home.agents / "1" / "identity.json"
    identity.parent.mkdir(parents=True)
    identity.write_text(json.dumps({"worker_id": "machine"}))
    with pytest.raises(DemoFailed, match="does not run"):
        cut_power(home, "machine")
    gone = ProcessIdentity(role="agent 1", pid=2**22, created=0.0)
    state.with_agents([replace(state.agents[0], process=gone)]).save(home)
    with pytest.raises(DemoFailed, match="does not run"):
        cut_power(home, "machine")
