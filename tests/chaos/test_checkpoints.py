"""A job that counts loses its machine, and counts on elsewhere from what it saved; each machine is paid its part."""

from collections.abc import Iterator

import pytest

from qubix.schemas.states import AttemptStatus, JobStatus, LogStream
from qubix_serve.demo.host import verify_ledger
from tests.chaos.scene import Scene, eventually, scene, strike

pytestmark = [pytest.mark.chaos, pytest.mark.proof, pytest.mark.xdist_group("chaos"), pytest.mark.timeout(600)]

TOTAL = 200
COUNTING = """
import sys, time
import qubix
count, total = qubix.resume(0), int(sys.argv[1])
while count < total:
    count += 1
    print("count", count, flush=True)
    qubix.progress(count / total)
    qubix.checkpoint(count)
    time.sleep(0.1)
qubix.result(count)
"""


@pytest.fixture(scope="module")
def arena() -> Iterator[Scene]:
    """The platform that this module strikes."""
    with scene() as started:
        yield started


def test_a_counting_job_whose_node_is_killed_counts_on_elsewhere(arena: Scene) -> None:
    job = arena.client.submit(
        source=COUNTING, arguments=[str(TOTAL)], gpu="RTX 4090", max_price=10**7, timeout="3m", max_attempts=5
    )
    eventually("two checkpoints are stored", lambda: len(job.monitor().checkpoints) >= 2)
    strike(arena.node_processes(arena.provider_of(job)))
    assert job.result(timeout=180) == TOTAL

    monitor, receipt = job.monitor(), job.receipt()
    first, second = monitor.attempts
    assert (first.status, second.status) == (AttemptStatus.LOST, AttemptStatus.COMPLETED)
    assert monitor.job.status is JobStatus.COMPLETED
    output = {
        number: [
            int(line.split()[1])
            for line in "".join(
                entry.text for entry in job.logs() if entry.attempt == number and entry.stream is LogStream.STDOUT
            ).splitlines()
        ]
        for number in (1, 2)
    }
    assert output[1][0] == 1
    begun_at = output[2][0]
    assert 1 < begun_at <= output[1][-1] + 2, "it neither began anew nor left anything out"
    assert output[2] == list(range(begun_at, TOTAL + 1))

    assert second.resumed_from is not None
    assert first.cost == first.price_per_hour * first.resumed_seconds // 3600 > 0
    assert [(stretch.attempt, stretch.cause) for stretch in receipt.stretches if stretch.billed] == [
        (1, "RESUMED"),
        (2, "COMPLETED"),
    ]
    assert receipt.provider_amount + receipt.fee + receipt.refund == receipt.hold
    code, found = verify_ledger(arena.home)
    assert code == 0, found
