import hashlib
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import text

from qubix.schemas.attempts import AttemptSpec
from qubix.schemas.checkpoints import CheckpointFile, CheckpointReport
from qubix.schemas.reports import CompleteReport, ReportAnswer
from qubix.schemas.states import CompletionStatus
from qubix_platform.attempts import ending, reports
from qubix_platform.auth.callers import UserCaller
from qubix_platform.blobs import repository as blobs
from qubix_platform.checkpoints import service as checkpoints
from qubix_platform.database.session import Database
from tests.platform.market_life import POLICY, Market

COMPLETED = CompleteReport(status=CompletionStatus.COMPLETED, exit_code=0)


@dataclass
class Runner:
    """What a runner tells of its attempts, each in a transaction of its own."""

    market: Market
    consumer: UserCaller

    async def upload(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        async with self.market.database.transaction() as session:
            await blobs.register(session, sha256=sha256, size=len(content), user_id=self.consumer.user_id)
        return sha256

    async def checkpoint(self, spec: AttemptSpec, *contents: bytes, number: int = 1, age: float = 0) -> ReportAnswer:
        files = [
            CheckpointFile(path=f"{place}.ckpt", size=len(content), parts=[await self.upload(content)])
            for place, content in enumerate(contents)
        ]
        return await self.report(spec, files, number=number, age=age)

    async def report(
        self, spec: AttemptSpec, files: list[CheckpointFile], *, number: int = 1, age: float = 0
    ) -> ReportAnswer:
        report = CheckpointReport(number=number, age_seconds=age, files=files)
        async with self.market.database.transaction() as session:
            return await checkpoints.store(
                session, attempt_id=spec.attempt_id, job_id=spec.job_id, report=report, policy=POLICY
            )

    async def start(self, spec: AttemptSpec, *, ran: float = 0) -> None:
        """Begin, so many seconds ago."""
        async with self.market.database.transaction() as session:
            await reports.mark_started(session, attempt_id=spec.attempt_id, job_id=spec.job_id, policy=POLICY)
        await self.market.backdate_start(spec.attempt_id, seconds=ran)

    async def resume(self, spec: AttemptSpec, checkpoint_id: UUID) -> int:
        async with self.market.database.transaction() as session:
            answer = await checkpoints.resume(
                session,
                attempt_id=spec.attempt_id,
                job_id=spec.job_id,
                checkpoint_id=checkpoint_id,
                policy=POLICY,
            )
        return answer.time_limit_seconds

    async def lose(self, spec: AttemptSpec) -> None:
        async with self.market.database.transaction() as session:
            assert await ending.lose(session, spec.attempt_id, reason="power cut", policy=POLICY)

    async def complete(self, spec: AttemptSpec) -> None:
        async with self.market.database.transaction() as session:
            await ending.complete(
                session, attempt_id=spec.attempt_id, job_id=spec.job_id, report=COMPLETED, policy=POLICY
            )


async def pass_hours(database: Database, hours: int) -> None:
    """Let everything that matters to the keeping of checkpoints have happened so much earlier."""
    async with database.transaction() as session:
        for statement in (
            "update jobs set completed_at = completed_at - make_interval(hours => :hours)",
            "update blobs set used_at = used_at - make_interval(hours => :hours)",
            "update checkpoint_leftovers set since = since - make_interval(hours => :hours)",
        ):
            await session.execute(text(statement), {"hours": hours})


@pytest.fixture
def market(database: Database) -> Market:
    return Market(database)


@pytest.fixture
async def runner(market: Market) -> Runner:
    return Runner(market, await market.consumer())
