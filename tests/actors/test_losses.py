"""What is lost is given up and runs elsewhere; silence alone loses nothing."""

import time

import pytest

from qubix_actors import reconciler
from qubix_actors.leader import Leader
from qubix_actors.settings import SchedulerSettings
from qubix_platform.attempts import reports
from tests.actors.cluster import PlayedCluster, lost, silent
from tests.actors.running import running_leader
from tests.actors.waiting import Waiting
from tests.platform.market_life import POLICY, Market


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
    async with running_leader(scheduler_settings, cluster):
        attempt = await waiting.until_attempt(job.id, 1, "LOST")
    assert attempt.error == "its lease ran out, since nothing was heard of it"


async def test_a_platform_that_hears_nobody_blames_nobody(
    market: Market,
    cluster: PlayedCluster,
    waiting: Waiting,
    scheduler_settings: SchedulerSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reconciler, "_SETTLED_AFTER_S", 0.1)
    guest, other = await market.machine(kind="NATIVE"), await market.machine(kind="NATIVE")
    job = await market.job(await market.consumer())
    await market.assign(job, guest)
    await waiting.set("update attempts set lease_expires_at = now() where job_id = :id", id=job.id)
    await waiting.set("update providers set last_heartbeat = now() - interval '60 seconds'")
    async with running_leader(scheduler_settings, cluster) as scheduler:

        async def has_looked_twice() -> bool:
            ages = scheduler.health()["loopAges"]
            looked.update({round(time.monotonic() - ages["reconcile"])} if "reconcile" in ages else ())
            return len(looked) > 1

        looked: set[int] = set()
        await waiting.until(has_looked_twice)
        assert [attempt.status for attempt in await waiting.attempts(job.id)] == ["ASSIGNED"]

        await waiting.set("update providers set last_heartbeat = now() where id = :id", id=other.id)
        await waiting.until_attempt(job.id, 1, "LOST")


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
    async with running_leader(scheduler_settings, cluster):

        async def is_offline() -> bool:
            return bool((await waiting.provider(machine.id)).status == "OFFLINE")

        await waiting.until(is_offline)


async def test_a_guest_that_goes_on_for_ever_is_ended_at_its_limit_and_after_a_cancel(
    leader: Leader, market: Market, waiting: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciler, "_SETTLED_AFTER_S", 0.0)
    machine = await market.machine(gpus=2, kind="NATIVE")
    consumer = await market.consumer()
    late, deaf = await market.job(consumer), await market.job(consumer)
    for job in (late, deaf):
        attempt = await waiting.until_attempt(job.id, 1, "ASSIGNED")
        async with market.database.transaction() as session:
            await reports.mark_started(session, attempt_id=attempt.id, job_id=job.id, policy=POLICY)
    # Their leases hold for ever, as if their machine renewed them.
    await waiting.set("update attempts set lease_expires_at = 'infinity'")
    started = "update attempts set started_at = started_at - interval '1 day' where job_id = :id"
    await waiting.set(started, id=late.id)
    cancelled = "update jobs set cancel_requested_at = clock_timestamp() - interval '61 s' where id = :id"
    await waiting.set(cancelled, id=deaf.id)

    assert (await waiting.until_job(late.id, "FAILED")).cause == "TIMEOUT"
    assert (await waiting.until_job(deaf.id, "CANCELLED")).actual_cost == 0
    assert (await waiting.job(late.id)).actual_cost == machine.price * 600 // 3600
    assert (await market.balance(consumer.user_id))[1] == 0
    assert (await waiting.provider(machine.id)).shunned_until is not None
