"""What waits is placed, launched where it was placed, and cancelled: on a real database and a played cluster."""

import asyncio

import pytest
import structlog

from qubix.schemas.reports import CompleteReport
from qubix.schemas.resources import ResourceRequest
from qubix.schemas.states import CompletionStatus
from qubix_actors.leader import Leader
from qubix_platform.attempts import ending
from qubix_platform.attempts import service as attempts
from qubix_platform.database.session import Database
from qubix_platform.jobs import service as jobs
from qubix_platform.scheduling import replay
from qubix_platform.scheduling import service as scheduling
from qubix_platform.scheduling.recording import Recorder
from tests.actors.cluster import PlayedCluster
from tests.actors.waiting import Waiting
from tests.platform.market_life import POLICY, SECRET, Market


async def test_a_job_is_assigned_and_launched(
    leader: Leader, market: Market, cluster: PlayedCluster, waiting: Waiting
) -> None:
    machine = await market.machine()
    cluster.join(machine.worker_id)
    job = await market.job(await market.consumer())

    launched = await cluster.next_launch()

    assert (launched.worker_id, launched.spec.job_id) == (machine.worker_id, job.id)
    assert launched.spec.source == "print('hello')"
    assert [gpu.milli for gpu in launched.spec.gpus] == [1000]
    (attempt,) = await waiting.attempts(job.id)
    assert (attempt.id, attempt.status) == (launched.spec.attempt_id, "ASSIGNED")

    async def is_marked() -> bool:
        return (await waiting.attempts(job.id))[0].launched_at is not None

    await waiting.until(is_marked)


async def test_a_job_that_cannot_be_read_is_ended_and_a_pass_that_cannot_be_recorded_is_counted(
    leader: Leader, market: Market, cluster: PlayedCluster, waiting: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def encode(*_: object) -> None:
        raise TypeError("what it decided cannot be written")

    monkeypatch.setattr(Recorder, "encode", encode)
    consumer = await market.consumer()
    broken = await market.job(consumer)
    await waiting.set("""update jobs set resources = '{"gpuCount": "several"}' where id = :id""", id=broken.id)
    machine = await market.machine()
    cluster.join(machine.worker_id)
    sound = await market.job(consumer)
    with structlog.testing.capture_logs() as said:
        assert (await cluster.next_launch()).spec.job_id == sound.id
        ended = await waiting.until_job(broken.id, "FAILED")

        async def is_marked() -> bool:
            is_counted = "passes_not_recorded" in {entry["event"] for entry in said}
            return is_counted and (await waiting.attempts(sound.id))[0].launched_at is not None

        await waiting.until(is_marked)
    assert (ended.cause, ended.actual_cost) == ("PLATFORM_ERROR", 0)
    assert "create it again" in ended.error


async def test_a_burst_is_spread_over_the_market(leader: Leader, market: Market, cluster: PlayedCluster) -> None:
    machines = [await market.machine(gpus=4) for _ in range(3)]
    for machine in machines:
        cluster.join(machine.worker_id)
    consumer = await market.consumer()
    submitted = await asyncio.gather(*(market.job(consumer) for _ in range(12)))
    launched = [await cluster.next_launch() for _ in submitted]
    assert {one.spec.job_id for one in launched} == {job.id for job in submitted}
    assert len({one.spec.attempt_id for one in launched}) == 12
    for machine in machines:
        assert sum(one.worker_id == machine.worker_id for one in launched) == 4


async def test_a_long_queue_that_cannot_be_placed_keeps_nobody_behind_it_waiting(
    leader: Leader, market: Market, cluster: PlayedCluster, waiting: Waiting
) -> None:
    machine = await market.machine()
    cluster.join(machine.worker_id)
    consumer = await market.consumer()
    for _ in range(40):
        await market.job(consumer, resources=ResourceRequest(gpu_count=8))
    placed = await market.job(consumer)
    assert (await cluster.next_launch()).spec.job_id == placed.id

    async def whole_queue_is_counted() -> bool:
        return bool(leader.health()["pending"] == 40)

    await waiting.until(whole_queue_is_counted)


async def test_a_guest_gets_its_attempt_in_the_mailbox_and_nothing_is_launched(
    leader: Leader, market: Market, cluster: PlayedCluster, waiting: Waiting, database: Database
) -> None:
    machine = await market.machine(kind="NATIVE")
    job = await market.job(await market.consumer())
    await waiting.until_attempt(job.id, 1, "ASSIGNED")
    async with database.transaction() as session:
        (entry,) = await attempts.pending_for(session, machine.worker_id, policy=POLICY, secret=SECRET)
    assert entry.id == job.id
    assert cluster.launched.empty()


async def test_a_member_without_a_node_in_the_cluster_gets_nothing_until_it_comes(
    leader: Leader, market: Market, cluster: PlayedCluster, waiting: Waiting
) -> None:
    machine = await market.machine()
    consumer = await market.consumer()
    job = await market.job(consumer)

    async def is_explained() -> bool:
        return (await waiting.job(job.id)).waiting is not None

    await waiting.until(is_explained)
    assert (await waiting.job(job.id)).waiting["summary"] == "the only offer has no live Ray node"

    cluster.join(machine.worker_id)

    assert (await cluster.next_launch()).spec.job_id == job.id
    assert cluster.warmed.get_nowait() == machine.worker_id
    assert (await waiting.job(job.id)).waiting is None


async def test_a_cancel_reaches_the_runner_within_a_second(
    leader: Leader, market: Market, cluster: PlayedCluster, database: Database
) -> None:
    machine = await market.machine()
    cluster.join(machine.worker_id)
    consumer = await market.consumer()
    job = await market.job(consumer)
    launched = await cluster.next_launch()
    async with database.transaction() as session:
        await jobs.cancel_job(session, caller=consumer, job_id=job.id)
    async with asyncio.timeout(1):
        assert await cluster.cancelled.get() == (machine.worker_id, launched.spec.attempt_id)


async def test_an_unassignable_job_is_marked_and_assigned_when_the_reason_goes(
    leader: Leader, market: Market, cluster: PlayedCluster, waiting: Waiting
) -> None:
    consumer = await market.consumer()
    job = await market.job(consumer, resources=ResourceRequest(gpu_count=1, gpu_models=["RTX 4090"]))
    await waiting.set("update jobs set queued_at = now() - interval '31 seconds' where id = :id", id=job.id)

    async def is_marked() -> bool:
        return (await waiting.job(job.id)).unassignable_since is not None

    await waiting.until(is_marked)
    machine = await market.machine()
    cluster.join(machine.worker_id)
    assert (await cluster.next_launch()).spec.job_id == job.id
    row = await waiting.job(job.id)
    assert (row.status, row.unassignable_since, row.waiting) == ("ASSIGNED", None, None)


async def test_passes_are_recorded_and_replay_to_the_same_decisions(
    leader: Leader, market: Market, cluster: PlayedCluster, waiting: Waiting, database: Database
) -> None:
    machine = await market.machine()
    cluster.join(machine.worker_id)
    consumer = await market.consumer()
    await asyncio.gather(*(market.job(consumer) for _ in range(3)))
    await cluster.next_launch()

    async def is_recorded() -> bool:
        async with database.transaction() as session:
            return any(row.assigned for row in await scheduling.list_passes(session, limit=100))

    await waiting.until(is_recorded)
    async with database.transaction() as session:
        for row in await scheduling.list_passes(session, limit=100):
            assert (await replay.replay(session, row.id)).is_identical


async def test_a_job_is_launched_when_the_one_that_it_runs_after_has_completed(
    leader: Leader, market: Market, cluster: PlayedCluster
) -> None:
    machine = await market.machine()
    cluster.join(machine.worker_id)
    consumer = await market.consumer()
    first = await market.job(consumer)
    second = await market.job(consumer, after=[first.id])
    spec = (await cluster.next_launch()).spec
    assert spec.job_id == first.id
    report = CompleteReport(status=CompletionStatus.COMPLETED, exit_code=0)
    async with market.database.transaction() as session:
        await ending.complete(session, attempt_id=spec.attempt_id, job_id=first.id, report=report, policy=POLICY)
    assert (await cluster.next_launch()).spec.job_id == second.id
