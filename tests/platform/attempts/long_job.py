"""A long job that runs on a machine, its clock turned by hand."""

from qubix.schemas.checkpoints import CheckpointFile, CheckpointReport
from qubix.schemas.jobs import Job
from qubix.schemas.receipts import Receipt
from qubix.schemas.reports import CompleteReport
from qubix.schemas.states import CompletionStatus
from qubix_platform.attempts import ending, reports, sessions
from qubix_platform.attempts.sessions import Advance
from qubix_platform.auth.callers import UserCaller
from qubix_platform.checkpoints import service as checkpoints
from qubix_platform.database.session import Database
from qubix_platform.jobs import service as jobs
from qubix_platform.ledger.model import Account
from qubix_platform.ledger.repository import balance_of
from qubix_platform.ledger.verify import verify
from tests.platform.market_life import POLICY, Machine, Market

PRICE = 360_000  # QU per hour: 100 QU a second
HOUR = 3600
DONE = CompleteReport(status=CompletionStatus.COMPLETED, exit_code=0)


class Session:
    """A job of ten hours that runs on a machine, with a clock that is turned by hand."""

    def __init__(self, market: Market, consumer: UserCaller, machine: Machine, job: Job) -> None:
        self.market, self.consumer, self.machine, self.job = market, consumer, machine, job

    @classmethod
    async def begin(cls, database: Database, *, balance: int, hours: int = 10, max_attempts: int = 3) -> "Session":
        market = Market(database)
        consumer, machine = await market.consumer(balance=balance), await market.machine(price=PRICE)
        job = await market.job(consumer, max_price=PRICE, time_limit_seconds=hours * HOUR, max_attempts=max_attempts)
        session = cls(market, consumer, machine, job)
        await session.start()
        return session

    async def start(self) -> None:
        self.attempt = (await self.market.assign(self.job, self.machine)).attempt_id
        async with self.market.database.transaction() as session:
            await reports.mark_started(session, attempt_id=self.attempt, job_id=self.job.id, policy=POLICY)

    async def pass_time(self, seconds: float) -> None:
        await self.market.backdate_start(self.attempt, seconds=seconds)

    async def due(self) -> bool:
        async with self.market.database.transaction() as session:
            return self.attempt in await sessions.due_attempts(session, POLICY)

    async def advance(self) -> Advance | None:
        async with self.market.database.transaction() as session:
            return await sessions.advance(session, self.attempt, policy=POLICY)

    async def complete(self, report: CompleteReport = DONE) -> None:
        async with self.market.database.transaction() as session:
            await ending.complete(session, attempt_id=self.attempt, job_id=self.job.id, report=report, policy=POLICY)

    async def now(self) -> Job:
        async with self.market.database.transaction() as session:
            return await jobs.get_job(session, caller=self.consumer, job_id=self.job.id)

    async def save(self, *, number: int, ago: float) -> None:
        report = CheckpointReport(number=number, age_seconds=ago, files=[CheckpointFile(path="state", size=0)])
        async with self.market.database.transaction() as session:
            await checkpoints.store(session, attempt_id=self.attempt, job_id=self.job.id, report=report, policy=POLICY)

    async def lose(self) -> None:
        async with self.market.database.transaction() as session:
            assert await ending.lose(session, self.attempt, reason="power cut", policy=POLICY)

    async def receipt(self) -> Receipt:
        async with self.market.database.transaction() as session:
            return await jobs.receipt(session, caller=self.consumer, job_id=self.job.id, policy=POLICY)

    async def earned(self) -> int:
        return (await self.market.balance(self.machine.user_id))[0]

    async def pending(self) -> int:
        async with self.market.database.transaction() as session:
            return await balance_of(session, Account.pending(self.attempt))

    async def assert_sound(self, *, started_with: int) -> None:
        async with self.market.database.transaction() as session:
            assert (await verify(session)).mismatches == ()
            receipt = await jobs.receipt(session, caller=self.consumer, job_id=self.job.id, policy=POLICY)
        job = await self.now()
        available, held = await self.market.balance(self.consumer.user_id)
        assert available + held + receipt.cost == started_with
        assert receipt.pending == await self.pending()
        if job.status.is_final:
            assert held == 0
            assert sum(leg.amount for leg in receipt.legs) == receipt.hold == job.hold_amount
            assert sum(stretch.amount for stretch in receipt.stretches) == receipt.cost == job.actual_cost


def paid(seconds: int) -> int:
    """What the provider gets for whole seconds, the fee taken off."""
    cost = PRICE * seconds // HOUR
    return cost - cost * POLICY.fee_basis_points // 10_000
