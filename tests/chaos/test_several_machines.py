"""Jobs of several machines, one of which is killed: a gang starts anew as a whole, and a standby takes over at once."""

from collections.abc import Iterator

import pytest

from benchmarks.stand import Stand
from benchmarks.standby.estate import part
from qubix import Job
from qubix.schemas.states import AttemptStatus, Cause, JobStatus, LogStream
from qubix_serve.demo.host import verify_ledger
from qubix_serve.supervisor.home import Home
from tests.chaos.scene import Scene, eventually, scene, strike
from tests.chaos.test_checkpoints import COUNTING, TOTAL

pytestmark = [pytest.mark.chaos, pytest.mark.proof, pytest.mark.xdist_group("chaos"), pytest.mark.timeout(600)]

WORKERS = 2
TICKS = 60
WORKER = f"""
import os, time
import qubix
rank, size, peers = (os.environ[name] for name in ("RANK", "WORLD_SIZE", "QUBIX_PEERS"))
print(rank, size, peers, flush=True)
for tick in range({TICKS}):
    time.sleep(0.1)
qubix.result(rank)
"""


@pytest.fixture(scope="module")
def arena() -> Iterator[Scene]:
    """The platform that this module strikes: three machines of two cards, each another owner's at another site."""
    with scene() as started:
        client = started.client
        stand = Stand(
            url=client.url, api_key=started.api_key, operator_key=started.api_key, home=Home.locate(started.home)
        )
        part(stand)
        yield started


@pytest.fixture(autouse=True)
def _all_right_afterwards(arena: Scene) -> Iterator[None]:
    yield
    assert verify_ledger(arena.home)[0] == 0
    arena.await_recovery()
    eventually("every GPU is free again", arena.everything_is_free)


def test_a_gang_that_lost_a_machine_starts_anew_as_a_whole_and_pays_for_nothing_of_before(arena: Scene) -> None:
    job = arena.client.submit(
        source=WORKER, gpu="RTX 4090", gpu_count=2, workers=WORKERS, max_price=10**7, timeout="2m", max_attempts=3
    )
    eventually("each worker has spoken", lambda: _introductions(job, attempt=1).keys() == {0, 1})
    strike(arena.node_processes(arena.provider_of(job)))
    assert job.wait(timeout=180).status is JobStatus.COMPLETED
    assert job.result() == "0"

    attempts = job.monitor().attempts
    ended = {(each.number, each.status, each.cause) for each in attempts}
    assert ended == {
        (1, AttemptStatus.LOST, Cause.PROVIDER_LOST),
        (1, AttemptStatus.CANCELLED, Cause.PEER_LOST),
        (2, AttemptStatus.COMPLETED, Cause.COMPLETED),
    }
    assert sorted((each.number, each.rank) for each in attempts) == [(1, 0), (1, 1), (2, 0), (2, 1)]
    assert [each.cost for each in attempts if each.number == 1] == [0, 0]
    assert all(each.cost > 0 for each in attempts if each.number == 2)
    for number in (1, 2):
        machines = [each.worker_id for each in attempts if each.number == number]
        assert len(set(machines)) == WORKERS, "each has a machine to itself"
        said = _introductions(job, attempt=number)
        assert {size for size, _ in said.values()} == {WORKERS}
        assert {len(peers.split(",")) for _, peers in said.values()} == {WORKERS}
        assert len({peers for _, peers in said.values()}) == 1, "all know the same peers"
    receipt = job.receipt()
    assert receipt.provider_amount + receipt.fee + receipt.refund == receipt.hold


def test_a_machine_that_stands_by_takes_over_once_from_the_newest_checkpoint(arena: Scene) -> None:
    job = arena.client.submit(
        source=COUNTING, arguments=[str(TOTAL)], gpu="RTX 4090", max_price=10**7, timeout="3m", standby=True
    )
    eventually("two checkpoints are stored", lambda: len(job.monitor().checkpoints) >= 2)
    guard = eventually("a machine stands by", lambda: _guard(job))
    strike(arena.provider_processes(arena.provider_of(job)))
    assert job.result(timeout=180) == TOTAL

    attempts = [each for each in job.monitor().attempts if not each.is_standby]
    assert [(each.number, each.status) for each in attempts] == [
        (1, AttemptStatus.LOST),
        (2, AttemptStatus.COMPLETED),
    ]
    assert attempts[1].worker_id == guard, "who stood by went on"
    counted = [int(line.split()[1]) for line in _said(job, attempt=2)]
    assert counted == list(range(counted[0], TOTAL + 1))
    assert counted[0] > 1, "it went on from a checkpoint"


def _guard(job: Job) -> str | None:
    ready = [each.worker_id for each in job.monitor().attempts if each.is_standby and each.ready_at]
    return ready[0] if ready else None


def _introductions(job: Job, *, attempt: int) -> dict[int, tuple[int, str]]:
    """How many there are, and the names of all, as each worker by its rank was told."""
    said = (line.split() for line in _said(job, attempt=attempt))
    return {int(rank): (int(size), peers) for rank, size, peers in said}


def _said(job: Job, *, attempt: int) -> list[str]:
    lines = [entry.text for entry in job.logs() if entry.attempt == attempt and entry.stream is LogStream.STDOUT]
    return "".join(lines).splitlines()
