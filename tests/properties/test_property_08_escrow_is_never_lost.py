"""Property 8, against the real database: random lives of jobs, with the escrow looked at after every step."""

from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qubix.errors import QubixError
from qubix.schemas.jobs import AttemptSpec, Job
from qubix.schemas.reports import CompleteReport
from qubix.schemas.states import Cause, CompletionStatus
from qubix_platform.attempts import ending, reports
from qubix_platform.auth.callers import UserCaller
from qubix_platform.database.session import Database
from qubix_platform.jobs import service as jobs
from qubix_platform.ledger.model import Account
from qubix_platform.ledger.repository import balance_of
from qubix_platform.ledger.verify import verify
from tests.platform.market_life import POLICY, Machine, Market

STEPS = ("assign", "start", "seconds", "lose", "cancel", "stale complete", *(f"complete {cause}" for cause in Cause))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    life=st.lists(st.sampled_from(STEPS), max_size=10),
    price=st.integers(min_value=0, max_value=10**9),
    limit=st.integers(min_value=1, max_value=100_000),
    seconds=st.floats(min_value=0, max_value=200_000),
    attempts=st.integers(min_value=1, max_value=3),
)
async def test_property_08_escrowed_funds_are_never_lost(
    database: Database, life: list[str], price: int, limit: int, seconds: float, attempts: int
) -> None:
    """Feature: qubix-enterprise-upgrade, Property 8: For any life of a job, its funds stay in escrow until it is final,
    then go to provider, platform and consumer to the last QU, and never anywhere else."""
    market = Market(database)
    machine = await market.machine(price=price)
    start = price * limit // 3600 + 1
    consumer = await market.consumer(balance=start)
    job = await market.job(consumer, max_price=price, time_limit_seconds=limit, max_attempts=attempts)
    story = _Story(market, consumer, machine, job, seconds)
    for step in life:
        await story.take(step)
        await _check(database, story, machine, start)


class _Story:
    def __init__(self, market: Market, consumer: UserCaller, machine: Machine, job: Job, seconds: float) -> None:
        self.market, self.consumer, self.machine, self.job, self.seconds = market, consumer, machine, job, seconds
        self.attempts: list[AttemptSpec] = []

    async def take(self, step: str) -> None:
        try:
            if step == "assign":
                self.attempts.append(await self.market.assign(self.job, self.machine))
            elif step == "cancel":
                async with self.market.database.transaction() as session:
                    await jobs.cancel_job(session, caller=self.consumer, job_id=self.job.id)
            elif self.attempts:
                index = 0 if step == "stale complete" else -1
                await self._report(self.attempts[index].attempt_id, step)
        except QubixError:
            return  # refused: what matters is that a refusal moves no money either

    async def _report(self, attempt_id: UUID, step: str) -> None:
        if step == "seconds":
            await self.market.backdate_start(attempt_id, seconds=self.seconds)
            return
        async with self.market.database.transaction() as session:
            if step == "start":
                await reports.mark_started(session, attempt_id=attempt_id, job_id=self.job.id, policy=POLICY)
            elif step == "lose":
                await ending.lose(session, attempt_id, reason="for the test", policy=POLICY)
            else:
                cause = Cause.COMPLETED if step == "stale complete" else Cause(step.removeprefix("complete "))
                status = CompletionStatus.COMPLETED if cause is Cause.COMPLETED else CompletionStatus.FAILED
                report = CompleteReport(status=status, cause=cause, exit_code=0)
                await ending.complete(session, attempt_id=attempt_id, job_id=self.job.id, report=report, policy=POLICY)


async def _check(database: Database, story: _Story, machine: Machine, start: int) -> None:
    async with database.transaction() as session:
        job = await jobs.get_job(session, caller=story.consumer, job_id=story.job.id)
        receipt = await jobs.receipt(session, caller=story.consumer, job_id=job.id, policy=POLICY)
        escrow = await balance_of(session, Account.escrow(job.id))
        consumer = await balance_of(session, Account.wallet(story.consumer.user_id))
        provider = await balance_of(session, Account.wallet(machine.user_id))
        assert (await verify(session)).mismatches == ()
    assert escrow == (0 if job.status.is_final else job.hold_amount)
    assert consumer + escrow + provider + receipt.fee == start
    if job.status.is_final:
        assert receipt.provider_amount + receipt.fee + receipt.refund == job.hold_amount
        assert receipt.cost == job.actual_cost
    else:
        assert provider == 0
