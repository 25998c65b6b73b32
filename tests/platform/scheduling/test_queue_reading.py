"""What the order of the queue goes by, as the database has it."""

import pytest
from sqlalchemy import text

from qubix.schemas.accounts import QuotaSet
from qubix.schemas.resources import ResourceRequest
from qubix.schemas.states import Priority
from qubix_platform.attempts import ending
from qubix_platform.database.connection import Connection
from qubix_platform.database.session import Database
from qubix_platform.placement.model import Consumer, Running
from qubix_platform.placement.ordering.shares import CPU, DISK, MEMORY, gpu_kind
from qubix_platform.quotas import service as quotas
from qubix_platform.scheduling import repository
from tests.platform.market_life import POLICY, Market


async def test_jobs_come_with_class_and_limit_and_users_with_what_they_may_have(
    market: Market, connection: Connection, database: Database
) -> None:
    ana, bob = await market.consumer(), await market.consumer()
    await market.job(ana, priority=Priority.LOW, time_limit_seconds=90)
    await market.job(bob)
    async with database.transaction() as session:
        await quotas.assign(session, bob.user_id, QuotaSet(weight=300, max_gpus=2))
    snapshot = (await repository.read_market(connection)).snapshot
    assert {(job.priority, job.limit_seconds) for job in snapshot.jobs} == {(Priority.LOW, 90), (Priority.NORMAL, 600)}
    assert set(snapshot.consumers) == {
        Consumer(user_id=ana.user_id),
        Consumer(user_id=bob.user_id, weight=300, max_gpus=2),
    }


async def test_what_runs_is_read_with_what_it_takes(market: Market, connection: Connection) -> None:
    ana = await market.consumer()
    machine = await market.machine(gpus=2)
    needs = ResourceRequest(gpu_count=1, gpu_share_milli=250, cpu_cores=3, memory_mib=512)
    job = await market.job(ana, resources=needs)
    spec = await market.assign(job, machine)
    await market.job(ana)
    assert (await repository.read_market(connection)).snapshot.running == (
        Running(
            attempt_id=spec.attempt_id,
            job_id=job.id,
            user_id=ana.user_id,
            provider_id=machine.id,
            cpu_cores=3,
            memory_mib=512,
            limit_seconds=600,
            shares=((machine.gpu_ids[0], 250),),
            price_per_hour=90_000,
            disk_mib=2048,
        ),
    )


async def test_a_short_reading_has_the_first_jobs_of_every_user_and_class(
    market: Market, connection: Connection
) -> None:
    ana, bob = await market.consumer(), await market.consumer()
    first = await market.job(ana)
    for _ in range(3):
        await market.job(ana)
    low, other = await market.job(ana, priority=Priority.LOW), await market.job(bob)
    reading = await repository.read_market(connection, limit=3)
    assert set(reading.standings) == {first.id, low.id, other.id}
    assert len((await repository.read_market(connection, limit=6)).standings) == 4


async def test_a_short_reading_has_the_earliest_deadline_too(
    market: Market, connection: Connection, database: Database
) -> None:
    ana = await market.consumer()
    first, _, late, soon = [await market.job(ana) for _ in range(4)]
    async with database.transaction() as session:
        for job, hours in ((late, 9), (soon, 1)):
            await session.execute(
                text("update jobs set deadline = now() + make_interval(hours => :hours) where id = :id"),
                {"hours": hours, "id": job.id},
            )
    reading = await repository.read_market(connection, limit=1)
    assert {job.id: job.deadline is not None for job in reading.snapshot.jobs} == {first.id: False, soon.id: True}
    assert len((await repository.read_market(connection)).snapshot.jobs) == 4


async def test_a_question_reads_no_more_jobs_than_it_may_however_many_users_wait(
    market: Market, database: Database
) -> None:
    users = [await market.consumer() for _ in range(3)]
    first = [(await market.job(user)).id for user in users]
    await market.job(users[0])
    async with database.transaction() as session:
        found = await repository.read_offers(session, asking=users[0].user_id, half_life_s=1000, limit=2)
    assert {job.id for job in found.jobs} == set(first[:2])


async def test_past_use_counts_half_after_each_half_life(market: Market, database: Database) -> None:
    ana = await market.consumer()
    machine = await market.machine(gpus=2)
    spec = await market.assign(await market.job(ana, resources=ResourceRequest(gpu_count=2, cpu_cores=4)), machine)
    async with database.transaction() as session:
        await ending.lose(session, spec.attempt_id, reason="for the test", policy=POLICY)
        # One half-life long, and its end one half-life ago: half less a quarter of what it held.
        await session.execute(
            text("""update attempts set created_at = now() - interval '2000 seconds',
                                        ended_at = now() - interval '1000 seconds'""")
        )
        usage = await repository.read_usage(session, half_life_s=1000)
    assert dict(usage[ana.user_id]) == pytest.approx(
        {CPU: 1.0, MEMORY: 256.0, DISK: 512.0, gpu_kind("RTX 4090"): 500.0}
    )


async def test_what_goes_on_counts_up_to_now(market: Market, database: Database) -> None:
    ana = await market.consumer()
    await market.assign(await market.job(ana), await market.machine())
    async with database.transaction() as session:
        await session.execute(text("update attempts set created_at = now() - interval '1000 seconds'"))
        usage = await repository.read_usage(session, half_life_s=1000)
    assert dict(usage[ana.user_id])[gpu_kind("RTX 4090")] == pytest.approx(500.0, rel=0.01)
