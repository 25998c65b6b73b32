"""Which agents a home is to run."""

import pytest

from qubix_agent.ray_node import ProcessIdentity
from qubix_serve.supervisor.agents import DEFAULT_SIMULATED, simulated_gpus, wanted_agents
from qubix_serve.supervisor.state import AgentRecord

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
