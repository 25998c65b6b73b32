"""What a job would cost: at most by its own cap, likely by the machine that it would go to now."""

import asyncio
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.market import MatchRequest
from qubix.schemas.quotes import AskedJob, Quote, QuoteRequest, WhatIf
from qubix_platform.auth.callers import UserCaller
from qubix_platform.ledger import repository as ledger
from qubix_platform.market.matching import look, ranked
from qubix_platform.pricing.policy import MarketPolicy
from qubix_platform.pricing.rates import hold
from qubix_platform.pricing.sessions import affordable_seconds, first_hold, is_settled_on_the_way
from qubix_platform.spending import service as spending
from qubix_platform.spending.errors import SpendingLimitReached


async def quote(
    session: AsyncSession, *, caller: UserCaller, request: QuoteRequest, now: datetime, policy: MarketPolicy
) -> Quote:
    """Ask what a job would cost. The likely price is the placement engine's own choice, as `match` gives it."""
    found = await _quote(session, caller=caller, request=request, now=now, policy=policy)
    if request.what_if is None:
        return found
    other = await _quote(session, caller=caller, request=request.what_if, now=now, policy=policy)
    return found.model_copy(update={"what_if": WhatIf(quote=other, differences=differences(found, other))})


async def _quote(
    session: AsyncSession, *, caller: UserCaller, request: AskedJob, now: datetime, policy: MarketPolicy
) -> Quote:
    wanted = MatchRequest(**{name: getattr(request, name) for name in AskedJob.model_fields}, limit=1)
    found = await look(session, caller=caller, request=request, now=now)
    answer = await ranked(session, found, caller=caller, request=wanted, now=now)
    best = next(iter(answer.offers), None)
    likely = None if best is None else best.price_per_hour
    cap = likely if request.max_price is None else request.max_price
    limit = request.time_limit_seconds
    most = None if cap is None else hold(max_price=cap, seconds=limit)
    first = None if cap is None else first_hold(max_price=cap, time_limit_seconds=limit, policy=policy)
    balance, _ = await ledger.balances_of(session, caller.user_id)
    is_long = is_settled_on_the_way(time_limit_seconds=limit, policy=policy)
    return Quote(
        price_per_hour=likely,
        worker_id=None if best is None else best.offer.provider,
        likely_cost=None if best is None else best.estimated_cost,
        likely_seconds=None if best is None else best.estimated_seconds,
        maximum_cost=most,
        hold=first,
        settle_every_seconds=policy.settle_every_seconds if is_long else None,
        balance=balance,
        balance_lasts_seconds=None if likely is None else affordable_seconds(balance=balance, price_per_hour=likely),
        obstacles=await _obstacles(session, caller, most=most or 0, first=first or 0, balance=balance),
        waiting=None if best is not None else answer.rejected,
        starts_at=now if best is not None else await asyncio.to_thread(found.starts_at, now),
    )


def differences(now: Quote, then: Quote) -> list[str]:
    """What one quote says otherwise than another, a sentence each; the machine and the start first."""
    found = [_placed(now, then)] if (now.worker_id, now.starts_at) != (then.worker_id, then.starts_at) else []
    for name, before, after in (
        ("the price per hour", now.price_per_hour, then.price_per_hour),
        ("the likely cost", now.likely_cost, then.likely_cost),
        ("the cost at most", now.maximum_cost, then.maximum_cost),
        ("what is held at first", now.hold, then.hold),
    ):
        if before is not None and after is not None and before != after:
            found.append(f"{name} would be {after:,} QU instead of {before:,} QU ({after - before:+,})")
    found += [f"this would stand in the way: {each}" for each in then.obstacles if each not in now.obstacles]
    found += [f"this would no longer stand in the way: {each}" for each in now.obstacles if each not in then.obstacles]
    return found or ["nothing would be different"]


def _placed(now: Quote, then: Quote) -> str:
    return f"it would {_fate(then)}; as asked for, it would {_fate(now)}"


def _fate(found: Quote) -> str:
    if found.worker_id is not None:
        return f"start now on {found.worker_id}"
    if found.starts_at is not None:
        return f"wait until about {found.starts_at:%Y-%m-%d %H:%M} UTC"
    return "wait, nobody knows until when"


async def _obstacles(session: AsyncSession, caller: UserCaller, *, most: int, first: int, balance: int) -> list[str]:
    found = []
    if balance < first:
        found.append(f"the balance of {balance} QU does not cover the {first} QU that are held at first")
    try:
        await spending.check(session, user_id=caller.user_id, key_id=caller.key_id, job_total=most, added=first)
    except SpendingLimitReached as limit:
        found.append(limit.obstacle)
    return found
