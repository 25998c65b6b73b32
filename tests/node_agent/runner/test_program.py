"""What a job is started with."""

import pytest

from qubix_agent.runner.program import build_program
from tests.node_agent.runner.conftest import BareEnvironment, SpecMaker

_GANG = ("RANK", "WORLD_SIZE", "QUBIX_PEERS")


@pytest.mark.parametrize("size", [2, 4])
def test_each_worker_of_a_gang_gets_its_rank_their_number_and_their_names(spec: SpecMaker, size: int) -> None:
    peers = [f"worker-{rank}" for rank in range(size)]
    others = {"RANK": "99", "WORLD_SIZE": "99", "QUBIX_PEERS": "nobody", "MODE": "fast"}
    workers = [
        build_program(
            spec("print()", rank=rank, world_size=size, peers=peers, env=others),
            environment=BareEnvironment(),
            devices=(),
        ).command.environ
        for rank in range(size)
    ]
    assert [worker["RANK"] for worker in workers] == [str(rank) for rank in range(size)]
    assert {(worker["WORLD_SIZE"], worker["QUBIX_PEERS"]) for worker in workers} == {(str(size), ",".join(peers))}
    assert {worker["MODE"] for worker in workers} == {"fast"}


def test_a_job_of_one_worker_is_told_of_no_gang(spec: SpecMaker) -> None:
    alone = build_program(spec("print()"), environment=BareEnvironment(), devices=())
    assert not set(_GANG) & set(alone.command.environ)
