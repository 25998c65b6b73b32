"""The queue of a group, against the real database: whatever its workers do, no item is lost, and none is done twice."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from qubix.errors import Conflict
from qubix.schemas.attempts import AttemptSpec
from qubix.schemas.groups import JobGroup, TakenItem
from qubix.schemas.states import Cause, ItemStatus, JobStatus
from qubix_platform.auth.callers import UserCaller
from qubix_platform.database.session import Database
from tests.platform.groups.conftest import GroupLife
from tests.properties.against_database import AGAINST_DATABASE

STEPS = ("push", "tick", "tick", "begin", "begin", "take", "take", "finish", "finish", "lose", "break", "stale")


@dataclass
class History:
    """One group, its workers, and what each of them ever held."""

    life: GroupLife
    consumer: UserCaller
    group: JobGroup
    pushed: int = 0
    workers: list[AttemptSpec] = field(default_factory=list)
    held: list[tuple[AttemptSpec, TakenItem]] = field(default_factory=list)
    accepted: dict[int, str] = field(default_factory=dict)

    async def step(self, kind: str, number: int) -> None:
        """One thing happens."""
        if kind == "push":
            self.pushed += await self.life.push(self.consumer, self.group, f"item {number}")
        elif kind == "tick":
            await self.life.tick()
        elif kind == "begin":
            for job in (await self.life.workers(self.consumer, self.group, JobStatus.PENDING))[:1]:
                self.workers.append(await self.life.begin(job))
        elif self.workers:
            await self._of_worker(kind, self.workers[number % len(self.workers)], number)

    async def _of_worker(self, kind: str, worker: AttemptSpec, number: int) -> None:
        if kind == "take":
            item = (await self.life.take(worker)).item
            if item is not None:
                self.held.append((worker, item))
        elif kind == "finish":
            if mine := [item for holder, item in self.held if holder is worker]:
                await self._finish(worker, mine[-1])
        elif kind == "stale":
            if self.held:
                await self._finish(*self.held[number % len(self.held)])
        else:
            self.workers.remove(worker)
            await (self.life.lose(worker) if kind == "lose" else self.life.end(worker, Cause.USER_ERROR))

    async def _finish(self, worker: AttemptSpec, item: TakenItem) -> None:
        before = {each.id: each.status for each in await self.life.items(self.consumer, self.group.id)}
        word = f"by {worker.attempt_id}"
        try:
            await self.life.finish(worker, item.id, word)
        except Conflict:
            return
        after = {each.id: each.status for each in await self.life.items(self.consumer, self.group.id)}
        if (before[item.id], after[item.id]) == (ItemStatus.TAKEN, ItemStatus.DONE):
            assert item.id not in self.accepted
            self.accepted[item.id] = word

    async def check(self) -> None:
        """No item is lost, and none has another result than the one that was accepted."""
        found = await self.life.items(self.consumer, self.group.id)
        assert len(found) == self.pushed
        assert {item.id: item.result for item in found if item.status is ItemStatus.DONE} == self.accepted

    async def outlast(self) -> None:
        """From now on one worker that does not fail does what is left."""
        for worker in self.workers:
            await self.life.lose(worker)
        self.workers.clear()
        async with self.life.database.transaction() as session:
            await session.execute(text("update job_groups set resumed_at = clock_timestamp()"))
        await self.life.tick()
        await self.step("begin", 0)
        for _ in range(self.pushed):
            await self.step("take", 0)
            await self.step("finish", 0)


@settings(AGAINST_DATABASE, max_examples=20)
@given(
    opening=st.integers(1, 4),
    history=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 7)), max_size=16),
    max_tries=st.integers(1, 3),
)
async def test_no_item_is_lost_and_none_is_done_twice(
    database: Database, opening: int, history: list[tuple[str, int]], max_tries: int
) -> None:
    life = GroupLife(database)
    consumer = await life.consumer()
    group = await life.group(consumer, maxWorkers=2, maxTries=max_tries, maxAttempts=20)
    begun = History(life, consumer, group)
    for step in [*(("push", number) for number in range(opening)), ("tick", 0), ("begin", 0), *history]:
        await begun.step(*step)
        await begun.check()
    await begun.outlast()
    await begun.check()
    left = [item for item in await life.items(consumer, group.id) if not item.status.is_final]
    assert left == []
