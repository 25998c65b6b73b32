"""Trying a job again after its own fault, as often as its consumer asked for."""

import pytest
from pydantic import ValidationError

from qubix.schemas.states import Cause, JobStatus
from qubix_platform.attempts import ending
from qubix_platform.jobs import service as jobs
from qubix_platform.ledger.verify import verify
from tests.platform.jobs.conftest import Life
from tests.platform.market_life import POLICY


async def test_each_cause_is_tried_again_as_often_as_it_says_and_every_attempt_is_paid(life: Life) -> None:
    consumer = await life.consumer(balance=1_000_000)
    job = await life.job(consumer, retry={"USER_ERROR": 2, "OUT_OF_MEMORY": 1}, max_attempts=1)
    for cause in (Cause.USER_ERROR, Cause.OUT_OF_MEMORY, Cause.USER_ERROR):
        await life.run(job, cause, seconds=60)
        assert (await life.look(consumer, job)).status is JobStatus.PENDING
    await life.run(job, Cause.OUT_OF_MEMORY, seconds=60)

    ended = await life.look(consumer, job)
    assert (ended.status, ended.cause, ended.attempts) == (JobStatus.FAILED, Cause.OUT_OF_MEMORY, 4)
    assert ended.actual_cost == 4 * 360_000 * 60 // 3600
    assert await life.balance(consumer.user_id) == (1_000_000 - 24_000, 0)
    async with life.database.transaction() as session:
        assert (await verify(session)).mismatches == ()
        receipt = await jobs.receipt(session, caller=consumer, job_id=job.id, policy=POLICY)
    assert receipt.cost == 24_000


async def test_the_time_limit_holds_for_all_attempts_together(life: Life) -> None:
    consumer = await life.consumer()
    job = await life.job(consumer, retry={"USER_ERROR": 20}, time_limit_seconds=100)
    await life.run(job, Cause.USER_ERROR, seconds=60)
    spec = await life.assign(job, await life.machine())
    assert spec.time_limit_seconds == 40
    async with life.database.transaction() as session:
        await ending.lose(session, spec.attempt_id, reason="power cut", policy=POLICY)
    await life.run(job, Cause.USER_ERROR, seconds=40)
    assert (await life.look(consumer, job)).cause is Cause.USER_ERROR


async def test_what_the_platform_has_to_answer_for_does_not_use_retries_up(life: Life) -> None:
    consumer = await life.consumer()
    job = await life.job(consumer, retry={"USER_ERROR": 1}, max_attempts=2)
    await life.run(job, Cause.PLATFORM_ERROR)
    await life.run(job, Cause.USER_ERROR)
    assert (await life.look(consumer, job)).status is JobStatus.PENDING
    await life.run(job, Cause.PLATFORM_ERROR)
    assert (await life.look(consumer, job)).cause is Cause.PLATFORM_ERROR


async def test_only_what_is_the_jobs_own_can_be_asked_for(life: Life) -> None:
    consumer = await life.consumer()
    with pytest.raises(ValidationError, match="not for TIMEOUT"):
        await life.job(consumer, retry={"TIMEOUT": 1})
