"""Long jobs while they run: paying for what has passed, holding for what comes, warning and ending where that fails.

What is paid is pending until the attempt has ended: were it lost, its consumer would owe nothing for it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.errors import InsufficientFunds
from qubix.schemas.base import JsonObject
from qubix.schemas.states import AttemptStatus, Cause, EventType, JobStatus
from qubix_platform.attempts import ending, pending, repository
from qubix_platform.attempts.history import meter_of, purse_of
from qubix_platform.attempts.settlements import repository as settlements
from qubix_platform.escrow import service as escrow
from qubix_platform.escrow.service import Bill
from qubix_platform.events import service as events
from qubix_platform.jobs import repository as jobs
from qubix_platform.ledger import repository as ledger
from qubix_platform.pricing.policy import MarketPolicy
from qubix_platform.pricing.sessions import Funding, Meter, covered, due, funding, increment, top_up
from qubix_platform.spending import service as spending
from qubix_platform.spending.errors import SpendingLimitReached


@dataclass(frozen=True, kw_only=True)
class Advance:
    """What was done for a running attempt: seconds paid for, QU held in addition, and how its money stands now.

    `refusal` says why less was held in addition than had to be, where it was.
    """

    settled_seconds: int
    added: int
    funding: Funding
    refusal: str | None


async def due_attempts(session: AsyncSession, policy: MarketPolicy) -> list[UUID]:
    """Running attempts that `advance` may have something to do for."""
    return await settlements.due(session, policy)


async def advance(session: AsyncSession, attempt_id: UUID, *, policy: MarketPolicy) -> Advance | None:
    """Settle the hours of an attempt that have passed, and see to it that the time ahead is paid for.

    Doing it again at the same moment changes nothing.

    Returns:
        What was done; None where there is nothing to do for it, as it does not run or its consumer has cancelled it.
    """
    held = await repository.lock(session, attempt_id)
    if held is None or held.status != AttemptStatus.RUNNING:
        return None
    if held.cancel_requested_at is not None and held.stop_cause != Cause.OUT_OF_FUNDS:
        return None
    meter = meter_of(held, started_at=held.started_at, now=held.now)
    wanted, refusal = await _wanted(session, held, meter, policy)
    step = _step(held, meter, wanted, policy=policy)
    try:
        async with session.begin_nested():
            await _take(session, held, step)
    except InsufficientFunds as error:  # it was spent in between: what is due is paid, and the next round tries again
        refusal = error.obstacle
        step = _step(held, meter, 0, policy=policy)
        await _take(session, held, step)
    stands = funding(step.meter, policy)
    await _act(session, held, step.meter, stands, refusal=refusal, policy=policy)
    return Advance(settled_seconds=step.seconds, added=step.added, funding=stands, refusal=refusal)


@dataclass(frozen=True, kw_only=True)
class _Step:
    """What to hold in addition and how many seconds to pay for; with the bill, and how the meter stands after it."""

    added: int
    seconds: int
    bill: Bill
    meter: Meter


async def _wanted(session: AsyncSession, held: Row[Any], meter: Meter, policy: MarketPolicy) -> tuple[int, str | None]:
    """How much to hold in addition: what is missing, or what the wallet has of it; and why it is not all."""
    missing = top_up(meter, policy)
    if missing == 0 or held.stop_cause is not None:
        return 0, None
    there, _ = await ledger.balances_of(session, held.user_id)
    amount = min(missing, there)
    try:
        await spending.check(
            session, user_id=held.user_id, key_id=held.key_id, job_total=held.hold_amount + amount, added=amount
        )
    except SpendingLimitReached as refusal:
        return 0, refusal.obstacle
    return amount, None if amount == missing else f"the balance of {there} QU does not cover {missing} QU"


def _step(held: Row[Any], meter: Meter, added: int, *, policy: MarketPolicy) -> _Step:
    meter = replace(meter, escrow=meter.escrow + added)
    through = min(due(meter, policy), covered(meter))
    charged = increment(price_per_hour=meter.price_per_hour, before=meter.settled, through=through)
    bill = pending.bill_of(held, charged=charged, policy=policy)
    after = replace(meter, settled=through, escrow=meter.escrow - charged)
    return _Step(added=added, seconds=through - meter.settled, bill=bill, meter=after)


async def _take(session: AsyncSession, held: Row[Any], step: _Step) -> None:
    part = f"{held.id}:{step.meter.settled}:pending"
    await escrow.release(session, purse_of(held), step.bill, part=part, added=step.added)
    if step.added:
        await jobs.add_to_hold(session, job_id=held.job_id, amount=step.added)
        data: JsonObject = {"change": -step.added, "reason": "more is held for a job that goes on"}
        await events.record(session, type=EventType.BALANCE_CHANGED, topics=[f"user:{held.user_id}"], data=data)
    if step.seconds:
        await settlements.store_settlement(session, held, step.bill.drawn_parts, seconds=step.seconds)
        reason = "a part of a job that goes on was paid, which is pending until it ends"
        await pending.announce(session, held, reason=reason)


async def _act(
    session: AsyncSession, held: Row[Any], meter: Meter, stands: Funding, *, refusal: str | None, policy: MarketPolicy
) -> None:
    """Warn, stop or end the attempt, as its money stands."""
    ends_at: datetime = held.started_at + timedelta(seconds=covered(meter))
    reason = f"the money that is held for the job ends, and no more could be held: {refusal or 'it was told to stop'}"
    match stands:
        case Funding.COVERED:
            await _tell(session, held, None)
        case Funding.SHORT:
            await _tell(session, held, ends_at)
        case Funding.STOPPING:
            await _tell(session, held, ends_at)
            if held.cancel_requested_at is None:
                await jobs.stop_unfunded(session, held.job_id)
                await _announce_stop(session, held.job_id)
        case Funding.EXHAUSTED:
            await ending.run_out(session, held.id, reason=reason, policy=policy)


async def _tell(session: AsyncSession, held: Row[Any], ends_at: datetime | None) -> None:
    """Warn who watches the job of when its money ends, or take the warning back; once for each change."""
    job = await jobs.warn_of_funds(session, job_id=held.job_id, at=ends_at)
    if job is None:
        return
    await events.record(
        session,
        type=EventType.JOB_PROGRESS,
        topics=[f"job:{held.job_id}", f"user:{held.user_id}"],
        data={
            "jobId": str(held.job_id),
            "status": JobStatus.RUNNING.value,
            "progress": job.progress,
            "attempt": job.attempts,
            "fundsEndAt": None if ends_at is None else ends_at.isoformat(),
        },
    )


async def _announce_stop(session: AsyncSession, job_id: UUID) -> None:
    topics = ["scheduler", f"job:{job_id}"]
    await events.record(session, type=EventType.JOB_CANCEL_REQUESTED, topics=topics, data={"jobId": str(job_id)})
