"""A market whose jobs end as a test says."""

from dataclasses import dataclass
from uuid import UUID

import pytest

from qubix.schemas.jobs import Job
from qubix.schemas.reports import CompleteReport
from qubix.schemas.states import Cause, CompletionStatus
from qubix_platform.attempts import ending, reports
from qubix_platform.auth.callers import UserCaller
from qubix_platform.database.session import Database
from qubix_platform.jobs import service as jobs
from qubix_platform.jobs.releases import service as releases
from qubix_platform.jobs.releases.decide import Plan
from tests.platform.market_life import POLICY, Market


@dataclass
class Life(Market):
    """Shorthand for the lives of jobs that wait for each other."""

    async def run(self, job: Job, cause: Cause = Cause.COMPLETED, *, seconds: int = 0) -> UUID:
        """Run an attempt of the job on a machine of its own to this end; the attempt."""
        spec = await self.assign(job, await self.machine())
        async with self.database.transaction() as session:
            await reports.mark_started(session, attempt_id=spec.attempt_id, job_id=job.id, policy=POLICY)
        if seconds:
            await self.backdate_start(spec.attempt_id, seconds=seconds)
        status = CompletionStatus.COMPLETED if cause is Cause.COMPLETED else CompletionStatus.FAILED
        report = CompleteReport(status=status, cause=cause, exit_code=0, error=None)
        async with self.database.transaction() as session:
            await ending.complete(session, attempt_id=spec.attempt_id, job_id=job.id, report=report, policy=POLICY)
        return spec.attempt_id

    async def look(self, caller: UserCaller, job: Job) -> Job:
        """The job as it is now."""
        async with self.database.transaction() as session:
            return await jobs.get_job(session, caller=caller, job_id=job.id)

    async def release(self) -> Plan:
        """What the scheduler does for jobs that are held back."""
        async with self.database.transaction() as session:
            return await releases.advance(session)


@pytest.fixture
def life(database: Database) -> Life:
    return Life(database)
