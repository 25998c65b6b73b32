"""The market as the database has it, in one statement."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from qubix.schemas.resources import AntiAffinity, ResourceRequest
from qubix.schemas.states import AffinityScope, IsolationLevel, ProviderStatus, ProviderType, Trust
from qubix_platform.attempts import ending
from qubix_platform.database.connection import Connection, connect
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.placement import model as placement
from qubix_platform.placement.constraints import ConstraintName
from qubix_platform.placement.decide import decide
from qubix_platform.placement.matching import match
from qubix_platform.placement.model import Due, Policy, Request
from qubix_platform.placement.offers import OfferTable, microseconds
from qubix_platform.scheduling import repository
from tests.platform.market_life import POLICY, Market


async def test_a_quiet_market_is_read_without_its_machines(market: Market, connection: Connection) -> None:
    await market.machine()
    reading = await repository.read_market(connection)
    assert reading.snapshot.jobs == ()
    assert reading.snapshot.providers == ()


async def test_a_job_that_cannot_be_read_is_in_nobodys_way(market: Market, connection: Connection) -> None:
    consumer = await market.consumer()
    broken, told, sound = [await market.job(consumer) for _ in range(3)]
    async with market.database.transaction() as session:
        spoil = text("""update jobs set resources = '{"gpuCount": "several"}' where id = :id""")
        await session.execute(spoil, {"id": broken.id})
        of_old = text("""update jobs set waiting = '{"said": "otherwise"}' where id = :id""")
        await session.execute(of_old, {"id": told.id})
    reading = await repository.read_market(connection)
    assert {job.id for job in reading.snapshot.jobs} == {told.id, sound.id}
    assert reading.standings[told.id].waiting is None
    assert list(reading.unreadable) == [broken.id]


async def test_jobs_and_machines_come_with_all_that_a_decision_needs(market: Market, connection: Connection) -> None:
    consumer = await market.consumer()
    machine = await market.machine(gpus=2, price=100)
    job = await market.job(
        consumer,
        max_price=1_000,
        resources=ResourceRequest(
            gpu_count=1,
            gpu_share_milli=250,
            min_compute_capability="8.9",
            locations=["DE"],
            anti_affinity=AntiAffinity(group="replicas"),
        ),
    )

    reading = await repository.read_market(connection)

    (pending,) = reading.snapshot.jobs
    assert pending.id == job.id
    assert abs(pending.queued_at - reading.now) < timedelta(seconds=30)
    assert pending.request == Request(
        user_id=consumer.user_id,
        max_price=1_000,
        gpu_count=1,
        gpu_share_milli=250,
        min_compute_capability=(8, 9),
        locations=("DE",),
        anti_affinity=placement.AntiAffinity(group="replicas"),
    )
    (candidate,) = reading.snapshot.providers
    assert (candidate.provider_id, candidate.worker_id) == (machine.id, machine.worker_id)
    assert (candidate.type, candidate.trust, candidate.status) == (
        ProviderType.RAY,
        Trust.MEMBER,
        ProviderStatus.ONLINE,
    )
    assert candidate.isolation_level is IsolationLevel.BWRAP_CGROUP
    assert (candidate.cpu_cores, candidate.ram_mib, candidate.price_per_hour) == (16, 65_536, 100)
    assert [(gpu.id, gpu.index, gpu.allocated_milli) for gpu in candidate.gpus] == [
        (machine.gpu_ids[0], 0, 0),
        (machine.gpu_ids[1], 1, 0),
    ]
    assert reading.standings[job.id].waiting is None
    assert reading.standings[job.id].unassignable_since is None


async def test_what_a_decision_assigns_is_taken_at_the_next_reading(market: Market, connection: Connection) -> None:
    consumer = await market.consumer()
    machine = await market.machine(gpus=1)
    share = ResourceRequest(gpu_count=1, gpu_share_milli=300, cpu_cores=2, memory_mib=512)
    first = await market.job(consumer, resources=share)
    await market.job(consumer, resources=share)
    await market.assign(first, machine)

    reading = await repository.read_market(connection)

    (candidate,) = reading.snapshot.providers
    assert (candidate.allocated_cpu, candidate.allocated_memory_mib, candidate.allocated_disk_mib) == (2, 512, 2048)
    assert candidate.gpus[0].allocated_milli == 300
    assert first.id not in reading.standings


async def test_a_job_that_comes_back_remembers_where_it_failed(
    market: Market, connection: Connection, database: Database
) -> None:
    machine = await market.machine()
    job = await market.job(await market.consumer())
    spec = await market.assign(job, machine)
    async with database.transaction() as session:
        await ending.lose(session, spec.attempt_id, reason="for the test", policy=POLICY)
    (pending,) = (await repository.read_market(connection)).snapshot.jobs
    assert pending.tried == (machine.id,)


async def test_machines_that_are_gone_for_long_are_not_read(
    market: Market, connection: Connection, database: Database
) -> None:
    await market.job(await market.consumer())
    names = [(await market.machine()).worker_id for _ in range(4)]
    async with database.transaction() as session:
        changes = (
            "status = 'OFFLINE'",
            "status = 'OFFLINE', last_heartbeat = now() - interval '2 days'",
            "removed_at = now()",
        )
        for name, change in zip(names, changes, strict=False):
            await session.execute(text(f"update providers set {change} where worker_id = :name"), {"name": name})

    reading = await repository.read_market(connection)

    assert {candidate.worker_id for candidate in reading.snapshot.providers} == {names[0], names[3]}


async def test_a_job_that_is_being_cancelled_is_not_read(
    market: Market, connection: Connection, database: Database
) -> None:
    job = await market.job(await market.consumer())
    async with database.transaction() as session:
        await session.execute(text("update jobs set cancel_requested_at = now() where id = :id"), {"id": job.id})
    assert (await repository.read_market(connection)).snapshot.jobs == ()


async def test_jobs_that_cannot_be_placed_do_not_keep_others_from_being_looked_at(
    market: Market, connection: Connection, database: Database
) -> None:
    consumer = await market.consumer()
    stuck = [await market.job(consumer) for _ in range(3)]
    fresh = await market.job(consumer)
    async with database.transaction() as session:
        await session.execute(
            text("update jobs set unassignable_since = now() where id = any(:ids)"), {"ids": [job.id for job in stuck]}
        )
    reading = await repository.read_market(connection, limit=2)
    assert fresh.id in reading.standings
    assert len(reading.standings) == 2


async def test_a_reading_is_decided_on_as_it_is(market: Market, connection: Connection) -> None:
    consumer = await market.consumer()
    dear, cheap = await market.machine(price=300), await market.machine(price=200)
    job = await market.job(consumer)
    reading = await repository.read_market(connection)
    (assignment,) = decide(reading.snapshot, reading.now, Policy()).assignments
    assert (assignment.job_id, assignment.worker_id, assignment.price_per_hour) == (job.id, cheap.worker_id, 200)
    assert assignment.worker_id != dear.worker_id


async def test_one_scheduler_leads_until_its_connection_ends(
    connection: Connection, database_settings: DatabaseSettings
) -> None:
    other = await connect(database_settings.app_url)
    try:
        assert await repository.try_lead(connection)
        assert not await repository.try_lead(other)
        await connection.close()
        assert await repository.try_lead(other)
    finally:
        await other.close()


async def test_a_job_that_waits_for_another_is_none_of_the_schedulers_business(
    market: Market, connection: Connection
) -> None:
    consumer = await market.consumer()
    first = await market.job(consumer)
    await market.job(consumer, after=[first.id])
    assert [job.id for job in (await repository.read_market(connection)).snapshot.jobs] == [first.id]


async def test_a_deadline_counts_where_it_is_known_how_much_a_job_computes(
    market: Market, connection: Connection
) -> None:
    consumer, slow, fast, unmeasured = await market.consumer(), *[await market.machine() for _ in range(3)]
    async with market.database.transaction() as session:
        for machine, speed in ((slow, 1), (fast, 100)):
            await session.execute(
                text("update providers set fp32_tflops = :speed where id = :id"), {"speed": speed, "id": machine.id}
            )
    at = datetime.now(UTC) + timedelta(minutes=10)
    known = await market.job(consumer, deadline=at, compute_needed=6_000)
    unknown = await market.job(consumer, deadline=at)
    reading = await repository.read_market(connection)
    due = {job.id: job.request.due for job in reading.snapshot.jobs}
    assert due == {known.id: Due(at=at, compute=6_000), unknown.id: None}
    matched = match(
        OfferTable(reading.snapshot.providers),
        next(job.request for job in reading.snapshot.jobs if job.id == known.id),
        at=microseconds(reading.now),
        policy=Policy(),
    )
    assert matched.rejected == ((ConstraintName.DEADLINE, 1),)
    assert {matched.table.candidates[row].provider_id for row in matched.rows} == {fast.id, unmeasured.id}


async def test_a_job_is_kept_apart_from_what_runs(market: Market, connection: Connection) -> None:
    consumer, first, second = await market.consumer(), await market.machine(), await market.machine()
    apart = ResourceRequest(anti_affinity=AntiAffinity(group="replicas", scope=AffinityScope.OWNER))
    running, waits = await market.job(consumer, resources=apart), await market.job(consumer, resources=apart)
    await market.assign(running, first)
    reading = await repository.read_market(connection)
    (attempt,) = reading.snapshot.running
    assert attempt.anti_affinity == placement.AntiAffinity(group="replicas", scope=AffinityScope.OWNER)
    (assignment,) = decide(reading.snapshot, reading.now, Policy()).assignments
    assert (assignment.job_id, assignment.provider_id) == (waits.id, second.id)
