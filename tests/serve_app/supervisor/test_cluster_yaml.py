"""cluster.yaml is what Ray's cluster launcher takes, and its commands are ours."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config

from qubix_agent.cli import app as agent
from qubix_serve.commands import register

FILE = Path(__file__).parents[3] / "cluster.yaml"


@pytest.fixture
def config() -> dict[str, Any]:
    """The file, as Ray completes it."""
    return dict(prepare_config(yaml.safe_load(FILE.read_text())))


def _programs(command: str) -> list[list[str]]:
    """The words of each call of a program of ours in a shell command."""
    found = []
    for part in re.split(r"[;&|]|until |> ", command):
        words = shlex.split(part.replace("'", ""))
        for index, word in enumerate(words):
            if "/.venv/bin/qubix" in word:
                found.append([word.rpartition("/")[2], *words[index + 1 :]])
    return found


def test_launcher_takes_it(config: dict[str, Any]) -> None:
    validate_config(config)

    assert config["provider"]["type"] == "local"


def test_launcher_would_refuse_a_mistake(config: dict[str, Any]) -> None:
    with pytest.raises(Exception, match="head_start_ray_comands"):
        validate_config(config | {"head_start_ray_comands": []})


def test_every_listed_machine_is_wanted(config: dict[str, Any]) -> None:
    (node_type,) = config["available_node_types"].values()

    assert config["max_workers"] == len(config["provider"]["worker_ips"])
    assert node_type["min_workers"] == node_type["max_workers"] == config["max_workers"]


def test_nodes_are_started_by_our_own_commands(config: dict[str, Any]) -> None:
    head = [program for command in config["head_start_ray_commands"] for program in _programs(command)]
    workers = [program for command in config["worker_start_ray_commands"] for program in _programs(command)]

    assert [program[:2] for program in head] == [["qubix", "down"], ["qubix", "up"], ["qubix", "status"]]
    assert [program[:2] for program in workers] == [["qubix-agent", "join"]]
    assert not any(
        "ray start" in command for name, commands in config.items() if "start_ray" in name for command in commands
    )


def test_commands_of_the_head_are_understood(config: dict[str, Any]) -> None:
    app = typer.Typer()
    register(app)
    group = typer.main.get_command(app)
    for command in config["head_start_ray_commands"]:
        for program in _programs(command):
            known = group.commands[program[1]]  # type: ignore[attr-defined]
            options = {option for parameter in known.params for option in parameter.opts}
            assert {word for word in program if word.startswith("--")} <= options


def test_tokens_travel_by_https_alone(config: dict[str, Any]) -> None:
    assert 'join "https://$RAY_HEAD_IP:8000"' in " ".join(config["worker_start_ray_commands"])
    assert "http://" not in FILE.read_text()


def test_what_the_comments_name_exists() -> None:
    joining = typer.main.get_command(agent).commands["join"]  # type: ignore[attr-defined]
    options = {option for parameter in joining.params for option in parameter.opts}
    named = set()
    for command in re.findall(r"`qubix-agent join ([^`]*)`", FILE.read_text()):
        named |= {word for word in shlex.split(command) if word.startswith("--")}
    assert named
    assert named <= options


def test_secrets_come_from_the_environment_alone(config: dict[str, Any]) -> None:
    for name in ("head_start_ray_commands", "worker_start_ray_commands"):
        assert all(command.startswith("set -a; . /etc/qubix/environment;") for command in config[name])
    settings = "\n".join(line for line in FILE.read_text().splitlines() if not line.lstrip().startswith("#"))
    assert not re.search(r"qbx_|postgresql://|token=", settings)


def test_every_line_of_it_is_explained() -> None:
    explained = False
    for line in FILE.read_text().splitlines():
        if line.startswith((" ", "-")) or not line:
            continue
        assert explained or line.startswith("#") or line in EXPLAINED_BY_THEIR_LINES, line
        explained = line.startswith("#")


EXPLAINED_BY_THEIR_LINES = {
    "provider:",
    "auth:",
    "min_workers: 2",
    "rsync_exclude:",
    "head_start_ray_commands:",
    "worker_start_ray_commands:",
}
