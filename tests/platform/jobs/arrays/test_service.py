"""Arrays on a real database: created, run some at a time, and cancelled as a whole, with their money."""

from uuid import UUID

import pytest
from sqlalchemy import text

from qubix.schemas.arrays import ArrayCreate, ArrayCreated
from qubix.schemas.states import Cause, JobStatus
from qubix_platform.auth.callers import UserCaller
from qubix_platform.jobs import service as jobs
from qubix_platform.jobs.arrays import service as arrays
from qubix_platform.jobs.arrays.errors import ArrayNotFound
from qubix_platform.jobs.errors import IdempotencyKeyReused
from qubix_platform.ledger.errors import BalanceTooLow
from qubix_platform.ledger.verify import verify
from tests.platform.jobs.conftest import Life
from tests.platform.market_life import POLICY

HOLD = 720_000 * 600 // 3600


async def create(
    life: Life, caller: UserCaller, array: str, *, key: str | None = None, **changes: object
) -> ArrayCreated:
    values = {"source": "print()", "max_price": 720_000, "time_limit_seconds": 600, "array": array, "name": "sweep"}
    request = ArrayCreate.model_validate(values | {"resources": {"gpuCount": 1}} | changes)
    async with life.database.transaction() as session:
        return await arrays.create_array(session, caller=caller, request=request, idempotency_key=key, policy=POLICY)


async def test_every_element_is_a_job_with_its_place_and_a_hold_of_its_own(life: Life) -> None:
    consumer = await life.consumer(balance=10 * HOLD)
    created = await create(life, consumer, "5-8", env={"A": "b"})
    assert (created.array.size, created.array.hold_amount, created.estimated_cost) == (4, 4 * HOLD, 4 * HOLD)
    assert await life.balance(consumer.user_id) == (6 * HOLD, 4 * HOLD)
    assert [(job.name, job.array_index, job.is_held_back) for job in created.jobs] == [
        (f"sweep[{index}]", index, False) for index in range(5, 9)
    ]
    spec = await life.assign(created.jobs[2], await life.machine())
    assert spec.env == {
        "A": "b",
        "QUBIX_ARRAY_INDEX": "7",
        "QUBIX_ARRAY_ID": str(created.array.id),
        "QUBIX_ARRAY_SIZE": "4",
    }
    async with life.database.transaction() as session:
        listed, total = await arrays.list_arrays(session, caller=consumer, limit=10, offset=0)
        assert (await verify(session)).mismatches == ()
    assert (total, listed[0].counts) == (1, {JobStatus.PENDING: 3, JobStatus.ASSIGNED: 1})


async def test_so_many_run_at_a_time_and_the_next_goes_when_one_ends(life: Life) -> None:
    consumer = await life.consumer()
    created = await create(life, consumer, "0-4%2")
    zero, one, two, three, _ = created.jobs
    assert [job.is_held_back for job in created.jobs] == [False, False, True, True, True]
    async with life.database.transaction() as session:
        why = await jobs.why(session, caller=consumer, job_id=two.id)
    assert why is not None
    assert why.summary.startswith("Its array runs 2 at a time")

    assert (await life.release()).release == ()
    await life.run(one, Cause.USER_ERROR)
    assert (await life.release()).release == (two.id,)
    assert (await life.release()).release == ()
    await life.run(zero)
    await life.run(two)
    assert (await life.release()).release[0] == three.id
    async with life.database.transaction() as session:
        array = await arrays.get_array(session, caller=consumer, array_id=created.array.id)
    assert (array.counts, array.held_back) == (
        {JobStatus.PENDING: 2, JobStatus.COMPLETED: 2, JobStatus.FAILED: 1},
        0,
    )
    assert not array.is_final


async def test_an_array_is_cancelled_as_a_whole_and_refunded(life: Life) -> None:
    consumer = await life.consumer(balance=10 * HOLD)
    created = await create(life, consumer, "0-9%3")
    running = await life.assign(created.jobs[0], await life.machine())
    async with life.database.transaction() as session:
        answer = await arrays.cancel_array(session, caller=consumer, array_id=created.array.id)
    assert answer.array.counts == {JobStatus.ASSIGNED: 1, JobStatus.CANCELLED: 9}
    assert await life.balance(consumer.user_id) == (9 * HOLD, HOLD)
    assert await life.told(consumer.user_id) == [-10 * HOLD, 9 * HOLD], "once for all of them"
    async with life.database.transaction() as session:
        asked = "select data ->> 'jobId' from outbox where type = 'JOB_CANCEL_REQUESTED'"
        assert [UUID(job_id) for job_id in (await session.execute(text(asked))).scalars()] == [running.job_id]
        again = await arrays.cancel_array(session, caller=consumer, array_id=created.array.id)
        assert again == answer
        assert (await verify(session)).mismatches == ()
    assert (await life.release()).release == ()


async def test_a_balance_that_does_not_cover_all_of_them_makes_none(life: Life) -> None:
    consumer = await life.consumer(balance=3 * HOLD)
    with pytest.raises(BalanceTooLow, match="It covers 3 of them"):
        await create(life, consumer, "0-3")
    async with life.database.transaction() as session:
        assert (await session.execute(text("select count(*) from jobs"))).scalar_one() == 0


async def test_a_repeated_request_with_its_key_is_the_same_array(life: Life) -> None:
    consumer = await life.consumer()
    first, again = [await create(life, consumer, "0-1", key="once") for _ in range(2)]
    assert again == first
    with pytest.raises(IdempotencyKeyReused):
        await create(life, consumer, "0-2", key="once")


async def test_a_job_runs_after_a_whole_array_and_an_array_after_a_job(life: Life) -> None:
    consumer = await life.consumer()
    prepare = await life.job(consumer)
    sweep = await create(life, consumer, "0-1%1", after=[prepare.id])
    collect = await life.job(consumer, after=[sweep.array.id])
    assert (await life.release()).release == ()
    await life.run(prepare)
    assert (await life.release()).release == (sweep.jobs[0].id,)
    await life.run(sweep.jobs[0])
    assert (await life.release()).release == (sweep.jobs[1].id,)
    await life.run(sweep.jobs[1])
    assert (await life.release()).release == (collect.id,)


async def test_somebody_elses_array_is_none(life: Life) -> None:
    created = await create(life, await life.consumer(), "0-0")
    other = await life.consumer()
    async with life.database.transaction() as session:
        with pytest.raises(ArrayNotFound):
            await arrays.cancel_array(session, caller=other, array_id=created.array.id)
