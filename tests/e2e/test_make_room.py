"""Whose a machine is, on a whole platform: a spot job makes room and comes back; a reserved machine is its holder's."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from qubix import Client, Job
from qubix.options import JobOptions
from qubix.schemas.providers import Provider
from qubix.schemas.states import AttemptStatus, Cause, JobStatus, LogStream
from tests.chaos.scene import eventually
from tests.e2e.counting import counting
from tests.platform_fixture import LivePlatform

pytestmark = [pytest.mark.xdist_group("platform"), pytest.mark.timeout(300)]

PATIENCE = 120
MODEL = "A100-80GB"
TOTAL = 15


@pytest.fixture
def consumer(platform: LivePlatform) -> Iterator[Client]:
    """A user who owns none of the machines."""
    with Client(platform.url, platform.api_key) as operator:
        key = operator.create_user(f"guest-{uuid4().hex[:8]}").key
    with Client(platform.url, key) as client:
        client.credit(10**12)
        yield client


@pytest.fixture
def machine(consumer: Client) -> Provider:
    """The machine with both cards of the model."""
    return next(each for each in consumer.providers() if each.gpus[0].model == MODEL)


def test_a_spot_job_saves_its_work_makes_room_and_counts_on_afterwards(consumer: Client, machine: Provider) -> None:
    list_price = 2 * machine.price_per_hour
    spot = consumer.submit(
        source=counting(TOTAL),
        gpu=MODEL,
        gpu_count=2,
        spot=True,
        max_price=list_price // 2,
        timeout="2m",
        max_attempts=1,
    )
    _await_first_line(spot)
    full = consumer.submit(source="print('mine')", gpu=MODEL, gpu_count=2, max_price=list_price, timeout="2m")
    assert full.wait(timeout=PATIENCE).status is JobStatus.COMPLETED
    assert spot.result(timeout=PATIENCE) == TOTAL

    first, *_, last = spot.monitor().attempts
    assert (first.status, first.cause) == (AttemptStatus.CANCELLED, Cause.PREEMPTED)
    assert (last.status, last.price_per_hour) == (AttemptStatus.COMPLETED, list_price // 2)
    assert last.resumed_from is not None
    assert any("has to make room" in entry.text for entry in spot.logs() if entry.stream is LogStream.SYSTEM)
    counted = [int(line) for line in _said(spot, attempt=last.number)]
    assert counted == list(range(counted[0], TOTAL + 1))
    assert 1 < counted[0] <= int(_said(spot, attempt=first.number)[-1]) + 1, "nothing anew, nothing left out"


def test_a_reserved_machine_takes_its_holders_jobs_alone_and_at_no_further_cost(
    platform: LivePlatform, consumer: Client, machine: Provider
) -> None:
    with Client(platform.url, platform.api_key) as operator:
        stranger = Client(platform.url, operator.create_user(f"stranger-{uuid4().hex[:8]}").key)
    with stranger:
        stranger.credit(10**12)
        kept = consumer.reserve(machine.worker_id, "1h")
        try:
            asked = JobOptions(gpu=MODEL, max_price=10**7, timeout="1m")
            turned_away = stranger.submit(source="print('mine')", **asked)
            mine = consumer.submit(source="print('mine')", **asked)
            assert mine.wait(timeout=PATIENCE).status is JobStatus.COMPLETED
            assert (mine.info.worker_id, mine.receipt().cost) == (machine.worker_id, 0)
            assert turned_away.info.status is JobStatus.PENDING
            report = eventually("it is told why it waits", turned_away.why)
            assert "reserved" in report.model_dump_json()
        finally:
            consumer.cancel_reservation(kept.id)
        assert turned_away.wait(timeout=PATIENCE).status is JobStatus.COMPLETED
        assert turned_away.info.worker_id == machine.worker_id


def _await_first_line(job: Job) -> None:
    next(entry for entry in job.logs(follow=True) if entry.stream is LogStream.STDOUT)


def _said(job: Job, *, attempt: int) -> list[str]:
    lines = [entry.text for entry in job.logs() if entry.attempt == attempt and entry.stream is LogStream.STDOUT]
    return "".join(lines).splitlines()
