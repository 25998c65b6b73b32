"""A market with a group on it, whose workers do as a test says."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from pydantic import JsonValue

from qubix.schemas.attempts import AttemptSpec
from qubix.schemas.groups import (
    GroupCreate,
    GroupItem,
    ItemAnswer,
    ItemEnd,
    ItemExchange,
    ItemsPush,
    JobGroup,
    NewItem,
)
from qubix.schemas.jobs import Job
from qubix.schemas.reports import CompleteReport
from qubix.schemas.states import Cause, CompletionStatus, JobStatus
from qubix_platform.attempts import ending, reports
from qubix_platform.auth.callers import UserCaller
from qubix_platform.database.session import Database
from qubix_platform.groups import scaling
from qubix_platform.groups import service as groups
from qubix_platform.groups.items import service as items
from qubix_platform.jobs import service as jobs
from qubix_platform.jobs.query import ListQuery
from tests.platform.market_life import POLICY, Market

HOLD = 720_000 * 600 // 3600


@dataclass
class GroupLife(Market):
    """Shorthand for the lives of groups, each step in a transaction of its own."""

    async def group(self, caller: UserCaller, *, key: str | None = None, **changes: object) -> JobGroup:
        """A group of up to three workers, one for each item, each held for with `HOLD`."""
        values = {"source": "print()", "max_price": 720_000, "time_limit_seconds": 600, "name": "render"}
        request = GroupCreate.model_validate(
            values | {"resources": {"gpuCount": 1}, "maxWorkers": 3, "idleSeconds": 0} | changes
        )
        async with self.database.transaction() as session:
            made = await groups.create_group(
                session, caller=caller, request=request, idempotency_key=key, policy=POLICY
            )
        return made.group

    async def push(self, caller: UserCaller, group: JobGroup, *data: JsonValue) -> int:
        """Give it items; a text is its own name."""
        new = [NewItem(name=one if isinstance(one, str) else None, data=one) for one in data]
        async with self.database.transaction() as session:
            pushed = await items.push(session, caller=caller, group_id=group.id, request=ItemsPush(items=new))
        return pushed.added

    async def tick(self) -> None:
        """What the scheduler does for groups."""
        async with self.database.transaction() as session:
            await scaling.give_back(session)
            due = await scaling.due(session)
        for group_id in due:
            async with self.database.transaction() as session:
                await scaling.advance(session, group_id, policy=POLICY)

    async def workers(self, caller: UserCaller, group: JobGroup, *statuses: JobStatus) -> list[Job]:
        """Its workers of these states, oldest first; all that have not ended where none is named."""
        living = (JobStatus.PENDING, JobStatus.ASSIGNED, JobStatus.RUNNING)
        query = ListQuery(
            user_id=caller.user_id, group_id=group.id, statuses=statuses or living, order="createdAt", limit=200
        )
        async with self.database.transaction() as session:
            return (await jobs.list_jobs(session, query))[0]

    async def begin(self, job: Job) -> AttemptSpec:
        """Run a worker on a machine of its own."""
        spec = await self.assign(job, await self.machine())
        async with self.database.transaction() as session:
            await reports.mark_started(session, attempt_id=spec.attempt_id, job_id=job.id, policy=POLICY)
        return spec

    async def take(self, spec: AttemptSpec) -> ItemAnswer:
        """A worker asks for an item."""
        return await self.exchange(spec, ItemExchange())

    async def finish(self, spec: AttemptSpec, item_id: int, result: JsonValue = None) -> None:
        """A worker has done an item."""
        await self.exchange(spec, ItemExchange(end=ItemEnd(id=item_id, result=result), wants=False))

    async def exchange(self, spec: AttemptSpec, request: ItemExchange) -> ItemAnswer:
        """What a worker's runner does."""
        async with self.database.transaction() as session:
            return await items.exchange(
                session, attempt_id=spec.attempt_id, job_id=spec.job_id, request=request, policy=POLICY
            )

    async def end(self, spec: AttemptSpec, cause: Cause = Cause.COMPLETED, *, error: str | None = None) -> None:
        """A worker ends by itself."""
        status = CompletionStatus.COMPLETED if cause is Cause.COMPLETED else CompletionStatus.FAILED
        report = CompleteReport(status=status, cause=cause, exit_code=0, error=error)
        async with self.database.transaction() as session:
            await ending.complete(session, attempt_id=spec.attempt_id, job_id=spec.job_id, report=report, policy=POLICY)

    async def lose(self, spec: AttemptSpec) -> None:
        """A worker's machine is gone."""
        async with self.database.transaction() as session:
            await ending.lose(session, spec.attempt_id, reason="it burnt", policy=POLICY)

    async def look(self, caller: UserCaller, group: JobGroup) -> JobGroup:
        """The group as it is now."""
        async with self.database.transaction() as session:
            return await groups.get_group(session, caller=caller, group_id=group.id)

    async def items(self, caller: UserCaller, group_id: UUID) -> list[GroupItem]:
        """Its items, in order."""
        async with self.database.transaction() as session:
            return await items.list_items(session, caller=caller, group_id=group_id, statuses=(), after=0, limit=1000)


@pytest.fixture
def life(database: Database) -> GroupLife:
    return GroupLife(database)
