"""A machine that stands by, and the moment when it takes over, against a real database."""

import asyncio
from dataclasses import dataclass

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from qubix.schemas.attempts import AttemptSpec, ReadyAnswer
from qubix.schemas.jobs import Job
from qubix.schemas.reports import CompleteReport
from qubix.schemas.states import AttemptStatus, Cause, CompletionStatus, JobStatus
from qubix_platform.attempts import ending, readiness, reports, repository
from qubix_platform.attempts.errors import AssignmentRefused, AttemptFenced
from qubix_platform.auth.callers import UserCaller
from qubix_platform.database.session import Database
from qubix_platform.jobs import service as jobs
from qubix_platform.ledger.verify import verify
from tests.platform.market_life import POLICY, SECRET, Machine, Market

COMPLETED = CompleteReport(status=CompletionStatus.COMPLETED, exit_code=0)


@dataclass(frozen=True)
class Pair:
    """A job that runs on one machine while another stands by."""

    market: Market
    consumer: UserCaller
    job: Job
    first: Machine
    second: Machine
    runs: AttemptSpec
    waits: AttemptSpec

    async def ask(self, spec: AttemptSpec) -> ReadyAnswer:
        async with self.market.database.transaction() as session:
            return await readiness.report_ready(
                session, attempt_id=spec.attempt_id, job_id=self.job.id, policy=POLICY, secret=SECRET
            )

    async def lose(self, spec: AttemptSpec) -> bool:
        async with self.market.database.transaction() as session:
            return await ending.lose(session, spec.attempt_id, reason="its node left the cluster", policy=POLICY)

    async def complete(self, spec: AttemptSpec) -> None:
        async with self.market.database.transaction() as session:
            await ending.complete(
                session, attempt_id=spec.attempt_id, job_id=self.job.id, report=COMPLETED, policy=POLICY
            )

    async def now(self) -> Job:
        async with self.market.database.transaction() as session:
            return await jobs.get_job(session, caller=self.consumer, job_id=self.job.id)

    async def statuses(self) -> list[tuple[str, bool]]:
        async with self.market.database.transaction() as session:
            found = await jobs.receipt(session, caller=self.consumer, job_id=self.job.id, policy=POLICY)
        return [(one.status.value, one.is_standby) for one in found.attempts]


@pytest.fixture
def market(database: Database) -> Market:
    return Market(database)


@pytest.fixture
async def pair(market: Market) -> Pair:
    consumer = await market.consumer()
    first, second = await market.machine(location="de"), await market.machine(location="us", price=180_000)
    job = await market.job(consumer, standby=True)
    runs = await market.assign(job, first)
    async with market.database.transaction() as session:
        await reports.mark_started(session, attempt_id=runs.attempt_id, job_id=job.id, policy=POLICY)
    waits = await market.stand_by(job, second)
    assert waits is not None
    return Pair(market, consumer, job, first, second, runs, waits)


async def test_who_stands_by_takes_over_in_the_transaction_that_gives_the_first_one_up(pair: Pair) -> None:
    assert pair.waits.waits
    assert not (await pair.ask(pair.waits)).go
    assert await pair.lose(pair.runs)
    taken = await pair.now()
    assert (taken.status, taken.provider_id, taken.attempts) == (JobStatus.ASSIGNED, pair.second.id, 2)
    answer = await pair.ask(pair.waits)
    assert answer.go
    assert answer.spec is not None
    assert (answer.spec.number, answer.spec.waits) == (2, False)
    assert answer.spec.time_limit_seconds == pair.job.time_limit_seconds

    async with pair.market.database.transaction() as session:
        await reports.mark_started(session, attempt_id=pair.waits.attempt_id, job_id=pair.job.id, policy=POLICY)
    await pair.market.backdate_start(pair.waits.attempt_id, seconds=100)
    with pytest.raises(AttemptFenced, match="LOST"):
        await pair.complete(pair.runs)
    await pair.complete(pair.waits)
    assert (await pair.now()).status is JobStatus.COMPLETED
    earned, _ = await pair.market.balance(pair.second.user_id)
    assert earned == 180_000 * 100 // 3600 * 95 // 100
    assert await pair.market.balance(pair.first.user_id) == (0, 0)
    async with pair.market.database.transaction() as session:
        assert (await verify(session)).mismatches == ()


async def test_who_stood_by_for_long_is_not_late_when_it_takes_over(pair: Pair) -> None:
    long_ago = text("""
        update attempts set assigned_at = assigned_at - interval '1 day', created_at = created_at - interval '1 day'
         where id = :id
    """)
    for taken in (False, True):
        async with pair.market.database.transaction() as session:
            await session.execute(long_ago, {"id": pair.waits.attempt_id})
        assert not taken or await pair.lose(pair.runs)
        async with pair.market.database.transaction() as session:
            live = {attempt.id: attempt for attempt in await repository.live(session)}
        assert live[pair.waits.attempt_id].age_seconds < 60


async def test_who_stands_by_reports_nothing_and_ends_with_the_job_unpaid(pair: Pair) -> None:
    for report in (reports.mark_started,):
        with pytest.raises(AttemptFenced, match="standing by"):
            async with pair.market.database.transaction() as session:
                await report(session, attempt_id=pair.waits.attempt_id, job_id=pair.job.id, policy=POLICY)
    await pair.complete(pair.runs)
    assert (await pair.now()).status is JobStatus.COMPLETED
    assert await pair.statuses() == [("COMPLETED", False), ("CANCELLED", True)]
    with pytest.raises(AttemptFenced, match="CANCELLED"):
        await pair.ask(pair.waits)
    assert await pair.market.balance(pair.second.user_id) == (0, 0)
    assert await pair.market.stand_by(pair.job, pair.second) is None


async def test_the_loss_of_who_stands_by_leaves_the_job_alone(pair: Pair) -> None:
    assert await pair.lose(pair.waits)
    assert (await pair.now()).status is JobStatus.RUNNING
    assert await pair.market.stand_by(pair.job, pair.second) is not None
    failed = CompleteReport(status=CompletionStatus.FAILED, cause=Cause.PLATFORM_ERROR, error="no room")
    async with pair.market.database.transaction() as session:
        await ending.complete(
            session, attempt_id=pair.runs.attempt_id, job_id=pair.job.id, report=failed, policy=POLICY
        )
    assert (await pair.now()).provider_id == pair.second.id


async def test_who_was_not_heard_of_does_not_take_over(pair: Pair) -> None:
    async with pair.market.database.transaction() as session:
        await session.execute(
            text("update attempts set lease_expires_at = now() - interval '1 second' where id = :id"),
            {"id": pair.waits.attempt_id},
        )
    await pair.lose(pair.runs)
    assert (await pair.now()).status is JobStatus.PENDING
    assert await pair.statuses() == [("LOST", False), ("LOST", True)]


async def test_both_ends_at_once_leave_one_result(pair: Pair) -> None:
    """The first completes while it is given up: one of both holds, and who stood by ends or goes on accordingly."""
    outcomes = await asyncio.gather(pair.lose(pair.runs), pair.complete(pair.runs), return_exceptions=True)
    after = await pair.now()
    if outcomes[0] is True:
        assert isinstance(outcomes[1], AttemptFenced)
        assert (after.status, after.provider_id) == (JobStatus.ASSIGNED, pair.second.id)
    else:
        assert (after.status, after.provider_id) == (JobStatus.COMPLETED, pair.first.id)
        assert (await pair.statuses())[1] == ("CANCELLED", True)


async def test_two_machines_never_stand_by_for_one_job(pair: Pair) -> None:
    third = await pair.market.machine(location="fr")
    with pytest.raises(AssignmentRefused, match="attempts_one_live_per_worker"):
        await pair.market.stand_by(pair.job, third)


async def test_nobody_stands_by_at_the_same_site_or_for_the_same_owner(market: Market) -> None:
    consumer, first = await market.consumer(), await market.machine(location="de")
    job = await market.job(consumer, standby=True)
    await market.assign(job, first)
    for location in ("DE", None):
        assert await market.stand_by(job, await market.machine(location=location)) is None
    same_owner = await market.machine(location="us")
    async with market.database.transaction() as session:
        await session.execute(
            text("update providers set user_id = :owner where id = :id"),
            {"owner": first.user_id, "id": same_owner.id},
        )
    assert await market.stand_by(job, same_owner) is None


@pytest.mark.parametrize("column", ["status = 'RUNNING'", "status = 'COMPLETED'", "started_at = now()", "cost = 1"])
async def test_the_database_refuses_that_who_stands_by_does_anything(pair: Pair, column: str) -> None:
    with pytest.raises(DBAPIError, match="attempts_standby_does_nothing"):
        async with pair.market.database.transaction() as session:
            await session.execute(text(f"update attempts set {column} where id = :id"), {"id": pair.waits.attempt_id})


async def test_a_cancelled_job_has_nobody_stand_by(pair: Pair) -> None:
    async with pair.market.database.transaction() as session:
        await jobs.cancel_job(session, caller=pair.consumer, job_id=pair.job.id)
    assert (await pair.ask(pair.waits)).cancel
    stopped = CompleteReport(status=CompletionStatus.FAILED, cause=Cause.CANCELLED, exit_code=-9)
    for spec in (pair.waits, pair.runs):
        async with pair.market.database.transaction() as session:
            await ending.complete(
                session, attempt_id=spec.attempt_id, job_id=pair.job.id, report=stopped, policy=POLICY
            )
    assert (await pair.now()).status is JobStatus.CANCELLED
    assert [status for status, _ in await pair.statuses()] == [AttemptStatus.CANCELLED] * 2
