"""All SQL of what attempts were paid for, on their way and at their end."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.pricing.policy import MarketPolicy
from qubix_platform.pricing.rates import Split

_DUE = text("""
    select a.id from attempts a join jobs j on j.id = a.job_id
     where a.status = 'RUNNING' and j.time_limit_seconds > :funded
       and (j.cancel_requested_at is null or j.stop_cause = 'OUT_OF_FUNDS')
       and (extract(epoch from clock_timestamp() - a.started_at) >= a.settled_seconds + :every
            or j.funds_end_at is not null
            or (a.price_per_hour > 0 and extract(epoch from clock_timestamp() - a.started_at) + :margin
                >= a.settled_seconds + (j.hold_amount - j.settled_amount) / j.workers * 3600 / a.price_per_hour))
     order by a.started_at, a.id
""")
_SETTLED = text("""
    with attempt as (
        update attempts set settled_seconds = :through, billable_seconds = :through, cost = cost + :charged,
                            pending_cost = pending_cost + :charged
         where id = :id
    ), part as (
        insert into attempt_settlements (attempt_id, through_seconds, charged, provider_amount, fee)
        values (:id, :through, :charged, :provider_amount, :fee)
    )
    update jobs set settled_amount = settled_amount + :charged, settled_seconds = settled_seconds + :seconds
     where id = :job_id
""")
_GIVEN_BACK = text("""
    with attempt as (
        update attempts set settled_seconds = resumed_seconds, billable_seconds = resumed_seconds,
                            cost = cost - pending_cost, pending_cost = 0
         where id = :id
    ), part as (
        insert into attempt_settlements (attempt_id, through_seconds, is_returned, charged, provider_amount, fee)
        values (:id, :through, true, 0 - :charged, 0 - :provider_amount, 0 - :fee)
    )
    update jobs set settled_amount = settled_amount - :charged, settled_seconds = settled_seconds - :seconds
     where id = :job_id
""")
_PART = text("""
    with part as (
        insert into attempt_settlements (attempt_id, through_seconds, charged, provider_amount, fee)
        values (:id, :through, :charged, :provider_amount, :fee)
    )
    update jobs set settled_amount = settled_amount + :charged, settled_seconds = settled_seconds + :seconds
     where id = :job_id
""")
_RESUMED_PART = text("""
    update attempts set resumed_seconds = :resumed, billable_seconds = :through, cost = cost + :charged,
                        earned = earned + :provider_amount
     where id = :id
""")
_RESUMED_FROM = text("""
    update attempts set resumed_from = :checkpoint_id, limit_seconds = greatest(1, limit_seconds - :seconds)
     where id = :id returning limit_seconds
""")


async def due(session: AsyncSession, policy: MarketPolicy) -> list[UUID]:
    """Running attempts of long jobs that have time to settle, or whose held money does not last for long."""
    values = {
        "funded": policy.funded_seconds,
        "every": policy.settle_every_seconds,
        "margin": policy.settle_margin_seconds,
    }
    return list((await session.execute(_DUE, values)).scalars())


async def store_return(session: AsyncSession, held: Row[Any], parts: Split) -> None:
    """Remember that what was pending of an attempt went back."""
    values = _settlement(held, parts, 0) | {"seconds": held.settled_seconds - held.resumed_seconds}
    await session.execute(_GIVEN_BACK, values)


async def store_settlement(session: AsyncSession, held: Row[Any], parts: Split, *, seconds: int) -> None:
    """Remember that a running attempt was paid for `seconds` more, which is pending so far."""
    await session.execute(_SETTLED, _settlement(held, parts, seconds))


async def store_part(session: AsyncSession, held: Row[Any], parts: Split, *, seconds: int) -> None:
    """Remember that an attempt was paid for its last `seconds`, while its job goes on."""
    await session.execute(_PART, _settlement(held, parts, seconds))


async def store_resumed_part(
    session: AsyncSession, lost: Row[Any], parts: Split, *, through: int, resumed_seconds: int
) -> None:
    """Remember that a lost attempt was paid through so many of its seconds, because a later one went on from them."""
    seconds = through - lost.billable_seconds
    values = _settlement(lost, parts, seconds) | {"through": through}
    if seconds:
        await session.execute(_PART, values)
    await session.execute(_RESUMED_PART, values | {"resumed": resumed_seconds})


async def store_resumption(session: AsyncSession, *, attempt_id: UUID, checkpoint_id: UUID, paid_seconds: int) -> int:
    """Remember what an attempt goes on from, and take what that was paid for off its time limit; what is left of it."""
    values = {"id": attempt_id, "checkpoint_id": checkpoint_id, "seconds": paid_seconds}
    limit: int = (await session.execute(_RESUMED_FROM, values)).scalar_one()
    return limit


def _settlement(held: Row[Any], parts: Split, seconds: int) -> dict[str, Any]:
    return {
        "id": held.id,
        "job_id": held.job_id,
        "through": held.settled_seconds + seconds,
        "seconds": seconds,
        "charged": parts.provider + parts.fee,
        "provider_amount": parts.provider,
        "fee": parts.fee,
    }
