"""A gang: its workers begin together, end together where one does not end well, and are each paid their part."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from tenacity import AsyncRetrying, retry_if_result, stop_after_delay, wait_fixed

from qubix.schemas.attempts import AttemptSpec, ReadyAnswer
from qubix.schemas.checkpoints import SnapshotFailure
from qubix.schemas.jobs import Job
from qubix.schemas.reports import CompleteReport, ReportedLog
from qubix.schemas.states import Cause, CompletionStatus, JobStatus, LogStream, SnapshotStatus
from qubix_platform.attempts import ending, readiness, reports, sessions
from qubix_platform.attempts import gang as gangs
from qubix_platform.attempts import service as attempts
from qubix_platform.attempts.errors import AssignmentRefused, AttemptFenced
from qubix_platform.auth.callers import UserCaller
from qubix_platform.checkpoints import service as checkpoints
from qubix_platform.checkpoints import snapshots
from qubix_platform.database.session import Database
from qubix_platform.jobs import service as jobs
from qubix_platform.ledger.verify import verify
from tests.platform.market_life import POLICY, SECRET, Machine, Market

HOLD = 3 * 720_000 * 600 // 3600


@dataclass(frozen=True)
class Gang:
    """A job of three workers on three machines."""

    market: Market
    consumer: UserCaller
    job: Job
    machines: list[Machine]
    specs: list[AttemptSpec]

    async def ready(self, spec: AttemptSpec) -> ReadyAnswer:
        async with self.market.database.transaction() as session:
            return await readiness.report_ready(
                session, attempt_id=spec.attempt_id, job_id=self.job.id, policy=POLICY, secret=SECRET
            )

    async def start(self, *, seconds: int) -> None:
        for spec in self.specs:
            async with self.market.database.transaction() as session:
                await reports.mark_started(session, attempt_id=spec.attempt_id, job_id=self.job.id, policy=POLICY)
            await self.market.backdate_start(spec.attempt_id, seconds=seconds)

    async def end(self, spec: AttemptSpec, cause: Cause = Cause.COMPLETED) -> None:
        status = CompletionStatus.COMPLETED if cause is Cause.COMPLETED else CompletionStatus.FAILED
        report = CompleteReport(status=status, cause=cause, exit_code=0, result=f"of {spec.rank}")
        async with self.market.database.transaction() as session:
            await ending.complete(session, attempt_id=spec.attempt_id, job_id=self.job.id, report=report, policy=POLICY)

    async def now(self) -> Job:
        async with self.market.database.transaction() as session:
            return await jobs.get_job(session, caller=self.consumer, job_id=self.job.id)

    async def causes(self) -> list[tuple[int, Cause | None]]:
        async with self.market.database.transaction() as session:
            assert (await verify(session)).mismatches == ()
            receipt = await jobs.receipt(session, caller=self.consumer, job_id=self.job.id, policy=POLICY)
        return [(one.rank, one.cause) for one in receipt.attempts]


@pytest.fixture
def market(database: Database) -> Market:
    return Market(database)


async def assign(market: Market, job: Job, machines: list[Machine]) -> list[AttemptSpec]:
    decided = [
        market.assignment(job, machine, rank=rank, card=machines[:rank].count(machine))
        for rank, machine in enumerate(machines)
    ]
    async with market.database.transaction() as session:
        return await attempts.assign_all(session, decided, policy=POLICY, secret=SECRET)


@pytest.fixture
async def gang(market: Market) -> Gang:
    consumer = await market.consumer()
    machines = [await market.machine(price=price) for price in (360_000, 180_000, 720_000)]
    job = await market.job(consumer, workers=3)
    return Gang(market, consumer, job, machines, await assign(market, job, machines))


async def test_the_workers_know_each_other_and_begin_when_all_are_ready(gang: Gang) -> None:
    assert gang.job.hold_amount == HOLD
    assert [(spec.rank, spec.world_size, spec.number) for spec in gang.specs] == [(0, 3, 1), (1, 3, 1), (2, 3, 1)]
    assert gang.specs[2].peers == ["worker-0", "worker-1", "worker-2"]
    assert [(await gang.ready(spec)).go for spec in gang.specs] == [False, False, True]
    assert [(await gang.ready(spec)).go for spec in gang.specs] == [True, True, True]


async def test_the_job_completes_with_its_last_worker_and_each_machine_is_paid_its_part(gang: Gang) -> None:
    await gang.start(seconds=100)
    for spec in gang.specs[:2]:
        await gang.end(spec)
        assert (await gang.now()).status is JobStatus.RUNNING
    await gang.end(gang.specs[2])
    done = await gang.now()
    assert (done.status, done.result) == (JobStatus.COMPLETED, "of 0")
    assert await gang.causes() == [(0, Cause.COMPLETED), (1, Cause.COMPLETED), (2, Cause.COMPLETED)]
    async with gang.market.database.transaction() as session:
        receipt = await jobs.receipt(session, caller=gang.consumer, job_id=gang.job.id, policy=POLICY)
    costs = [machine.price * 100 // 3600 for machine in gang.machines]
    assert receipt.cost == done.actual_cost == sum(costs)
    assert sum(leg.amount for leg in receipt.legs) == receipt.hold == HOLD
    assert [(one.rank, one.amount) for one in receipt.stretches] == list(enumerate(costs))
    for machine, cost in zip(gang.machines, costs, strict=True):
        earned, _ = await gang.market.balance(machine.user_id)
        assert cost * 95 // 100 <= earned <= cost * 95 // 100 + 1
        assert await gang.market.told(machine.user_id) == [earned]


async def test_workers_that_end_at_once_leave_one_completed_job(gang: Gang) -> None:
    await gang.start(seconds=10)
    await asyncio.gather(*(gang.end(spec) for spec in gang.specs))
    assert (await gang.now()).status is JobStatus.COMPLETED
    assert [cause for _, cause in await gang.causes()] == [Cause.COMPLETED] * 3


async def test_the_loss_of_one_worker_requeues_the_whole_gang_and_bills_nobody_s_lost_time(gang: Gang) -> None:
    await gang.start(seconds=100)
    async with gang.market.database.transaction() as session:
        await ending.lose(session, gang.specs[1].attempt_id, reason="power cut", policy=POLICY)
    assert (await gang.now()).status is JobStatus.PENDING
    assert await gang.causes() == [(0, Cause.PEER_LOST), (1, Cause.PROVIDER_LOST), (2, Cause.PEER_LOST)]
    with pytest.raises(AttemptFenced, match="CANCELLED"):
        await gang.end(gang.specs[0])
    for machine in gang.machines:
        assert await gang.market.balance(machine.user_id) == (0, 0)

    again = replace(gang, specs=await assign(gang.market, gang.job, gang.machines))
    assert [(spec.number, spec.rank) for spec in again.specs] == [(2, 0), (2, 1), (2, 2)]
    await again.start(seconds=10)
    for spec in again.specs:
        await again.end(spec)
    assert (await again.now()).status is JobStatus.COMPLETED
    assert len(await again.causes()) == 6


async def test_a_worker_that_fails_fails_the_gang(gang: Gang) -> None:
    await gang.start(seconds=10)
    await gang.end(gang.specs[0])
    await gang.end(gang.specs[2], Cause.USER_ERROR)
    assert ((await gang.now()).status, (await gang.now()).cause) == (JobStatus.FAILED, Cause.USER_ERROR)
    assert await gang.causes() == [(0, Cause.COMPLETED), (1, Cause.PEER_ENDED), (2, Cause.USER_ERROR)]


async def test_a_gang_is_assigned_as_a_whole_or_not_at_all(market: Market) -> None:
    consumer, busy = await market.consumer(), await market.machine()
    await market.assign(await market.job(consumer), busy)
    free = [await market.machine(), await market.machine()]
    job = await market.job(consumer, workers=3)
    assert await assign(market, job, free) == []  # one too few
    with pytest.raises(AssignmentRefused, match="gpus_share_within_card"):
        await assign(market, job, [*free, busy])
    assert len(await assign(market, job, [*free, await market.machine()])) == 3


async def test_two_schedulers_at_once_give_a_gang_away_once(market: Market) -> None:
    job = await market.job(await market.consumer(), workers=2)
    machines = [await market.machine(gpus=2) for _ in range(3)]
    outcomes = await asyncio.gather(*(assign(market, job, [machine] * 2) for machine in machines))
    assert sorted(map(len, outcomes)) == [0, 0, 2]


async def test_the_output_of_all_workers_is_one_log_in_the_order_of_arrival(gang: Gang) -> None:
    for seq, spec in enumerate([*gang.specs, gang.specs[0]]):
        entry = ReportedLog(
            seq=seq if seq == 3 else 0, stream=LogStream.STDOUT, text=f"{seq} of {spec.rank}", at=datetime.now(UTC)
        )
        async with gang.market.database.transaction() as session:
            await reports.append_logs(
                session, attempt_id=spec.attempt_id, job_id=gang.job.id, entries=[entry], policy=POLICY
            )
    async with gang.market.database.transaction() as session:
        lines = await jobs.logs(session, caller=gang.consumer, job_id=gang.job.id, after=-1, limit=10)
    assert [(line.rank, line.text) for line in lines] == [(0, "0 of 0"), (1, "1 of 1"), (2, "2 of 2"), (0, "3 of 0")]


async def test_only_the_worker_that_takes_a_gangs_snapshot_says_that_there_is_none(gang: Gang) -> None:
    await gang.start(seconds=5)
    async with gang.market.database.transaction() as session:
        await checkpoints.request_snapshot(session, caller=gang.consumer, job_id=gang.job.id)
    seen = []
    for spec in reversed(gang.specs):
        async with gang.market.database.transaction() as session:
            failure = SnapshotFailure(why="it is too large")
            await snapshots.fail(
                session, attempt_id=spec.attempt_id, job_id=gang.job.id, failure=failure, policy=POLICY
            )
            outcome = await snapshots.of_job(session, caller=gang.consumer, job_id=gang.job.id)
            seen.append((spec.rank, outcome.status))
    assert seen == [(2, SnapshotStatus.PENDING), (1, SnapshotStatus.PENDING), (0, SnapshotStatus.FAILED)]


_WAITS = text("select exists (select from pg_locks where not granted)")


def meet_between_peers_and_own_end(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have whoever ended its peers go on with its own end only when another did so too, or waits for its locks."""
    end_peers: Callable[..., Awaitable[Any]] = gangs.end_peers
    ended: list[object] = []

    async def have_met() -> bool:
        if len(ended) > 1:
            return True
        async with market.database.transaction() as session:
            return bool((await session.execute(_WAITS)).scalar_one())

    async def then_meet(*given: Any, **named: Any) -> Any:
        answer = await end_peers(*given, **named)
        ended.append(answer)
        met = AsyncRetrying(
            stop=stop_after_delay(10), wait=wait_fixed(0.01), retry=retry_if_result(lambda found: not found)
        )
        await met(have_met)
        return answer

    monkeypatch.setattr(gangs, "end_peers", then_meet)


@pytest.mark.parametrize("same_machines", [True, False])
async def test_gangs_whose_machines_or_owners_cross_end_at_once_without_waiting_for_each_other(
    market: Market, monkeypatch: pytest.MonkeyPatch, same_machines: bool
) -> None:
    """Each has hours pending, pays the owner of its peer's machine, and then that of its own."""
    machines = [await market.machine(gpus=2) for _ in range(2)]
    others = machines if same_machines else [await market.machine() for _ in range(2)]
    owned = text("update providers set user_id = :owner where id = :id")
    async with market.database.transaction() as session:
        for machine, other in zip(machines, others, strict=True):
            await session.execute(owned, {"owner": machine.user_id, "id": other.id})
    both = []
    for place, card in ((machines, 0), (others[::-1], int(same_machines))):
        consumer = await market.consumer()
        job = await market.job(consumer, workers=2, time_limit_seconds=10 * 3600, max_attempts=1)
        decided = [market.assignment(job, machine, rank=rank, card=card) for rank, machine in enumerate(place)]
        async with market.database.transaction() as session:
            specs = await attempts.assign_all(session, decided, policy=POLICY, secret=SECRET)
        one = Gang(market, consumer, job, place, specs)
        await one.start(seconds=3700)
        for spec in specs:
            async with market.database.transaction() as session:
                assert await sessions.advance(session, spec.attempt_id, policy=POLICY) is not None
        both.append(one)
    meet_between_peers_and_own_end(market, monkeypatch)
    # Each in one transaction, with nobody to try it again: a deadlock would come out here.
    await asyncio.gather(*(one.end(one.specs[0], Cause.USER_ERROR) for one in both))
    for one in both:
        assert (await one.now()).status is JobStatus.FAILED
        assert await one.causes() == [(0, Cause.USER_ERROR), (1, Cause.PEER_ENDED)]
    async with market.database.transaction() as session:
        receipts = [await jobs.receipt(session, caller=one.consumer, job_id=one.job.id, policy=POLICY) for one in both]
    earned = [(await market.balance(machine.user_id))[0] for machine in machines]
    assert min(earned) > 0
    assert sum(earned) == sum(receipt.provider_amount for receipt in receipts)
