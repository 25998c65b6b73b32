"""One scheduler acts, and the next one takes over what runs."""

from sqlalchemy import text

from qubix_actors.leader import Leader
from qubix_actors.settings import SchedulerSettings
from qubix_platform.database.session import Database
from tests.actors.cluster import PlayedCluster
from tests.actors.running import running_leader
from tests.actors.waiting import Waiting
from tests.platform.market_life import Market

LOOPS = {"passes", "nodes", "reconcile", "cancel", "billing", "releases", "groups", "preemptions", "usage"}


async def test_an_attempt_that_a_crash_left_unlaunched_is_launched(
    market: Market, cluster: PlayedCluster, scheduler_settings: SchedulerSettings
) -> None:
    machine = await market.machine()
    cluster.join(machine.worker_id)
    job = await market.job(await market.consumer())
    spec = await market.assign(job, machine)
    async with running_leader(scheduler_settings, cluster):
        launched = await cluster.next_launch()
    assert launched.spec == spec


async def test_what_runs_already_is_taken_over_by_the_next_scheduler(
    market: Market, cluster: PlayedCluster, waiting: Waiting, scheduler_settings: SchedulerSettings
) -> None:
    machine = await market.machine()
    cluster.join(machine.worker_id)
    async with running_leader(scheduler_settings, cluster):
        job = await market.job(await market.consumer())
        launched = await cluster.next_launch()
    await waiting.set("update attempts set launched_at = null where job_id = :id", id=job.id)

    async with running_leader(scheduler_settings, cluster):

        async def is_marked() -> bool:
            return (await waiting.attempts(job.id))[0].launched_at is not None

        await waiting.until(is_marked)
        assert cluster.launched.empty()
        # Without the reference that the first one held, its node's end is still learned of.
        cluster.leave(machine.worker_id)
        attempt = await waiting.until_attempt(job.id, 1, "LOST")
    assert attempt.id == launched.spec.attempt_id


async def test_only_one_scheduler_acts_and_the_other_follows_when_it_is_gone(
    leader: Leader,
    market: Market,
    cluster: PlayedCluster,
    waiting: Waiting,
    scheduler_settings: SchedulerSettings,
) -> None:
    others = PlayedCluster()
    async with running_leader(scheduler_settings, others) as standby:
        machine = await market.machine(gpus=2)
        cluster.join(machine.worker_id)
        others.join(machine.worker_id)
        consumer = await market.consumer()
        await market.job(consumer)
        await cluster.next_launch()
        assert (leader.is_leading, standby.is_leading) == (True, False)
        assert standby.health()["state"] == "degraded"

        await waiting.set(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'qubix-scheduler-lead' "
            "and pid in (select pid from pg_locks where locktype = 'advisory' and granted)"
        )
        await leader.stop()

        job = await market.job(consumer)
        assert (await others.next_launch()).spec.job_id == job.id
        assert cluster.launched.empty()


async def test_a_broken_connection_costs_nothing(
    leader: Leader, market: Market, cluster: PlayedCluster, database: Database
) -> None:
    machine = await market.machine(gpus=2)
    cluster.join(machine.worker_id)
    consumer = await market.consumer()
    await market.job(consumer)
    await cluster.next_launch()
    async with database.transaction() as session:
        await session.execute(
            text(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'qubix-scheduler%'"
            )
        )
    job = await market.job(consumer)
    assert (await cluster.next_launch()).spec.job_id == job.id


async def test_its_health_tells_how_it_goes(
    leader: Leader, market: Market, cluster: PlayedCluster, waiting: Waiting
) -> None:
    machine = await market.machine()
    cluster.join(machine.worker_id)
    await market.job(await market.consumer())
    await cluster.next_launch()

    async def is_complete() -> bool:
        return set(leader.health()["loopAges"]) == LOOPS

    await waiting.until(is_complete)
    health = leader.health()
    assert health["state"] == "ok"
    assert health["leading"] is True
    assert (health["launched"], health["nodes"]) == (1, [machine.worker_id])
    assert health["lastPass"]["assigned"] in (0, 1)
