"""The scheduler on a real database and a played cluster."""

import asyncio

import pytest
from sqlalchemy import text

from qubix.schemas.jobs import ResourceRequest
from qubix_actors import reconciler
from qubix_actors.leader import Leader
from qubix_actors.settings import SchedulerSettings
from qubix_platform.attempts import service as attempts
from qubix_platform.database.session import Database
from qubix_platform.jobs import service as jobs
from qubix_platform.scheduling import replay
from qubix_platform.scheduling import service as scheduling
from tests.actors.cluster import PlayedCluster, lost, silent
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


async def test_what_ran_on_a_node_that_is_gone_runs_elsewhere(
    leader: Leader, market: Market, cluster: PlayedCluster, waiting: Waiting
) -> None:
    first, second = await market.machine(price=100), await market.machine(price=200)
    cluster.join(first.worker_id)
    cluster.join(second.worker_id)
    job = await market.job(await market.consumer())
    assert (await cluster.next_launch()).worker_id == first.worker_id

    cluster.leave(first.worker_id)

    assert (await cluster.next_launch()).worker_id == second.worker_id
    gone, again = await waiting.attempts(job.id)
    assert (gone.status, gone.cause, gone.error) == ("LOST", "PROVIDER_LOST", "its Ray node left the cluster")
    assert again.status == "ASSIGNED"
    provider = await waiting.provider(first.id)
    assert provider.status == "OFFLINE"
    assert provider.shunned_until is not None


async def test_a_node_that_came_back_as_another_one_has_lost_what_it_ran(
    leader: Leader, market: Market, cluster: PlayedCluster, waiting: Waiting
) -> None:
    machine = await market.machine()
    cluster.join(machine.worker_id)
    job = await market.job(await market.consumer())
    await cluster.next_launch()
    cluster.runs.clear()
    cluster.join(machine.worker_id, node_id="another")
    assert (await waiting.until_attempt(job.id, 1, "LOST")).error == "its Ray node left the cluster"


async def test_an_unreadable_node_table_is_no_reason_to_give_anything_up(
    leader: Leader, market: Market, cluster: PlayedCluster, waiting: Waiting
) -> None:
    machine = await market.machine(gpus=2)
    cluster.join(machine.worker_id)
    consumer = await market.consumer()
    job = await market.job(consumer)
    await cluster.next_launch()
    cluster.table = None
    other = await market.job(consumer)
    assert (await cluster.next_launch()).spec.job_id == other.id
    assert [attempt.status for attempt in await waiting.attempts(job.id)] == ["ASSIGNED"]


async def test_an_attempt_whose_fate_is_death_is_given_up_at_once_and_its_machine_shunned(
    leader: Leader, market: Market, cluster: PlayedCluster, waiting: Waiting
) -> None:
    first, second = await market.machine(price=100), await market.machine(price=200)
    cluster.join(first.worker_id)
    cluster.join(second.worker_id)
    job = await market.job(await market.consumer())

    (await cluster.next_launch()).fate.set_exception(lost("its worker was killed"))

    assert (await cluster.next_launch()).worker_id == second.worker_id
    gone, _ = await waiting.attempts(job.id)
    assert (gone.status, gone.error) == ("LOST", "its worker was killed")
    provider = await waiting.provider(first.id)
    assert (provider.status, provider.lost_attempts) == ("ONLINE", 1)
    assert provider.shunned_until is not None


async def test_an_attempt_that_cannot_be_handed_over_is_given_up(
    leader: Leader, market: Market, cluster: PlayedCluster
) -> None:
    first, second = await market.machine(price=100), await market.machine(price=200)
    cluster.join(first.worker_id)
    cluster.join(second.worker_id)
    cluster.refusals[first.worker_id] = lost("no runner came up")
    await market.job(await market.consumer())
    assert (await cluster.next_launch()).worker_id == second.worker_id


async def test_silence_is_not_death(leader: Leader, market: Market, cluster: PlayedCluster, waiting: Waiting) -> None:
    machine = await market.machine(gpus=2)
    cluster.join(machine.worker_id)
    consumer = await market.consumer()
    job = await market.job(consumer)
    (await cluster.next_launch()).fate.set_exception(silent())
    await market.job(consumer)
    await cluster.next_launch()
    assert [attempt.status for attempt in await waiting.attempts(job.id)] == ["ASSIGNED"]


async def test_an_attempt_that_ended_well_is_left_alone(
    leader: Leader, market: Market, cluster: PlayedCluster, waiting: Waiting
) -> None:
    machine = await market.machine()
    cluster.join(machine.worker_id)
    job = await market.job(await market.consumer())
    launched = await cluster.next_launch()
    await waiting.set("update attempts set status = 'COMPLETED', ended_at = now() where job_id = :id", id=job.id)
    launched.fate.set_exception(lost("the node died right after the report"))

    async def is_over() -> bool:
        return bool(leader.health()["launched"] == 0)

    await waiting.until(is_over)
    assert [attempt.status for attempt in await waiting.attempts(job.id)] == ["COMPLETED"]


async def test_an_attempt_that_a_crash_left_unlaunched_is_launched(
    market: Market, cluster: PlayedCluster, scheduler_settings: SchedulerSettings
) -> None:
    machine = await market.machine()
    cluster.join(machine.worker_id)
    job = await market.job(await market.consumer())
    spec = await market.assign(job, machine)
    scheduler = Leader(scheduler_settings, cluster)
    await scheduler.start()
    try:
        launched = await cluster.next_launch()
    finally:
        await scheduler.stop()
    assert launched.spec == spec


async def test_what_runs_already_is_taken_over_by_the_next_scheduler(
    market: Market, cluster: PlayedCluster, waiting: Waiting, scheduler_settings: SchedulerSettings
) -> None:
    machine = await market.machine()
    cluster.join(machine.worker_id)
    first = Leader(scheduler_settings, cluster)
    await first.start()
    job = await market.job(await market.consumer())
    launched = await cluster.next_launch()
    await first.stop()
    await waiting.set("update attempts set launched_at = null where job_id = :id", id=job.id)

    second = Leader(scheduler_settings, cluster)
    await second.start()
    try:

        async def is_marked() -> bool:
            return (await waiting.attempts(job.id))[0].launched_at is not None

        await waiting.until(is_marked)
        assert cluster.launched.empty()
        # Without the reference that the first one held, its node's end is still learned of.
        cluster.leave(machine.worker_id)
        attempt = await waiting.until_attempt(job.id, 1, "LOST")
    finally:
        await second.stop()
    assert attempt.id == launched.spec.attempt_id


async def test_a_lease_that_ran_out_is_acted_on_once_the_platform_has_settled(
    market: Market,
    cluster: PlayedCluster,
    waiting: Waiting,
    scheduler_settings: SchedulerSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reconciler, "_SETTLED_AFTER_S", 0.5)
    machine = await market.machine(kind="NATIVE")
    job = await market.job(await market.consumer())
    await market.assign(job, machine)
    await waiting.set("update attempts set lease_expires_at = now() where job_id = :id", id=job.id)
    scheduler = Leader(scheduler_settings, cluster)
    await scheduler.start()
    try:
        attempt = await waiting.until_attempt(job.id, 1, "LOST")
    finally:
        await scheduler.stop()
    assert attempt.error == "its lease ran out, since nothing was heard of it"


async def test_machines_that_fell_silent_go_offline(
    market: Market,
    cluster: PlayedCluster,
    waiting: Waiting,
    scheduler_settings: SchedulerSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reconciler, "_SETTLED_AFTER_S", 0.0)
    machine = await market.machine(kind="NATIVE")
    await waiting.set(
        "update providers set last_heartbeat = now() - interval '16 seconds' where id = :id", id=machine.id
    )
    scheduler = Leader(scheduler_settings, cluster)
    await scheduler.start()
    try:

        async def is_offline() -> bool:
            return bool((await waiting.provider(machine.id)).status == "OFFLINE")

        await waiting.until(is_offline)
    finally:
        await scheduler.stop()


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


async def test_only_one_scheduler_acts_and_the_other_follows_when_it_is_gone(
    leader: Leader,
    market: Market,
    cluster: PlayedCluster,
    waiting: Waiting,
    scheduler_settings: SchedulerSettings,
) -> None:
    others = PlayedCluster()
    standby = Leader(scheduler_settings, others)
    await standby.start()
    try:
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
    finally:
        await standby.stop()


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


async def test_its_health_tells_how_it_goes(
    leader: Leader, market: Market, cluster: PlayedCluster, waiting: Waiting
) -> None:
    machine = await market.machine()
    cluster.join(machine.worker_id)
    await market.job(await market.consumer())
    await cluster.next_launch()

    async def is_complete() -> bool:
        return set(leader.health()["loopAges"]) == {"passes", "nodes", "reconcile", "cancel", "billing"}

    await waiting.until(is_complete)
    health = leader.health()
    assert health["state"] == "ok"
    assert health["leading"] is True
    assert (health["launched"], health["nodes"]) == (1, [machine.worker_id])
    assert health["lastPass"]["assigned"] in (0, 1)
