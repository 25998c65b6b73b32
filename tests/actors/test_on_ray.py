"""The scheduler as an actor on a real cluster, with real runners and sandboxes, while parts of it are killed."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from qubix.schemas.resources import ResourceRequest
from qubix_platform.database.engine import create_engine
from qubix_platform.database.session import Database
from qubix_platform.jobs import service as jobs
from tests.actors.ray_cluster import RayCluster, ray_cluster
from tests.actors.waiting import Waiting
from tests.conftest import FreshDatabase
from tests.platform.market_life import Market

pytestmark = [pytest.mark.xdist_group("ray"), pytest.mark.timeout(240)]

_ONE_CARD = ResourceRequest(gpu_count=1, memory_mib=256, disk_mib=64)


@pytest.fixture(scope="module")
def cluster(fresh_database: FreshDatabase) -> Iterator[RayCluster]:
    with fresh_database() as settings, tempfile.TemporaryDirectory(prefix="qubix-actors-tests-") as folder:
        Path(folder).chmod(0o711)  # each job is another user, and its sandbox is below
        with ray_cluster(settings, Path(folder)) as running:
            running.drive("result = ray.get(scheduler.health.remote(), timeout=60)")
            yield running


@pytest.fixture
async def database(cluster: RayCluster) -> AsyncIterator[Database]:
    opened = Database(create_engine(cluster.database.app_url))
    yield opened
    await opened.close()


@pytest.fixture
def market(database: Database) -> Market:
    return Market(database)


@pytest.fixture
def waiting(database: Database) -> Waiting:
    return Waiting(database)


def _script(*, seconds: float) -> str:
    return f"import time\nprint('up', flush=True)\ntime.sleep({seconds})"


async def test_a_job_runs_to_its_end(cluster: RayCluster, market: Market, waiting: Waiting) -> None:
    consumer = await market.consumer()
    job = await market.job(consumer, source="print('hello')", resources=_ONE_CARD)
    row = await waiting.until_job(job.id, "COMPLETED")
    assert row.provider_id == cluster.machines[0].id, "the cheaper one"
    (attempt,) = await waiting.attempts(job.id)
    assert (attempt.status, attempt.exit_code) == ("COMPLETED", 0)
    assert attempt.launched_at is not None


async def test_the_scheduler_runs_on_the_core_node_and_tells_how_it_is(cluster: RayCluster) -> None:
    health, node_id = cluster.drive(
        "actors = ray._private.state.actors().values()\n"
        "result = [ray.get(scheduler.health.remote()), "
        "next(actor['Address']['NodeID'] for actor in actors if actor['Name'] == 'scheduler')]"
    )
    assert node_id == cluster.head.node_id
    assert health["state"] == "ok"
    assert health["leading"] is True
    assert health["nodes"] == sorted(cluster.nodes)


async def test_a_killed_scheduler_takes_no_job_along_and_is_back_for_the_next(
    cluster: RayCluster, market: Market, waiting: Waiting
) -> None:
    consumer = await market.consumer()
    running = await market.job(consumer, source=_script(seconds=6), resources=_ONE_CARD)
    await waiting.until_job(running.id, "RUNNING")

    cluster.kill_scheduler()

    after = await market.job(consumer, source="print('after')", resources=_ONE_CARD)
    await waiting.until_job(after.id, "COMPLETED")
    await waiting.until_job(running.id, "COMPLETED")
    assert [attempt.status for attempt in await waiting.attempts(running.id)] == ["COMPLETED"]


async def test_a_broken_database_connection_takes_no_job_along(
    cluster: RayCluster, market: Market, waiting: Waiting
) -> None:
    job = await market.job(await market.consumer(), source=_script(seconds=3), resources=_ONE_CARD)
    await waiting.until_job(job.id, "RUNNING")
    await waiting.set(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'qubix-scheduler%'"
    )
    await waiting.until_job(job.id, "COMPLETED")
    assert [attempt.status for attempt in await waiting.attempts(job.id)] == ["COMPLETED"]


async def test_a_cancel_stops_the_job_within_a_second(
    cluster: RayCluster, market: Market, waiting: Waiting, database: Database
) -> None:
    consumer = await market.consumer()
    job = await market.job(consumer, source=_script(seconds=60), resources=_ONE_CARD)
    await waiting.until_job(job.id, "RUNNING")
    async with database.transaction() as session:
        await jobs.cancel_job(session, caller=consumer, job_id=job.id)
    row = await waiting.until_job(job.id, "CANCELLED")
    assert (row.completed_at - row.cancel_requested_at).total_seconds() < 1.5


async def test_a_killed_worker_is_learned_of_at_once_and_its_job_runs_elsewhere(
    cluster: RayCluster, market: Market, waiting: Waiting
) -> None:
    first, second = cluster.machines
    job = await market.job(await market.consumer(), source=_script(seconds=3), resources=_ONE_CARD)
    await waiting.until_job(job.id, "RUNNING")

    cluster.kill_worker(first.worker_id, "ray::run_attempt")

    await waiting.until_attempt(job.id, 2, "COMPLETED")
    lost, done = await waiting.attempts(job.id)
    assert (lost.status, lost.provider_id, done.provider_id) == ("LOST", first.id, second.id)
    assert "WorkerCrashedError" in lost.error
    # Its machine rests for some seconds; the next test wants it back.
    await waiting.set("update providers set shunned_until = null")


async def test_a_killed_node_s_job_runs_on_the_other_and_nothing_is_billed_twice(
    cluster: RayCluster, market: Market, waiting: Waiting
) -> None:
    first, second = cluster.machines
    consumer = await market.consumer()
    job = await market.job(consumer, source=_script(seconds=4), resources=_ONE_CARD)
    await waiting.until_job(job.id, "RUNNING")

    cluster.kill_node(first.worker_id)

    await waiting.until_attempt(job.id, 2, "COMPLETED")
    lost, done = await waiting.attempts(job.id)
    assert (lost.status, lost.provider_id, lost.cost) == ("LOST", first.id, 0)
    assert (done.provider_id, (await waiting.job(job.id)).actual_cost) == (second.id, done.cost)
    assert (done.created_at - lost.ended_at).total_seconds() < 1
