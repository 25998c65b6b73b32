"""Jobs of several machines, of which some are killed: a gang begins anew as a whole, and a standby takes over once."""

from collections.abc import Iterator

import pytest

from benchmarks.stand import Stand
from benchmarks.standby.estate import part
from qubix import Job
from qubix.schemas.attempts import Attempt
from qubix.schemas.states import AttemptStatus, Cause, JobStatus, LogStream
from qubix_serve.demo.host import verify_ledger
from qubix_serve.supervisor.home import Home
from tests.chaos.scene import Scene, eventually, scene, strike
from tests.chaos.test_checkpoints import COUNTING

pytestmark = [pytest.mark.chaos, pytest.mark.proof, pytest.mark.xdist_group("chaos"), pytest.mark.timeout(600)]

WORKERS = 2
WORKER = """
import os, time
import qubix
rank, size, peers = (os.environ[name] for name in ("RANK", "WORLD_SIZE", "QUBIX_PEERS"))
print(rank, size, peers, flush=True)
for tick in range(100):
    time.sleep(0.1)
qubix.result(rank)
"""
TOTAL = 600
"""Long enough for another machine to stand by after the first that did was lost."""


@pytest.fixture(scope="module")
def arena() -> Iterator[Scene]:
    """The platform that this module strikes: three machines of two cards, each another owner's at another site."""
    with scene() as started:
        key = started.api_key
        part(Stand(url=started.client.url, api_key=key, operator_key=key, home=Home.locate(started.home)))
        yield started


@pytest.fixture(autouse=True)
def _all_right_afterwards(arena: Scene) -> Iterator[None]:
    yield
    code, found = verify_ledger(arena.home)
    assert code == 0, found
    arena.await_recovery()
    eventually("every GPU is free again", arena.everything_is_free)


def test_sigkill_of_one_provider_of_a_gang_has_all_of_it_begin_anew_and_pays_for_nothing_before(arena: Scene) -> None:
    job = arena.client.submit(
        source=WORKER, gpu="RTX 4090", gpu_count=2, workers=WORKERS, max_price=10**7, timeout="2m", max_attempts=3
    )
    eventually("each worker has spoken", lambda: _introductions(job, attempt=1).keys() == {0, 1})
    strike(arena.provider_processes(arena.provider_of(job)))
    assert job.wait(timeout=180).status is JobStatus.COMPLETED
    assert job.result() == "0"

    attempts = job.monitor().attempts
    assert {(each.number, each.status, each.cause) for each in attempts} == {
        (1, AttemptStatus.LOST, Cause.PROVIDER_LOST),
        (1, AttemptStatus.CANCELLED, Cause.PEER_LOST),
        (2, AttemptStatus.COMPLETED, Cause.COMPLETED),
    }
    assert sorted((each.number, each.rank) for each in attempts) == [(1, 0), (1, 1), (2, 0), (2, 1)]
    assert [each.cost for each in attempts if each.number == 1] == [0, 0]
    assert all(each.cost > 0 for each in attempts if each.number == 2)
    for number in (1, 2):
        machines = {each.worker_id for each in attempts if each.number == number}
        assert len(machines) == WORKERS, "each has a machine to itself"
        said = _introductions(job, attempt=number)
        assert {size for size, _ in said.values()} == {WORKERS}
        (peers,) = {peers for _, peers in said.values()}
        assert len(peers.split(",")) == WORKERS, "all know the same peers"
    _check_bill(job)


def test_sigkill_of_the_standbys_provider_and_then_of_the_primarys_gives_one_result(arena: Scene) -> None:
    job = arena.client.submit(
        source=COUNTING,
        arguments=[str(TOTAL)],
        gpu="RTX 4090",
        max_price=10**7,
        timeout="5m",
        max_attempts=5,
        standby=True,
    )
    eventually("two checkpoints are stored", lambda: len(job.monitor().checkpoints) >= 2)
    first = eventually("a machine stands by", lambda: _guard(job))
    strike(arena.provider_processes(arena.provider_named(first.worker_id)))
    eventually("it is given up", lambda: _attempt(job, first).status is AttemptStatus.LOST)
    assert job.info.status is JobStatus.RUNNING, "the job goes on without it"
    second = eventually("another stands by", lambda: _guard(job))
    strike(arena.provider_processes(arena.provider_of(job)))
    assert job.result(timeout=240) == TOTAL

    monitor = job.monitor()
    assert _attempt(job, first).cost == 0, "nobody pays for standing by"
    lost, ended = (each for each in monitor.attempts if not each.is_standby)
    assert (lost.number, lost.status, ended.number, ended.status) == (
        1,
        AttemptStatus.LOST,
        2,
        AttemptStatus.COMPLETED,
    )
    assert ended.id == second.id, "who stood by went on"
    counted = [int(line.split()[1]) for line in _said(job, attempt=2)]
    assert counted == list(range(counted[0], TOTAL + 1))
    assert counted[0] > 1, "it went on from a checkpoint"
    assert lost.cost == lost.price_per_hour * lost.resumed_seconds // 3600 > 0
    _check_bill(job)


def _check_bill(job: Job) -> None:
    receipt = job.receipt()
    assert receipt.cost == sum(each.cost for each in job.monitor().attempts)
    assert receipt.provider_amount + receipt.fee + receipt.refund == receipt.hold


def _guard(job: Job) -> Attempt | None:
    """Who is ready to go on."""
    attempts = job.monitor().attempts
    return next((each for each in attempts if each.is_standby and each.ready_at and not each.status.is_final), None)


def _attempt(job: Job, known: Attempt) -> Attempt:
    return next(each for each in job.monitor().attempts if each.id == known.id)


def _introductions(job: Job, *, attempt: int) -> dict[int, tuple[int, str]]:
    """How many there are, and the names of all, as each worker by its rank was told."""
    said = (line.split() for line in _said(job, attempt=attempt))
    return {int(rank): (int(size), peers) for rank, size, peers in said}


def _said(job: Job, *, attempt: int) -> list[str]:
    lines = [entry.text for entry in job.logs() if entry.attempt == attempt and entry.stream is LogStream.STDOUT]
    return "".join(lines).splitlines()
