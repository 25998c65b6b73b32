"""Groups on a real database: scaled with their queue, with their items and their money."""

import asyncio

import pytest
from sqlalchemy import text

from qubix.schemas.groups import GroupScale
from qubix.schemas.spending import SpendingLimitSet
from qubix.schemas.states import Cause, GroupStatus, ItemStatus, JobStatus
from qubix_platform.attempts.errors import AttemptFenced
from qubix_platform.groups import service as groups
from qubix_platform.groups.errors import GroupNotFound, GroupTakesNoMore
from qubix_platform.jobs.errors import IdempotencyKeyReused
from qubix_platform.ledger.verify import verify
from qubix_platform.spending import service as spending
from tests.platform.groups.conftest import HOLD, GroupLife


async def test_workers_come_with_the_queue_and_go_when_it_is_done(life: GroupLife) -> None:
    consumer = await life.consumer(balance=10 * HOLD)
    group = await life.group(consumer)
    await life.tick()
    assert await life.workers(consumer, group) == []
    assert await life.balance(consumer.user_id) == (10 * HOLD, 0)

    await life.push(consumer, group, 1, 2)
    await life.tick()
    await life.tick()
    first, second = await life.workers(consumer, group)
    assert await life.balance(consumer.user_id) == (8 * HOLD, 2 * HOLD)
    one, two = await life.begin(first), await life.begin(second)
    assert one.takes_items
    taken = (await life.take(one)).item
    assert taken is not None
    await life.finish(one, taken.id, {"twice": 2})
    await life.tick()
    # One of the two holds nothing, and one item is left: who does nothing is asked to leave.
    assert (await life.look(consumer, group)).leaving == 1
    answers = [await life.take(one), await life.take(two)]
    assert sorted(answer.leave for answer in answers) == [False, True]
    [last] = [answer.item for answer in answers if answer.item]
    staying = one if answers[0].item else two
    await life.finish(staying, last.id)
    await life.tick()
    assert (await life.take(staying)).leave
    await life.end(one)
    await life.end(two)
    await life.tick()

    now = await life.look(consumer, group)
    assert (now.workers, now.leaving, now.items, now.held) == (0, 0, {ItemStatus.DONE: 2}, 0)
    assert [item.result for item in await life.items(consumer, group.id)] == [{"twice": 2}, None]
    assert all(job.status is JobStatus.COMPLETED for job in await life.workers(consumer, group, JobStatus.COMPLETED))
    async with life.database.transaction() as session:
        assert (await verify(session)).mismatches == ()


async def test_a_minimum_stays_and_a_maximum_holds(life: GroupLife) -> None:
    consumer = await life.consumer()
    group = await life.group(consumer, minWorkers=1, maxWorkers=2, itemsPerWorker=2)
    await life.tick()
    assert len(await life.workers(consumer, group)) == 1
    await life.push(consumer, group, *range(100))
    await life.tick()
    assert len(await life.workers(consumer, group)) == 2
    async with life.database.transaction() as session:
        await groups.scale_group(session, caller=consumer, group_id=group.id, request=GroupScale(max_workers=1))
    await life.tick()
    assert len(await life.workers(consumer, group)) == 1


async def test_an_item_is_given_to_another_worker_when_its_own_is_lost(life: GroupLife) -> None:
    consumer = await life.consumer()
    group = await life.group(consumer, maxWorkers=2, maxTries=2)
    await life.push(consumer, group, "a", "b")
    await life.tick()
    one, two = [await life.begin(job) for job in await life.workers(consumer, group)]
    first, second = (await life.take(one)).item, (await life.take(two)).item
    assert first is not None
    assert second is not None
    assert (first.name, second.name) == ("a", "b")
    assert (await life.take(one)).item == first  # asked again, it is the same

    await life.lose(one)
    with pytest.raises(AttemptFenced):
        await life.finish(one, first.id, "too late")
    await life.finish(two, first.id, "not mine")
    await life.tick()
    await life.finish(two, second.id)
    again = (await life.take(two)).item
    assert again is not None
    assert (again.id, again.tries) == (first.id, 0)  # what a provider failed is no try
    await life.end(two, Cause.USER_ERROR, error="no memory left")
    await life.tick()
    [job, *_] = [job for job in await life.workers(consumer, group) if job.status is JobStatus.PENDING]
    three = await life.begin(job)
    last = (await life.take(three)).item
    assert last is not None
    assert (last.id, last.tries) == (first.id, 1)
    await life.end(three, Cause.USER_ERROR, error="no memory left")
    await life.tick()
    failed, done = await life.items(consumer, group.id)
    assert (failed.status, failed.tries, done.status) == (ItemStatus.FAILED, 2, ItemStatus.DONE)
    assert failed.error == "2 workers ended without finishing it, the last with USER_ERROR: no memory left"


async def test_a_group_whose_balance_ends_says_so_and_goes_on_with_more(life: GroupLife) -> None:
    consumer = await life.consumer(balance=HOLD + 1)
    group = await life.group(consumer)
    await life.push(consumer, group, 1, 2, 3)
    await life.tick()
    short = await life.look(consumer, group)
    assert short.workers == 1
    assert short.obstacle is not None
    assert short.obstacle.startswith("2 more workers are called for, and ")
    assert "the balance does not cover" in short.obstacle
    await life.credit(consumer, 2 * HOLD)
    await life.tick()
    now = await life.look(consumer, group)
    assert (now.workers, now.obstacle) == (3, None)


async def test_spending_limits_hold_for_a_groups_workers(life: GroupLife) -> None:
    consumer = await life.consumer()
    async with life.database.transaction() as session:
        await spending.set_limits(session, caller=consumer, request=SpendingLimitSet(per_day=2 * HOLD))
    group = await life.group(consumer)
    await life.push(consumer, group, 1, 2, 3)
    await life.tick()
    now = await life.look(consumer, group)
    assert now.workers == 2
    assert "your limit for one day" in (now.obstacle or "")


async def test_a_group_whose_workers_all_fail_stops_until_it_is_told_to_go_on(life: GroupLife) -> None:
    consumer = await life.consumer()
    group = await life.group(consumer, maxWorkers=1, maxTries=20)
    await life.push(consumer, group, 1)
    for _ in range(3):
        await life.tick()
        [job] = await life.workers(consumer, group)
        await life.end(await life.begin(job), Cause.USER_ERROR, error="SyntaxError")
    await life.tick()
    stopped = await life.look(consumer, group)
    assert stopped.workers == 0
    assert "SyntaxError" in (stopped.obstacle or "")
    async with life.database.transaction() as session:
        await groups.scale_group(session, caller=consumer, group_id=group.id, request=GroupScale())
    await life.tick()
    assert (await life.look(consumer, group)).workers == 1


async def test_a_revoked_key_starts_no_more_workers(life: GroupLife) -> None:
    consumer = await life.consumer()
    group = await life.group(consumer)
    async with life.database.transaction() as session:
        await session.execute(text("update api_keys set revoked_at = now() where id = :id"), {"id": consumer.key_id})
    await life.push(consumer, group, 1)
    await life.tick()
    now = await life.look(consumer, group)
    assert now.workers == 0
    assert "revoked" in (now.obstacle or "")


async def test_a_drained_group_does_what_is_there_and_ends(life: GroupLife) -> None:
    consumer = await life.consumer()
    group = await life.group(consumer, minWorkers=2)
    await life.push(consumer, group, 1)
    await life.tick()
    worker = await life.begin((await life.workers(consumer, group))[0])
    item = (await life.take(worker)).item
    assert item is not None
    async with life.database.transaction() as session:
        await groups.drain_group(session, caller=consumer, group_id=group.id)
    with pytest.raises(GroupTakesNoMore, match="DRAINING"):
        await life.push(consumer, group, 2)
    await life.tick()
    assert [job.id for job in await life.workers(consumer, group)] == [worker.job_id]
    await life.finish(worker, item.id)
    await life.tick()
    assert (await life.take(worker)).leave
    await life.end(worker)
    await life.tick()
    now = await life.look(consumer, group)
    assert (now.status, now.items) == (GroupStatus.ENDED, {ItemStatus.DONE: 1})


async def test_a_deleted_group_drops_its_items_and_stops_its_workers(life: GroupLife) -> None:
    consumer = await life.consumer(balance=10 * HOLD)
    group = await life.group(consumer)
    await life.push(consumer, group, 1, 2)
    await life.tick()
    first, _ = await life.workers(consumer, group)
    running = await life.begin(first)
    await life.take(running)
    async with life.database.transaction() as session:
        await groups.delete_group(session, caller=consumer, group_id=group.id)
    async with life.database.transaction() as session:
        gone = (await groups.delete_group(session, caller=consumer, group_id=group.id)).group
    assert (gone.status, gone.items, gone.held) == (GroupStatus.ENDED, {ItemStatus.DROPPED: 2}, HOLD)
    assert (await life.take(running)).leave
    await life.end(running, Cause.CANCELLED)
    await life.tick()
    assert (await life.balance(consumer.user_id))[1] == 0


async def test_who_was_asked_to_leave_and_stays_is_stopped(life: GroupLife) -> None:
    consumer = await life.consumer()
    group = await life.group(consumer)
    await life.push(consumer, group, 1)
    await life.tick()
    worker = await life.begin((await life.workers(consumer, group))[0])
    item = (await life.take(worker)).item
    assert item is not None
    await life.finish(worker, item.id)
    await life.tick()
    async with life.database.transaction() as session:
        await session.execute(text("update jobs set asked_to_leave_at = asked_to_leave_at - interval '2 minutes'"))
    await life.tick()
    [job] = await life.workers(consumer, group)
    assert job.cancel_requested


async def test_a_worker_near_its_limit_is_replaced(life: GroupLife) -> None:
    consumer = await life.consumer()
    group = await life.group(consumer, maxWorkers=1)
    await life.push(consumer, group, 1)
    await life.tick()
    worker = await life.begin((await life.workers(consumer, group))[0])
    await life.backdate_start(worker.attempt_id, seconds=590)
    assert (await life.take(worker)).leave
    await life.tick()
    assert [job.status for job in await life.workers(consumer, group)] == [JobStatus.RUNNING, JobStatus.PENDING]


async def test_items_and_groups_of_one_name_are_there_once(life: GroupLife) -> None:
    consumer, other = await life.consumer(), await life.consumer()
    group = await life.group(consumer, key="k")
    assert (await life.group(consumer, key="k")).id == group.id
    with pytest.raises(IdempotencyKeyReused):
        await life.group(consumer, key="k", maxWorkers=2)
    assert await life.push(consumer, group, "a", "b", "a") == 2
    assert await life.push(consumer, group, "b", "c") == 1
    assert [item.name for item in await life.items(consumer, group.id)] == ["a", "b", "c"]
    with pytest.raises(GroupNotFound):
        await life.push(other, group, "d")
    with pytest.raises(GroupNotFound):
        await life.look(other, group)


async def test_workers_that_ask_at_once_never_get_one_item(life: GroupLife) -> None:
    consumer = await life.consumer()
    group = await life.group(consumer, maxWorkers=5)
    await life.push(consumer, group, *range(5))
    await life.tick()
    workers = [await life.begin(job) for job in await life.workers(consumer, group)]
    answers = await asyncio.gather(*(life.take(worker) for worker in workers))
    assert len({answer.item.id for answer in answers if answer.item}) == 5
