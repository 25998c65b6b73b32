"""What attempts say of the machines that they run on, and what a pulling machine is handed."""

import pytest
from sqlalchemy import text

from qubix.schemas.reports import CompleteReport
from qubix.schemas.states import Cause, CompletionStatus, JobStatus
from qubix_platform.attempts import ending, reports
from qubix_platform.attempts import service as attempts
from qubix_platform.database.session import Database
from qubix_platform.jobs import service as jobs
from tests.platform.attempts.test_life import assert_books_add_up
from tests.platform.market_life import POLICY, SECRET, Machine, Market

COMPLETED = CompleteReport(status=CompletionStatus.COMPLETED, exit_code=0, result={"accuracy": 0.97})


@pytest.fixture
def market(database: Database) -> Market:
    return Market(database)


async def test_a_pulling_provider_finds_its_job_in_the_mailbox(market: Market) -> None:
    consumer, machine = await market.consumer(), await market.machine(kind="NATIVE")
    job = await market.job(consumer, env={"MODE": "fast"}, arguments=["--epochs", "3"])
    spec = await market.assign(job, machine)
    async with market.database.transaction() as session:
        entries = await attempts.pending_for(session, machine.worker_id, policy=POLICY, secret=SECRET)
    assert [entry.spec for entry in entries] == [spec]
    assert entries[0].attempt_token == spec.attempt_token
    async with market.database.transaction() as session:
        await reports.mark_started(session, attempt_id=spec.attempt_id, job_id=job.id, policy=POLICY)
        assert await attempts.pending_for(session, machine.worker_id, policy=POLICY, secret=SECRET) == []


async def test_a_job_that_is_cancelled_before_its_machine_heard_of_it_says_nothing_of_the_machine(
    market: Market,
) -> None:
    consumer, machine = await market.consumer(balance=500_000), await market.machine(kind="NATIVE")
    for _ in range(3):
        job = await market.job(consumer)
        await market.assign(job, machine)
        async with market.database.transaction() as session:
            answer = await jobs.cancel_job(session, caller=consumer, job_id=job.id)
            assert answer.job.status is JobStatus.CANCELLED
            assert await attempts.pending_for(session, machine.worker_id, policy=POLICY, secret=SECRET) == []
    assert await market.balance(consumer.user_id) == (500_000, 0)
    assert await record_of(market, machine) == (0, 0, 1.0, False)

    told = await market.job(consumer)
    spec = await market.assign(told, machine)
    async with market.database.transaction() as session:
        assert await attempts.pending_for(session, machine.worker_id, policy=POLICY, secret=SECRET)
    async with market.database.transaction() as session:
        answer = await jobs.cancel_job(session, caller=consumer, job_id=told.id)
        assert (answer.job.status, answer.job.cancel_requested) == (JobStatus.ASSIGNED, True)
    cancelled = CompleteReport(status=CompletionStatus.FAILED, cause=Cause.CANCELLED)
    async with market.database.transaction() as session:
        await ending.complete(session, attempt_id=spec.attempt_id, job_id=told.id, report=cancelled, policy=POLICY)
    assert await record_of(market, machine) == (0, 0, 1.0, False)
    await assert_books_add_up(market)


async def test_an_attempt_that_is_just_taken_back_is_not_handed_out(market: Market) -> None:
    consumer, machine = await market.consumer(), await market.machine(kind="NATIVE")
    job = await market.job(consumer)
    await market.assign(job, machine)
    async with market.database.transaction() as cancelling, market.database.transaction() as pulling:
        await jobs.cancel_job(cancelling, caller=consumer, job_id=job.id)
        assert await attempts.pending_for(pulling, machine.worker_id, policy=POLICY, secret=SECRET) == []


async def test_a_machine_that_cannot_run_jobs_is_unreliable_and_rests_longer_each_time(market: Market) -> None:
    consumer, machine = await market.consumer(), await market.machine()
    broken = CompleteReport(status=CompletionStatus.FAILED, cause=Cause.PLATFORM_ERROR, error="no sandbox")
    rests = []
    for _ in range(3):
        job = await market.job(consumer)
        spec = await market.assign(job, machine)
        async with market.database.transaction() as session:
            await ending.complete(session, attempt_id=spec.attempt_id, job_id=job.id, report=broken, policy=POLICY)
            rest = text("select extract(epoch from shunned_until - clock_timestamp()) from providers where id = :id")
            rests.append(round((await session.execute(rest, {"id": machine.id})).scalar_one()))
    assert rests == [5, 10, 20]
    assert await record_of(market, machine) == (0, 3, 0.25, True)


async def record_of(market: Market, machine: Machine) -> tuple[int, int, float, bool]:
    """Attempts that it completed, and lost; its reliability, and whether it was ever shunned."""
    statement = text("""
        select completed_attempts, lost_attempts, reliability, shunned_until is not null
          from providers where id = :id
    """)
    async with market.database.transaction() as session:
        completed, lost, reliability, shunned = (await session.execute(statement, {"id": machine.id})).one()
    return completed, lost, reliability, shunned
