"""What an attempt was paid on its way: it is not final while it may still be lost.

It lies in an account of the attempt's own. Where the attempt ends other than by a loss, all of it becomes final with
its last bill; where it is lost, it goes back.
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
from qubix_platform.pricing.rates import split


def bill_of(held: Row[Any], *, charged: int, policy: MarketPolicy) -> Bill:
    """The bill that pays a running attempt `charged` QU more, all of it pending.

    Args:
        held: the attempt.
        charged: for seconds that were not paid until now.
        policy: the platform's fee.
    """
    return Bill(
        provider_user_id=held.provider_user_id,
        charged_before=held.cost - held.pending_cost,
        fee_basis_points=policy.fee_basis_points,
        attempt_id=held.id,
        pending_before=held.pending_cost,
        pending=held.pending_cost + charged,
    )


async def give_back_if_lost(session: AsyncSession, held: Row[Any], *, cause: Cause, policy: MarketPolicy) -> Row[Any]:
    """Before an attempt ends that is lost to its provider or to the platform: its pending pay goes back to the escrow.

    There it is held for the job as before: for what a later attempt goes on from, for that one, or for the consumer.

    Returns:
        The attempt as it is afterwards.
    """
    if cause not in UNBILLED_CAUSES or held.settled_seconds == held.resumed_seconds:
        return held
    amount = held.pending_cost
    if amount:
        await escrow.give_back(session, purse_of(held), attempt_id=held.id, amount=amount)
    shares = split(
        held=amount, charged=amount, charged_before=held.cost - amount, fee_basis_points=policy.fee_basis_points
    )
    await settlements.store_return(session, held, shares)
    await announce(session, held, reason="an attempt was lost: what it was paid on its way is not final")
    again = await repository.lock(session, held.id)
    assert again is not None, "attempts are never removed"
    return again


async def announce(session: AsyncSession, held: Row[Any], *, reason: str) -> None:
    """Tell a provider that what their machines may have earned has changed; the balance itself has not."""
    data: JsonObject = {"change": 0, "reason": reason}
    await events.record(session, type=EventType.BALANCE_CHANGED, topics=[f"user:{held.provider_user_id}"], data=data)
