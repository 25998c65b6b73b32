"""Jobs that run after others: held back, let go, or ended with them, and their money."""

import pytest

from qubix.schemas.states import Cause, JobStatus
from qubix_platform.jobs import service as jobs
from qubix_platform.jobs.dependencies.errors import DependencyNeverMet, DependencyNotFound
from qubix_platform.ledger.verify import verify
from tests.platform.jobs.conftest import Life
from tests.platform.market_life import POLICY


async def test_a_job_is_queued_once_all_that_it_runs_after_completed(life: Life) -> None:
    consumer = await life.consumer()
    first, second = await life.job(consumer, name="first"), await life.job(consumer)
    third = await life.job(consumer, after=[first.id, second.id])
    assert third.is_held_back
    assert (await life.release()).release == ()

    await life.run(first)
    assert (await life.release()).release == ()
    async with life.database.transaction() as session:
        why = await jobs.why(session, caller=consumer, job_id=third.id)
    assert why is not None
    assert [awaited.id for awaited in why.waits_for] == [second.id]
    assert f"It runs after job {second.id}" in why.summary

    await life.run(second)
    assert (await life.release()).release == (third.id,)
    assert (await life.release()).release == ()
    assert not (await life.look(consumer, third)).is_held_back


@pytest.mark.parametrize("cause", [Cause.USER_ERROR, Cause.CANCELLED])
async def test_a_job_ends_with_one_that_it_runs_after_and_so_does_what_runs_after_it(life: Life, cause: Cause) -> None:
    consumer = await life.consumer(balance=1_000_000)
    first = await life.job(consumer, name="prepare")
    second = await life.job(consumer, after=[first.id])
    third = await life.job(consumer, after=[second.id])
    if cause is Cause.CANCELLED:
        async with life.database.transaction() as session:
            await jobs.cancel_job(session, caller=consumer, job_id=first.id)
    else:
        await life.run(first, cause)

    assert list((await life.release()).end) == [second.id]
    assert list((await life.release()).end) == [third.id]

    ended = await life.look(consumer, second)
    assert (ended.status, ended.cause, ended.actual_cost) == (JobStatus.FAILED, Cause.DEPENDENCY_FAILED, 0)
    assert f"job {first.id} (prepare)" in (ended.error or "")
    assert cause.value in (ended.error or "")
    assert await life.balance(consumer.user_id) == (1_000_000, 0)
    async with life.database.transaction() as session:
        assert (await verify(session)).mismatches == ()
        receipt = await jobs.receipt(session, caller=consumer, job_id=third.id, policy=POLICY)
    assert (receipt.settled, receipt.refund, receipt.cost) == (True, receipt.hold, 0)


async def test_after_whatever_end_a_job_runs_too(life: Life) -> None:
    consumer = await life.consumer()
    first = await life.job(consumer)
    second = await life.job(consumer, after_any=[first.id])
    await life.run(first, Cause.USER_ERROR)
    assert (await life.release()).release == (second.id,)


async def test_a_job_whose_dependencies_are_met_already_is_queued_at_once(life: Life) -> None:
    consumer = await life.consumer()
    first, failed = await life.job(consumer), await life.job(consumer)
    await life.run(first)
    await life.run(failed, Cause.USER_ERROR)
    assert not (await life.job(consumer, after=[first.id], after_any=[failed.id])).is_held_back
    with pytest.raises(DependencyNeverMet, match=r"is FAILED \(USER_ERROR\) already"):
        await life.job(consumer, after=[failed.id])


async def test_only_ones_own_jobs_can_be_run_after(life: Life) -> None:
    other = await life.job(await life.consumer())
    with pytest.raises(DependencyNotFound, match="you have no job"):
        await life.job(await life.consumer(), after=[other.id])


async def test_a_job_that_is_held_back_can_be_cancelled_and_is_then_let_alone(life: Life) -> None:
    consumer = await life.consumer(balance=1_000_000)
    first = await life.job(consumer)
    second = await life.job(consumer, after=[first.id])
    async with life.database.transaction() as session:
        answer = await jobs.cancel_job(session, caller=consumer, job_id=second.id)
    assert answer.job.status is JobStatus.CANCELLED
    await life.run(first)
    plan = await life.release()
    assert (plan.release, dict(plan.end)) == ((), {})
