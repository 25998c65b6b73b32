"""Heartbeats that come while several attempts of a job end together: neither waits for the other in a circle."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from tenacity import AsyncRetrying, retry_if_result, stop_after_delay, wait_fixed

from qubix.schemas.attempts import AttemptSpec
from qubix.schemas.states import JobStatus
from qubix_platform.attempts import ending, reports, repository
from qubix_platform.attempts import service as attempts
from qubix_platform.database.session import Database
from qubix_platform.jobs import service as jobs
from qubix_platform.providers import repository as providers
from tests.platform.market_life import POLICY, SECRET, Machine, Market

_WAITS = text(
    "select exists (select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database())"
)
_LEASES = text("select id, lease_expires_at from attempts")


@pytest.fixture
def market(database: Database) -> Market:
    return Market(database)


async def someone_waits(market: Market) -> None:
    """Wait until a transaction waits for another one's locks."""

    async def looked() -> bool:
        async with market.database.transaction() as session:
            return bool((await session.execute(_WAITS)).scalar_one())

    await AsyncRetrying(
        stop=stop_after_delay(10), wait=wait_fixed(0.01), retry=retry_if_result(lambda found: not found)
    )(looked)


async def beat(session: AsyncSession, machine: Machine) -> None:
    """What a heartbeat does after it has renewed the leases."""
    row = await providers.beat(
        session,
        provider_id=machine.id,
        agent_session=None,
        ray_node_id=None,
        now=None,
        longest_gap=timedelta(seconds=15),
    )
    assert row is not None


async def lose(market: Market, spec: AttemptSpec) -> None:
    # In one transaction, with nobody to try it again: a deadlock would come out here.
    async with market.database.transaction() as session:
        assert await ending.lose(session, spec.attempt_id, reason="its node left the cluster", policy=POLICY)


async def leases(session: AsyncSession) -> dict[UUID, object]:
    return {row.id: row.lease_expires_at for row in await session.execute(_LEASES)}


@pytest.mark.parametrize("standby", [False, True])
async def test_a_heartbeat_of_the_other_machine_is_not_in_the_way_of_a_loss(market: Market, standby: bool) -> None:
    consumer = await market.consumer()
    first, second = await market.machine(location="de"), await market.machine(location="us")
    job = await market.job(consumer, max_attempts=2, **({"standby": True} if standby else {"workers": 2}))
    if standby:
        runs, other = await market.assign(job, first), await market.stand_by(job, second)
    else:
        decided = [market.assignment(job, machine, rank=rank) for rank, machine in enumerate((first, second))]
        async with market.database.transaction() as session:
            runs, other = await attempts.assign_all(session, decided, policy=POLICY, secret=SECRET)
    assert other is not None
    async with market.database.transaction() as session:
        await reports.mark_started(session, attempt_id=runs.attempt_id, job_id=job.id, policy=POLICY)

    async with market.database.transaction() as heartbeat:
        await attempts.renew_leases(heartbeat, provider_id=second.id, attempt_ids=[other.attempt_id], policy=POLICY)
        lost = asyncio.create_task(lose(market, runs))
        await someone_waits(market)
        await beat(heartbeat, second)
    await lost

    async with market.database.transaction() as session:
        now = await jobs.get_job(session, caller=consumer, job_id=job.id)
    assert (now.status, now.provider_id) == ((JobStatus.ASSIGNED, second.id) if standby else (JobStatus.PENDING, None))


async def test_a_heartbeat_waits_for_no_attempt_and_renews_those_that_nobody_holds(market: Market) -> None:
    machine = await market.machine(gpus=2)
    job = await market.job(await market.consumer(), workers=2)
    decided = [market.assignment(job, machine, rank=rank, card=rank) for rank in range(2)]
    async with market.database.transaction() as session:
        specs = await attempts.assign_all(session, decided, policy=POLICY, secret=SECRET)
    ids = [spec.attempt_id for spec in specs]
    for taken, free in (ids, ids[::-1]):
        async with market.database.transaction() as holding:
            before = await leases(holding)
            assert await repository.lock(holding, taken) is not None
            async with asyncio.timeout(5), market.database.transaction() as heartbeat:
                cancelled = await attempts.renew_leases(
                    heartbeat, provider_id=machine.id, attempt_ids=ids, policy=POLICY
                )
                await beat(heartbeat, machine)
            assert cancelled == []
            after = await leases(holding)
        assert after[taken] == before[taken]
        assert after[free] != before[free]


async def test_launches_are_noted_without_waiting_for_an_attempt_and_those_held_are_named(market: Market) -> None:
    machine = await market.machine(gpus=2)
    job = await market.job(await market.consumer(), workers=2)
    decided = [market.assignment(job, machine, rank=rank, card=rank) for rank in range(2)]
    async with market.database.transaction() as session:
        specs = await attempts.assign_all(session, decided, policy=POLICY, secret=SECRET)
    launched = {spec.attempt_id: 1.0 for spec in specs}
    held = specs[1].attempt_id
    async with market.database.transaction() as holding:
        assert await repository.lock(holding, held) is not None
        async with asyncio.timeout(5), market.database.transaction() as session:
            assert await attempts.mark_launched(session, launched) == {held}
    for missing in ({held}, set()):
        async with market.database.transaction() as session:
            live = await attempts.live_attempts(session)
            assert {each.id for each in live if each.launched_at is None} == missing
            assert await attempts.mark_launched(session, launched) == set()
