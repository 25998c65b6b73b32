"""Jobs with a deadline on a real database: what waits too long ends, what runs too long is stopped."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from qubix.schemas.jobs import Job
from qubix.schemas.reports import CompleteReport
from qubix.schemas.states import Cause, CompletionStatus, JobStatus
from qubix_platform.attempts import ending, reports
from qubix_platform.jobs.deadlines import service as deadlines
from qubix_platform.jobs.errors import DeadlinePassed
from qubix_platform.ledger.verify import verify
from tests.platform.jobs.conftest import Life
from tests.platform.market_life import POLICY


def ahead(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def advance(life: Life) -> list[UUID]:
    async with life.database.transaction() as session:
        return await deadlines.advance(session)


async def pass_deadline(life: Life, job: Job) -> None:
    async with life.database.transaction() as session:
        await session.execute(text("update jobs set deadline = now() where id = :id"), {"id": job.id})


async def test_a_job_that_still_waits_at_its_deadline_ends_and_is_refunded(life: Life) -> None:
    consumer = await life.consumer(balance=1_000_000)
    job = await life.job(consumer, deadline=ahead(60))
    assert await advance(life) == []
    await pass_deadline(life, job)
    assert await advance(life) == [job.id]
    assert await advance(life) == []
    ended = await life.look(consumer, job)
    assert (ended.status, ended.cause) == (JobStatus.FAILED, Cause.DEADLINE_MISSED)
    assert "did not end by its deadline" in (ended.error or "")
    assert await life.balance(consumer.user_id) == (1_000_000, 0)
    async with life.database.transaction() as session:
        assert (await verify(session)).mismatches == ()


async def test_a_job_that_no_machine_is_fast_enough_for_ends_at_once(life: Life) -> None:
    consumer, machine = await life.consumer(), await life.machine()
    async with life.database.transaction() as session:
        await session.execute(text("update providers set fp32_tflops = 10 where id = :id"), {"id": machine.id})
    possible = await life.job(consumer, compute_needed=500, deadline=ahead(600))
    hopeless = await life.job(consumer, compute_needed=50_000, deadline=ahead(600))
    assert await advance(life) == [hopeless.id]
    assert "the fastest machine on the market needs 5,000 s" in ((await life.look(consumer, hopeless)).error or "")
    assert (await life.look(consumer, possible)).status is JobStatus.PENDING


async def test_a_job_that_runs_at_its_deadline_is_stopped_and_pays_for_what_it_used_until_then(life: Life) -> None:
    consumer = await life.consumer(balance=1_000_000)
    job = await life.job(consumer, deadline=ahead(60))
    spec = await life.assign(job, await life.machine())
    async with life.database.transaction() as session:
        await reports.mark_started(session, attempt_id=spec.attempt_id, job_id=job.id, policy=POLICY)
    await life.backdate_start(spec.attempt_id, seconds=90)
    await pass_deadline(life, job)
    assert await advance(life) == [job.id]
    assert await advance(life) == []
    async with life.database.transaction() as session:
        told = await reports.report_progress(
            session, attempt_id=spec.attempt_id, job_id=job.id, progress=50, sample=None, policy=POLICY
        )
        assert told.cancel
        report = CompleteReport(status=CompletionStatus.FAILED, cause=Cause.CANCELLED, exit_code=143)
        await ending.complete(session, attempt_id=spec.attempt_id, job_id=job.id, report=report, policy=POLICY)
    ended = await life.look(consumer, job)
    assert (ended.status, ended.cause) == (JobStatus.FAILED, Cause.DEADLINE_MISSED)
    assert ended.actual_cost == 360_000 * 90 // 3600
    assert await life.balance(consumer.user_id) == (1_000_000 - 9_000, 0)


async def test_a_deadline_that_has_passed_is_refused(life: Life) -> None:
    consumer = await life.consumer()
    with pytest.raises(DeadlinePassed, match="has passed"):
        await life.job(consumer, deadline=ahead(-1))
