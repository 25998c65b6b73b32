"""Labels that an owner gives their machine when it joins."""

from uuid import uuid4

import pytest
from typer.testing import CliRunner

from qubix.errors import InvalidRequest
from qubix_agent.agent.identity import Identity
from qubix_agent.agent.labels import read_labels
from qubix_agent.agent.offer import registration
from qubix_agent.agent.options import JoinOptions
from qubix_agent.cli import app
from tests.node_agent.agent.test_cluster_node import OFFER


def test_labels_reach_the_registration() -> None:
    labels = read_labels(["network=10g", "rack=7", "rack=7"])
    identity = Identity(worker_id="box-1", session=uuid4())
    options = JoinOptions(url="", labels=labels)
    assert registration(OFFER, identity=identity, options=options, kind="ray").labels == {"network": "10g", "rack": "7"}


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["network"], "NAME=value"),
        (["=10g"], "NAME=value"),
        (["a b=c"], "NAME=value"),
        (["network=-10g"], "NAME=value"),
        (["x" * 64 + "=1"], "at most 63"),
        (["x=" + "1" * 64], "at most 63"),
        (["rack=7", "rack=8"], "it has the value '7' too"),
        ([f"l{number}=1" for number in range(33)], "at most 32"),
    ],
)
def test_what_is_no_label_is_refused(texts: list[str], said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        read_labels(texts)


def test_the_command_refuses_before_it_joins(tmp_path: object) -> None:
    answer = CliRunner().invoke(app, ["join", "http://127.0.0.1:1", "--home", str(tmp_path), "--label", "a b=c"])
    assert answer.exit_code == 1
    assert "Write it as --label network=10g" in answer.output.replace("\n", " ")
