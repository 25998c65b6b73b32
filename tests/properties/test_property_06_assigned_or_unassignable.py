"""Property 6, against the real database: random markets over virtual time, a pass after every change."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from qubix.schemas.resources import ResourceRequest
from qubix.schemas.states import JobStatus
from qubix.schemas.waiting import WaitingReport
from qubix_actors.dispatch import Dispatch
from qubix_actors.handover import Handover
from qubix_actors.journal import Journal
from qubix_actors.losses import Losses
from qubix_actors.preemptions import Preemptions
from qubix_actors.settings import SchedulerSettings
from qubix_actors.usage import Usage
from qubix_platform.auth.callers import UserCaller
from qubix_platform.database.connection import Connection, connect
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from tests.actors.cluster import PlayedCluster
from tests.platform.market_life import POLICY, SECRET, Machine, Market
from tests.properties.against_database import AGAINST_DATABASE

_REQUESTS = (
    ResourceRequest(gpu_count=1),
    ResourceRequest(gpu_count=1, gpu_share_milli=400),
    ResourceRequest(gpu_count=2),
    ResourceRequest(gpu_count=1, gpu_models=["H100"]),
    ResourceRequest(gpu_count=0, cpu_cores=9),
    ResourceRequest(gpu_count=1, min_reliability=1.0),
)
_STEP = st.one_of(
    st.tuples(st.just("job"), st.integers(0, len(_REQUESTS) - 1), st.sampled_from([50_000, 720_000])),
    st.tuples(st.just("machine"), st.integers(1, 2), st.sampled_from([100_000, 360_000])),
    st.tuples(st.sampled_from(["leave", "come back", "end"]), st.integers(0, 3), st.just(0)),
    st.tuples(st.just("wait"), st.integers(1, 40), st.just(0)),
)


@settings(AGAINST_DATABASE, max_examples=100)
@given(steps=st.lists(_STEP, min_size=1, max_size=12))
async def test_property_06_a_pending_job_is_assigned_or_marked_within_30_seconds(
    database: Database, database_settings: DatabaseSettings, steps: list[tuple[str, int, int]]
) -> None:
    """Feature: qubix-enterprise-upgrade, Property 6: For any pending job: within 30 seconds it is assigned to a
    provider or marked as unassignable, with its reasons."""
    connection = await connect(database_settings.app_url)
    story = _Story(Market(database), connection, SchedulerSettings(database=database_settings, secret=SECRET))
    try:
        await story.begin()
        for step in steps:
            await story.take(*step)
            await story.make_pass()
            await story.check()
    finally:
        story.end()
        await connection.close()


@dataclass
class _Story:
    market: Market
    connection: Connection
    settings: SchedulerSettings
    consumer: UserCaller = field(init=False)
    machines: list[Machine] = field(default_factory=list)
    jobs: list[UUID] = field(default_factory=list)
    cluster: PlayedCluster = field(default_factory=PlayedCluster)

    def __post_init__(self) -> None:
        database = self.market.database
        self.journal = Journal(database)
        self.handover = Handover(self.cluster, Losses(database, POLICY), self.journal)
        self.dispatch = Dispatch(
            database,
            self.settings,
            handover=self.handover,
            journal=self.journal,
            usage=Usage(database, self.settings.placement.queue),
            preemptions=Preemptions(database, POLICY, self.cluster, notice_s=30),
            nodes=lambda: self.cluster.table or {},
        )

    async def begin(self) -> None:
        # What the example before left is no part of this one.
        await self._set("update providers set removed_at = now() where removed_at is null")
        await self._set("update jobs set status = 'CANCELLED' where status = 'PENDING'")
        self.consumer = await self.market.consumer()

    def end(self) -> None:
        self.handover.abandon()

    async def take(self, step: str, number: int, price: int) -> None:
        match step:
            case "job":
                job = await self.market.job(self.consumer, resources=_REQUESTS[number], max_price=price)
                self.jobs.append(job.id)
            case "machine":
                self.machines.append(await self.market.machine(gpus=number, price=price))
                self.cluster.join(self.machines[-1].worker_id)
            case "leave" if number < len(self.machines):
                self.cluster.leave(self.machines[number].worker_id)
            case "come back" if number < len(self.machines):
                self.cluster.join(self.machines[number].worker_id)
            case "end":
                await self._set(
                    "update attempts set status = 'COMPLETED', ended_at = now() where id = "
                    "(select id from attempts where status = 'ASSIGNED' order by created_at offset :n limit 1)",
                    n=number,
                )
            case "wait":
                await self._set(
                    "update jobs set queued_at = queued_at - make_interval(secs => :n) where status = 'PENDING'",
                    n=number,
                )

    async def make_pass(self) -> None:
        await self.dispatch.run_pass(self.connection)
        await self.journal.flush()

    async def check(self) -> None:
        async with self.market.database.transaction() as session:
            rows = await session.execute(
                text("select *, now() - queued_at > interval '30 s' as is_late from jobs where id = any (:ids)"),
                {"ids": self.jobs},
            )
            for row in rows.all():
                self._check_one(row)

    def _check_one(self, row: Any) -> None:
        if row.status != JobStatus.PENDING:
            assert row.status == JobStatus.ASSIGNED
            assert (row.waiting, row.unassignable_since) == (None, None)
            return
        if row.is_late:
            assert row.unassignable_since is not None
        if row.unassignable_since is not None:
            report = WaitingReport.model_validate(row.waiting)
            assert report.summary
            assert report.decided_at is not None
            assert sum(reason.removed for reason in report.reasons) == report.considered

    async def _set(self, statement: str, **values: object) -> None:
        async with self.market.database.transaction() as session:
            await session.execute(text(statement), values)
