"""Random histories of money: what one consumer, one provider and the platform do to it, one transaction a step."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID, uuid4

from hypothesis import strategies as st
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.errors import QubixError
from qubix.schemas.checkpoints import CheckpointFile, CheckpointReport
from qubix.schemas.jobs import JobCreate
from qubix.schemas.reports import CompleteReport
from qubix.schemas.resources import ResourceRequest
from qubix.schemas.states import Cause, CompletionStatus, JobStatus
from qubix_platform.attempts import ending, reports, sessions
from qubix_platform.attempts import repository as attempts
from qubix_platform.auth.callers import UserCaller
from qubix_platform.checkpoints import repository as saved
from qubix_platform.checkpoints import service as checkpoints
from qubix_platform.database.session import Database
from qubix_platform.jobs import repository as job_rows
from qubix_platform.jobs import service as jobs
from qubix_platform.jobs.creation import create_job
from qubix_platform.jobs.states import UNBILLED_CAUSES
from qubix_platform.ledger.model import Account
from qubix_platform.ledger.repository import balance_of
from qubix_platform.ledger.verify import verify
from qubix_platform.pricing.rates import charge, hold
from qubix_platform.scheduling.reconciliation import End, Lose, Sighting, reconcile
from qubix_platform.users import service as users
from tests.platform.market_life import POLICY, Machine, Market

Work = Callable[[AsyncSession], Awaitable[object]]
Kind = Literal[
    "deposit",
    "create",
    "assign",
    "start",
    "pass time",
    "settle",
    "cancel",
    "notice",
    "preempt",
    "lose",
    "complete",
    "stale",
    "save",
    "resume",
    "look",
]

CARDS = 3
A_YEAR_S = 366 * 86_400
_AGE = text("""
    update attempts set assigned_at = assigned_at - make_interval(secs => :seconds),
                        started_at = started_at - make_interval(secs => :seconds)
     where status in ('ASSIGNED', 'RUNNING')
""")
# A cancel comes after the attempts that ended before it, so they age with it, and one that took effect stays put.
_AGE_CANCELS = text("""
    with cancelled as (
        update jobs set cancel_requested_at = cancel_requested_at - make_interval(secs => 61)
         where status in ('ASSIGNED', 'RUNNING') and cancel_requested_at is not null returning id
    )
    update attempts set assigned_at = assigned_at - make_interval(secs => 61),
                        started_at = started_at - make_interval(secs => 61),
                        preemption_noticed_at = preemption_noticed_at - make_interval(secs => 61),
                        ended_at = ended_at - make_interval(secs => 61)
     where job_id in (select id from cancelled) and ended_at is not null
""")
_BACKDATE = text("update attempts set started_at = started_at - make_interval(secs => :seconds) where id = :id")


@dataclass(frozen=True)
class Step:
    """Something that happens. `key` makes it the same thing when it is told again.

    `number` is half the seconds of a job's limit, twice those that pass, four times those since a checkpoint was taken,
    or those that a deposit pays for.
    """

    kind: Kind
    number: int
    job: int
    cause: Cause
    key: str = field(default_factory=lambda: str(uuid4()))


def steps() -> st.SearchStrategy[Step]:
    """Steps, with those that move money on the way more often than the rest."""
    kinds: list[Kind] = ["deposit", "create", "assign", "start", "pass time", "pass time", "settle", "settle"]
    kinds += ["cancel", "notice", "preempt", "lose", "complete", "stale", "save", "resume", "look"]
    return st.builds(
        Step,
        kind=st.sampled_from(kinds),
        number=st.integers(1, 20_000) | st.sampled_from([7_200, 7_400, 14_400]),
        job=st.integers(0, 2),
        cause=st.sampled_from([cause for cause in Cause if cause not in (Cause.PREEMPTED, Cause.OUT_OF_FUNDS)]),
    )


def opening_steps(number: int, *, hours: int) -> list[Step]:
    """A beginning that most histories share: a job that runs, and hours of it that were settled where they could be."""
    kinds: list[Kind] = ["deposit", "create", "assign", "start"]
    begun = [Step(kind, number, 0, Cause.COMPLETED) for kind in kinds]
    hour: list[Kind] = ["pass time", "settle"]
    return begun + [Step(kind, 7_250, 0, Cause.COMPLETED) for _ in range(hours) for kind in hour]


@dataclass
class MoneyLife:
    """One history. What it knows of the jobs it reads from the database: a step may have happened unheard."""

    database: Database
    consumer: UserCaller
    machine: Machine
    jobs: list[UUID] = field(default_factory=list)
    deposited: int = 0

    @classmethod
    async def begin(cls, database: Database, *, price: int) -> "MoneyLife":
        """A consumer without money, and a machine with a few cards."""
        market = Market(database)
        return cls(database, await market.consumer(balance=0), await market.machine(gpus=CARDS, price=price))

    async def take(self, step: Step) -> None:
        """Let a step happen. What is refused moves no money; that is for `check` to find.

        Raises:
            QubixError: the database failed, so that nobody knows whether it happened.
        """
        await self.repeat(step)
        if step.kind == "deposit":
            self.deposited += self._worth(step)

    async def repeat(self, step: Step) -> None:
        """Let a step happen of which it is known already that it did, or not known whether it did."""
        try:
            async with self.database.transaction() as session:
                await self.work(step)(session)
        except QubixError as refusal:
            if refusal.status >= 500:
                raise

    async def forget_what_never_was(self) -> None:
        """Jobs whose creation did not come to its commit."""
        async with self.database.transaction() as session:
            self.jobs = [
                job_id
                for job_id in self.jobs
                if await job_rows.get(session, job_id=job_id, user_id=self.consumer.user_id) is not None
            ]

    def work(self, step: Step) -> Work:
        """The step, as it happens in a transaction."""
        match step.kind:
            case "deposit":
                return lambda session: users.credit_play_money(
                    session, user_id=self.consumer.user_id, amount=self._worth(step), key=step.key
                )
            case "create":
                return lambda session: self._create(session, step)
            case "look":
                return self._look
        return lambda session: self._happen(session, step)

    def _worth(self, step: Step) -> int:
        return step.number * self.machine.price // 3600 + 1

    async def _create(self, session: AsyncSession, step: Step) -> None:
        request = JobCreate(
            source="pass",
            max_price=self.machine.price + step.number % 7,
            time_limit_seconds=step.number * 2,
            resources=ResourceRequest(gpu_count=1),
            max_attempts=1 + step.number % 3,
        )
        created = await create_job(
            session, caller=self.consumer, request=request, idempotency_key=step.key, policy=POLICY
        )
        if created.job.id not in self.jobs:
            self.jobs.append(created.job.id)

    async def _happen(self, session: AsyncSession, step: Step) -> None:
        if not self.jobs:
            return
        job_id = self.jobs[step.job % len(self.jobs)]
        if step.kind == "assign":
            await self._assign(session, job_id, card=step.job % CARDS)
            return
        if step.kind == "cancel":
            await jobs.cancel_job(session, caller=self.consumer, job_id=job_id)
            return
        row = await job_rows.get(session, job_id=job_id, user_id=self.consumer.user_id)
        if row is None or row.current_attempt_id is None:
            return
        attempt_id = row.current_attempt_id
        if step.kind == "stale":
            attempt_id = (await attempts.of_job(session, job_id))[0].id
        await self._happen_to(session, step, job_id, attempt_id)

    async def _happen_to(self, session: AsyncSession, step: Step, job_id: UUID, attempt_id: UUID) -> None:
        match step.kind:
            case "start":
                await reports.mark_started(session, attempt_id=attempt_id, job_id=job_id, policy=POLICY)
            case "pass time":
                await session.execute(_BACKDATE, {"seconds": step.number / 2, "id": attempt_id})
            case "settle":
                await sessions.advance(session, attempt_id, policy=POLICY)
            case "notice":
                await ending.notice_preemption(session, attempt_id, reason="for the test")
            case "preempt":
                await ending.preempt(session, attempt_id, reason="for the test", policy=POLICY)
            case "lose":
                await ending.lose(session, attempt_id, reason="for the test", policy=POLICY)
            case "save":
                files = [CheckpointFile(path="state", size=0)]
                report = CheckpointReport(number=step.number, age_seconds=step.number / 4, files=files)
                await checkpoints.store(session, attempt_id=attempt_id, job_id=job_id, report=report, policy=POLICY)
            case "resume":
                await self._resume(session, step, job_id, attempt_id)
            case "complete" | "stale":
                done = step.cause is Cause.COMPLETED
                status = CompletionStatus.COMPLETED if done else CompletionStatus.FAILED
                ended = CompleteReport(status=status, cause=step.cause, exit_code=0)
                await ending.complete(session, attempt_id=attempt_id, job_id=job_id, report=ended, policy=POLICY)

    async def _resume(self, session: AsyncSession, step: Step, job_id: UUID, attempt_id: UUID) -> None:
        found = await saved.of_job(session, job_id)
        if found:
            await checkpoints.resume(
                session,
                attempt_id=attempt_id,
                job_id=job_id,
                checkpoint_id=found[step.number % len(found)].id,
                policy=POLICY,
            )

    async def _look(self, session: AsyncSession) -> None:
        """The platform looks after what runs, while every runner says that it does."""
        live = await attempts.live(session)
        running = frozenset(attempt.id for attempt in live)
        plan = reconcile(
            live,
            {self.machine.worker_id: Sighting(is_in_cluster=True, running=running)},
            in_hand=frozenset(),
            leases_count=True,
            amiss_since={},
            now=0.0,
        )
        for step in plan.steps:
            match step:
                case End(attempt, cause, reason):
                    await ending.end_overdue(session, attempt.id, cause=cause, reason=reason, policy=POLICY)
                case Lose(attempt, reason):
                    await ending.lose(session, attempt.id, reason=reason, policy=POLICY)

    async def outlast(self) -> None:
        """Let time pass over whatever runs, whose runners report nothing any more, and over what was cancelled."""
        async with self.database.transaction() as session:
            await session.execute(_AGE, {"seconds": A_YEAR_S})
            await session.execute(_AGE_CANCELS)
            await self._look(session)
            for job_id in self.jobs:
                job = await jobs.get_job(session, caller=self.consumer, job_id=job_id)
                if job.status is JobStatus.PENDING:
                    await jobs.cancel_job(session, caller=self.consumer, job_id=job_id)
                job = await jobs.get_job(session, caller=self.consumer, job_id=job_id)
                assert job.status.is_final, "a runner that reports nothing holds no money for ever"

    async def _assign(self, session: AsyncSession, job_id: UUID, *, card: int) -> None:
        market = Market(self.database)
        job = await jobs.get_job(session, caller=self.consumer, job_id=job_id)
        await market.assign_in(session, job, self.machine, card=card)

    async def count_resumed(self) -> int:
        """How many attempts were paid for because another went on from what they saved."""
        async with self.database.transaction() as session:
            tries = [attempt for job_id in self.jobs for attempt in await attempts.of_job(session, job_id)]
        return sum(attempt.resumed_seconds > 0 for attempt in tries)

    async def check(self) -> None:
        """Nothing is lost, nothing is made, nothing is below zero, nothing is paid twice or beyond what was agreed."""
        async with self.database.transaction() as session:
            assert (await verify(session)).mismatches == ()
            consumer = await balance_of(session, Account.wallet(self.consumer.user_id))
            provider = await balance_of(session, Account.wallet(self.machine.user_id))
            held = fees = earned = pending = 0
            for job_id in self.jobs:
                row = await job_rows.get(session, job_id=job_id, user_id=self.consumer.user_id)
                assert row is not None
                escrow = await balance_of(session, Account.escrow(row.escrow_id))
                is_final = JobStatus(row.status).is_final
                assert escrow == (0 if is_final else row.hold_amount - row.settled_amount)
                tries = await attempts.of_job(session, job_id)
                pending += await self._pending(session, tries)
                for attempt in tries:
                    assert attempt.cost == charge(
                        price_per_hour=attempt.price_per_hour, seconds=attempt.billable_seconds
                    )
                spent = row.actual_cost if is_final else row.settled_amount
                assert sum(attempt.cost for attempt in tries) == spent
                assert sum(attempt.billable_seconds for attempt in tries) <= row.time_limit_seconds
                assert row.hold_amount <= hold(max_price=row.max_price, seconds=row.time_limit_seconds)
                receipt = await jobs.receipt(session, caller=self.consumer, job_id=job_id, policy=POLICY)
                assert receipt.cost == spent
                if is_final:
                    assert sum(stretch.amount for stretch in receipt.stretches) == spent
                assert sum(leg.amount for leg in receipt.legs) == (row.hold_amount if is_final else spent)
                earned += sum(attempt.earned for attempt in tries)
                held, fees = held + escrow, fees + receipt.fee
        assert min(consumer, provider, held, fees, pending) >= 0
        assert provider == earned
        assert consumer + held + provider + fees + pending == self.deposited

    async def _pending(self, session: AsyncSession, tries: Sequence[Row[Any]]) -> int:
        """What is paid and not final: of attempts that run, for what is settled of them; of a lost one, nothing."""
        pending = 0
        for attempt in tries:
            lying = await balance_of(session, Account.pending(attempt.id))
            assert lying == (attempt.cost if attempt.ended_at is None else 0)
            if attempt.cause in UNBILLED_CAUSES:
                assert attempt.billable_seconds <= attempt.resumed_seconds
            pending += lying
        return pending
