"""What an attempt was paid on its way and is not final: it becomes so when its checkpoints cover it, or goes back.

It lies in an account of the attempt's own. Where the attempt ends well, all of it becomes final with its last bill.
"""

from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.base import JsonObject
from qubix.schemas.states import Cause, EventType
from qubix_platform.attempts import repository
from qubix_platform.attempts.history import purse_of
from qubix_platform.attempts.settlements import repository as settlements
from qubix_platform.escrow import service as escrow
from qubix_platform.escrow.service import Bill
from qubix_platform.events import service as events
from qubix_platform.jobs.states import UNBILLED_CAUSES
from qubix_platform.pricing.policy import MarketPolicy
from qubix_platform.pricing.rates import charge, split, whole_seconds


async def saved_seconds(session: AsyncSession, held: Row[Any], *, settled: int) -> int:
    """How many of an attempt's first `settled` seconds are in all of its checkpoints that are kept.

    The newest may turn out to be damaged: then the next attempt goes on from an older one, so that the oldest counts.
    """
    oldest = await settlements.oldest_kept(session, held.id)
    if oldest is None or held.started_at is None:
        return int(held.final_seconds)
    return max(int(held.final_seconds), min(settled, whole_seconds(start=held.started_at, end=oldest)))


def bill_of(held: Row[Any], *, pending: int, final_seconds: int, policy: MarketPolicy) -> Bill:
    """The bill that makes an attempt's pay final for its first `final_seconds`, and leaves the rest pending.

    Args:
        held: the attempt.
        pending: QU that it was paid, with what it is paid now, for seconds that were not final until now.
        final_seconds: of the seconds that it was paid for.
        policy: the platform's fee.
    """
    before = held.cost - held.pending_cost
    final = charge(price_per_hour=held.price_per_hour, seconds=final_seconds) - before
    return Bill(
        provider_user_id=held.provider_user_id,
        charged=final,
        charged_before=before,
        fee_basis_points=policy.fee_basis_points,
        attempt_id=held.id,
        pending_before=held.pending_cost,
        pending=pending - final,
    )


async def confirm(session: AsyncSession, held: Row[Any], *, policy: MarketPolicy) -> None:
    """Make final what an attempt was paid for seconds that its checkpoints have now. Again, it changes nothing.

    Args:
        session: the caller's transaction, which holds the attempt's lock.
        held: the attempt.
        policy: the platform's fee.
    """
    if not held.pending_cost:
        return
    through = await saved_seconds(session, held, settled=held.settled_seconds)
    if through == held.final_seconds:
        return
    bill = bill_of(held, pending=held.pending_cost, final_seconds=through, policy=policy)
    part = f"{held.id}:{held.settled_seconds}:{through}"
    parts = await escrow.release(session, purse_of(held), bill, part=part)
    await settlements.store_final(session, held, bill, earned=parts.provider, through=through)
    await announce(session, held, change=parts.provider, reason="what a job that goes on had saved is paid for good")


async def give_back_if_lost(session: AsyncSession, held: Row[Any], *, cause: Cause, policy: MarketPolicy) -> Row[Any]:
    """Before an attempt ends that is lost to its provider or to the platform: its pending pay goes back to the escrow.

    There it is held for the job as before: for what a later attempt goes on from, for that one, or for the consumer.

    Returns:
        The attempt as it is afterwards.
    """
    if cause not in UNBILLED_CAUSES or held.settled_seconds == held.final_seconds:
        return held
    amount = held.pending_cost
    if amount:
        await escrow.give_back(session, purse_of(held), attempt_id=held.id, amount=amount)
    shares = split(
        held=amount, charged=amount, charged_before=held.cost - amount, fee_basis_points=policy.fee_basis_points
    )
    await settlements.store_return(session, held, shares)
    await announce(session, held, change=0, reason="an attempt was lost: what it was paid on its way is not final")
    again = await repository.lock(session, held.id)
    assert again is not None, "attempts are never removed"
    return again


async def announce(session: AsyncSession, held: Row[Any], *, change: int, reason: str) -> None:
    """Tell a provider that what their machines earned, or may have earned, has changed."""
    data: JsonObject = {"change": change, "reason": reason}
    await events.record(session, type=EventType.BALANCE_CHANGED, topics=[f"user:{held.provider_user_id}"], data=data)
