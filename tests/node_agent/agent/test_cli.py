import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qubix_agent.agent.single import only_agent
from qubix_agent.cli import app
from qubix_agent.home import AgentHome, default_home

runner = CliRunner()


def test_detect_says_what_is_there_and_what_is_simulated() -> None:
    answer = runner.invoke(app, ["detect", "--simulate", "RTX 4090:1", "--json"])
    assert answer.exit_code == 0
    found = json.loads(answer.stdout)
    assert found["simulated"] is True
    assert found["gpus"][0]["model"] == "RTX 4090"
    assert found["cpu"]["cores"] >= 1
    sentence = runner.invoke(app, ["detect", "--simulate", "RTX 4090:1"]).stdout
    assert "RTX 4090 (24 GiB) (simulated)" in sentence


def test_a_refusal_is_json_too() -> None:
    answer = runner.invoke(app, ["detect", "--simulate", "RTX 1", "--json"])
    assert answer.exit_code == 1
    assert json.loads(answer.stdout)["error"]["code"] == "invalid_request"


def test_the_benchmark_is_kept(tmp_path: Path) -> None:
    first = runner.invoke(app, ["benchmark", "--home", str(tmp_path), "--json"])
    assert first.exit_code == 0, first.output
    again = runner.invoke(app, ["benchmark", "--home", str(tmp_path), "--json"])
    assert json.loads(first.stdout) == json.loads(again.stdout)


def test_status_tells_whether_an_agent_runs(tmp_path: Path) -> None:
    home = AgentHome(tmp_path)
    home.make()
    answer = runner.invoke(app, ["status", "--home", str(tmp_path), "--json"])
    assert answer.exit_code == 3
    assert json.loads(answer.stdout)["running"] is False
    with only_agent(home.lock):
        answer = runner.invoke(app, ["status", "--home", str(tmp_path), "--json"])
    assert answer.exit_code == 0
    assert json.loads(answer.stdout)["pid"] == os.getpid()


def test_a_home_that_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    answer = runner.invoke(app, ["benchmark", "--home", str(tmp_path / "file" / "home")])
    assert answer.exit_code == 1
    assert "Choose a folder" in answer.output


def test_where_the_home_is() -> None:
    assert default_home({"QUBIX_AGENT_HOME": "/a"}).root == Path("/a")
    assert default_home({"QUBIX_HOME": "/q"}).root == Path("/q/agents/default")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (PermissionError(13, "Permission denied", "/home/agent.lock"), "Permission denied: /home/agent.lock"),
        (ZeroDivisionError("x / 0"), "a mistake of its own (ZeroDivisionError: x / 0)"),
    ],
)
@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_whatever_breaks_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception, words: str, as_json: list[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr("qubix_agent.agent.single.running_agent", broken)
    answer = runner.invoke(app, ["status", "--home", str(tmp_path), *as_json])
    assert answer.exit_code == 1
    assert words in answer.output
    assert "Traceback" not in answer.output
    if as_json:
        assert "message" in json.loads(answer.stdout)["error"]


def test_a_name_in_place_of_an_address_is_a_sentence(tmp_path: Path) -> None:
    words = ["join", "http://127.0.0.1:1", "--home", str(tmp_path), "--node-ip", "gpu-box", "--json"]
    answer = runner.invoke(app, words)
    assert answer.exit_code == 1
    assert "not an IP address" in json.loads(answer.stdout)["error"]["message"]
