"""Spot jobs make room: on a real database and a played cluster."""

import asyncio
from dataclasses import replace

from sqlalchemy import text

from qubix.schemas.resources import ResourceRequest
from qubix_actors.preemptions import Preemptions
from qubix_actors.settings import SchedulerSettings
from qubix_platform.attempts import ending
from qubix_platform.database.session import Database
from qubix_platform.placement.model import Policy, Preemption
from qubix_platform.placement.ordering.policy import QueuePolicy
from qubix_platform.reservations import service as reservations
from tests.actors.cluster import DEADLINE_S, PlayedCluster
from tests.actors.running import running_leader
from tests.actors.waiting import Waiting
from tests.platform.market_life import POLICY, Market

SPOT = ResourceRequest(gpu_count=1, spot=True)


async def test_a_spot_job_makes_room_waits_again_and_comes_back(
    scheduler_settings: SchedulerSettings, market: Market, cluster: PlayedCluster, waiting: Waiting
) -> None:
    hasty = replace(scheduler_settings, placement=Policy(queue=QueuePolicy(notice_s=1)))
    async with running_leader(hasty, cluster):
        machine = await market.machine(price=100)
        cluster.join(machine.worker_id)
        spot = await market.job(await market.consumer(), max_price=40, max_attempts=1, resources=SPOT)
        first = await cluster.next_launch()
        full = await market.job(await market.consumer(), max_price=100)
        async with asyncio.timeout(DEADLINE_S):
            assert await cluster.cancelled.get() == (machine.worker_id, first.spec.attempt_id)
        second = await cluster.next_launch()
        assert (first.spec.job_id, second.spec.job_id) == (spot.id, full.id)
        (attempt,) = await waiting.attempts(spot.id)
        assert (attempt.status, attempt.cause, attempt.price_per_hour) == ("CANCELLED", "PREEMPTED", 40)

        # It allows one attempt, and had one that was not its fault.
        other = await market.machine(price=200)
        cluster.join(other.worker_id)
        again = await cluster.next_launch()
        assert (again.spec.job_id, again.worker_id) == (spot.id, other.worker_id)


async def test_who_saved_its_work_leaves_before_the_notice_is_over(
    market: Market, cluster: PlayedCluster, waiting: Waiting, database: Database
) -> None:
    job = await market.job(await market.consumer(), max_price=100, resources=SPOT)
    spec = await market.assign(job, await market.machine(price=100))
    preemptions = Preemptions(database, POLICY, cluster, notice_s=3600)
    for _ in range(2):
        await preemptions.tell([Preemption(attempt_id=spec.attempt_id, for_job_id=job.id)])
    await preemptions.look()
    assert (await waiting.attempts(job.id))[0].status == "ASSIGNED"
    async with database.transaction() as session:
        (asked,) = await session.execute(text("select checkpoint_requested_at is not null as is_asked from jobs"))
        (told,) = await session.execute(text("select text from log_entries"))
        await session.execute(
            text("""insert into checkpoints (job_id, attempt_id, attempt, number, taken_at, size, files)
                    values (:job_id, :attempt_id, 1, 1, clock_timestamp(), 0, '[]')"""),
            {"job_id": job.id, "attempt_id": spec.attempt_id},
        )
    assert asked.is_asked
    assert "make room: a job that pays the list price needs its machine" in told.text
    await preemptions.look()
    (attempt,) = await waiting.attempts(job.id)
    assert (attempt.status, attempt.cause) == ("CANCELLED", "PREEMPTED")


async def test_what_still_runs_when_reserved_time_begins_makes_room_for_its_holder(
    market: Market, cluster: PlayedCluster, waiting: Waiting, database: Database
) -> None:
    machine = await market.machine(gpus=2)
    holder = await market.consumer()
    late = await market.job(await market.consumer(), time_limit_seconds=60)
    spec = await market.assign(late, machine)
    mine = await market.assign(await market.job(holder), await market.machine())
    async with database.transaction() as session:
        await session.execute(
            text("update attempts set started_at = clock_timestamp() - interval '2 min' where id = :id"),
            {"id": spec.attempt_id},
        )
        await reservations.reserve(session, caller=holder, provider_id=machine.id, length=reservations.SHORTEST)
    await Preemptions(database, POLICY, cluster, notice_s=0).look()
    (attempt,) = await waiting.attempts(late.id)
    assert (attempt.status, attempt.cause) == ("CANCELLED", "PREEMPTED")
    async with database.transaction() as session:
        assert not await ending.preempt(session, spec.attempt_id, reason="again", policy=POLICY)
        (untouched,) = await session.execute(
            text("select status from attempts where id = :id"), {"id": mine.attempt_id}
        )
    assert untouched.status == "ASSIGNED"
