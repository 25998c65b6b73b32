"""What is reserved is kept free: in what placement reads, and by the database itself."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from qubix_platform.attempts.errors import AssignmentRefused
from qubix_platform.database.connection import connect
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.placement.decide import decide
from qubix_platform.placement.model import Policy
from qubix_platform.pricing.policy import MarketPolicy
from qubix_platform.providers import service as providers
from qubix_platform.reservations import service as reservations
from qubix_platform.reservations.errors import MachineNotToReserve
from qubix_platform.scheduling import repository
from tests.platform.market_life import Market

HOUR = timedelta(hours=1)


async def test_placement_gives_a_reserved_machine_to_its_holder_alone(
    database: Database, database_settings: DatabaseSettings
) -> None:
    market = Market(database)
    holder, other = await market.consumer(), await market.consumer()
    machine = await market.machine(gpus=2)
    async with database.transaction() as session:
        await reservations.reserve(session, caller=holder, provider_id=machine.id, length=HOUR)
    mine, theirs = await market.job(holder), await market.job(other)
    connection = await connect(database_settings.app_url)
    try:
        reading = await repository.read_market(connection)
    finally:
        await connection.close()
    decisions = decide(reading.snapshot, reading.now, Policy())
    assert [(one.job_id, one.price_per_hour) for one in decisions.assignments] == [(mine.id, 0)]
    assert [reason.constraint for reason in decisions.waiting[theirs.id].reasons] == ["reserved"]


async def test_the_database_refuses_an_attempt_that_could_run_into_others_time(database: Database) -> None:
    market = Market(database)
    holder, other = await market.consumer(), await market.consumer()
    machine = await market.machine(gpus=3)
    async with database.transaction() as session:
        await reservations.reserve(
            session,
            caller=holder,
            provider_id=machine.id,
            length=HOUR,
            starts_at=datetime.now(UTC) + timedelta(minutes=5),
        )
    with pytest.raises(AssignmentRefused, match="reserved for somebody else"):
        await market.assign(await market.job(other, time_limit_seconds=600), machine)
    await market.assign(await market.job(other, time_limit_seconds=60), machine)
    async with database.transaction() as session:
        await market.assign_in(session, await market.job(holder, time_limit_seconds=600), machine, card=1)


async def test_nobody_reserves_time_that_jobs_of_others_may_still_need(database: Database) -> None:
    market = Market(database)
    holder, other = await market.consumer(), await market.consumer()
    machine = await market.machine()
    await market.assign(await market.job(other, time_limit_seconds=3600), machine)
    async with database.transaction() as session:
        with pytest.raises(MachineNotToReserve, match="jobs of others may run on it until"):
            await reservations.reserve(session, caller=holder, provider_id=machine.id, length=HOUR)
        later = datetime.now(UTC) + 2 * HOUR
        await reservations.reserve(session, caller=holder, provider_id=machine.id, length=HOUR, starts_at=later)


async def test_what_a_reservation_earned_counts_for_its_machine(database: Database) -> None:
    market = Market(database)
    holder = await market.consumer()
    machine = await market.machine(price=1_000_000)
    policy = MarketPolicy(fee_basis_points=500)
    async with database.transaction() as session:
        reserved = await reservations.reserve(session, caller=holder, provider_id=machine.id, length=HOUR)
        await session.execute(
            text("update reservations set starts_at = starts_at - interval '2 h', ends_at = ends_at - interval '2 h'")
        )
        await reservations.advance(session, reserved, policy=policy)
        (row,) = await session.execute(text("select earned, settled_amount from reservations"))
        found = await providers.earnings(session, user_id=machine.user_id, now=datetime.now(UTC), fee_basis_points=500)
        (offered,) = await providers.list_my(session, user_id=machine.user_id)
    assert (row.settled_amount, row.earned) == (950_000, 902_500)
    assert (found.total, found.job_count) == (902_500, 0)
    assert offered.total_earnings == 902_500


async def test_a_reservation_of_a_machine_that_is_gone_is_found(database: Database) -> None:
    market = Market(database)
    holder = await market.consumer()
    removed, silent, well = [await market.machine() for _ in range(3)]
    async with database.transaction() as session:
        made = [
            await reservations.reserve(session, caller=holder, provider_id=machine.id, length=HOUR)
            for machine in (removed, silent, well)
        ]
        await session.execute(text("update providers set removed_at = now() where id = :id"), {"id": removed.id})
        await session.execute(
            text("update providers set status = 'OFFLINE', last_heartbeat = now() - interval '6 min' where id = :id"),
            {"id": silent.id},
        )
        assert set(await reservations.lost_reservations(session)) == set(made[:2])
