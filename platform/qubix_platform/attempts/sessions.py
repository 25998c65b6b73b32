"""Long jobs while they run: paying for what has passed, holding for what comes, warning and ending where that fails."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.errors import InsufficientFunds
from qubix.schemas.base import JsonObject
from qubix.schemas.states import AttemptStatus, EventType, JobStatus
from qubix_platform.attempts import ending, repository
from qubix_platform.attempts.history import meter_of, purse_of
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
    return await repository.due(session, policy)


async def advance(session: AsyncSession, attempt_id: UUID, *, policy: MarketPolicy) -> Advance | None:
    """Settle the hours of an attempt that have passed, and see to it that the time ahead is paid for.

    Doing it again at the same moment changes nothing.

    Returns:
        What was done; None where there is nothing to do for it, as it does not run or its consumer has cancelled it.
    """
    held = await repository.lock(session, attempt_id)
    if held is None or held.status != AttemptStatus.RUNNING:
        return None
    if held.cancel_requested_at is not None and held.stop_cause is None:
        return None
    meter = meter_of(held, started_at=held.started_at, now=held.now)
    added, refusal = await _top_up(session, held, meter, policy)
    meter = replace(meter, escrow=meter.escrow + added)
    through = min(due(meter, policy), covered(meter))
    settled = through - meter.settled
    if settled > 0:
        meter = await _settle(session, held, meter, through=through, added=added, policy=policy)
    stands = funding(meter, policy)
    await _act(session, held, meter, stands, refusal=refusal, policy=policy)
    return Advance(settled_seconds=settled, added=added, funding=stands, refusal=refusal)


async def _top_up(session: AsyncSession, held: Row[Any], meter: Meter, policy: MarketPolicy) -> tuple[int, str | None]:
    """Hold what is missing, or what the wallet has of it; how much that was, and why it was not all."""
    missing = top_up(meter, policy)
    if missing == 0 or held.stop_cause is not None:
        return 0, None
    refusal = await _hold(session, held, missing)
    if refusal is None:
        return missing, None
    there, _ = await ledger.balances_of(session, held.user_id)
    rest = min(missing, there)
    if rest == 0 or await _hold(session, held, rest) is not None:
        return 0, refusal
    return rest, refusal


async def _hold(session: AsyncSession, held: Row[Any], amount: int) -> str | None:
    try:
        async with session.begin_nested():
            await spending.check(
                session, user_id=held.user_id, key_id=held.key_id, job_total=held.hold_amount + amount, added=amount
            )
            await escrow.hold(session, purse_of(held), amount)
    except (InsufficientFunds, SpendingLimitReached) as refusal:
        return refusal.obstacle
    await jobs.add_to_hold(session, job_id=held.job_id, amount=amount)
    await _changed(session, held.user_id, -amount, "more is held for a job that goes on")
    return None


async def _settle(
    session: AsyncSession, held: Row[Any], meter: Meter, *, through: int, added: int, policy: MarketPolicy
) -> Meter:
    charged = increment(price_per_hour=meter.price_per_hour, before=meter.settled, through=through)
    bill = Bill(
        provider_user_id=held.provider_user_id,
        charged=charged,
        charged_before=held.cost,
        fee_basis_points=policy.fee_basis_points,
    )
    purse = purse_of(held)
    purse = replace(purse, held=purse.held + added)
    parts = await escrow.release(session, purse, bill, part=f"{held.id}:{through}")
    await repository.store_settlement(session, held, parts, seconds=through - meter.settled)
    await _changed(session, held.provider_user_id, parts.provider, "a part of a job that goes on was paid")
    return replace(meter, settled=through, escrow=meter.escrow - charged)


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


async def _changed(session: AsyncSession, user_id: UUID, change: int, reason: str) -> None:
    if change:
        data: JsonObject = {"change": change, "reason": reason}
        await events.record(session, type=EventType.BALANCE_CHANGED, topics=[f"user:{user_id}"], data=data)


async def _announce_stop(session: AsyncSession, job_id: UUID) -> None:
    topics = ["scheduler", f"job:{job_id}"]
    await events.record(session, type=EventType.JOB_CANCEL_REQUESTED, topics=topics, data={"jobId": str(job_id)})
