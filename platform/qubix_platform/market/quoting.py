"""What a job would cost: at most by its own cap, likely by the machine that it would go to now."""

import asyncio
import time
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.market import MatchRequest
from qubix.schemas.quotes import AskedJob, Quote, QuoteRequest, WhatIf
from qubix_platform.auth.callers import UserCaller
from qubix_platform.database.session import release
from qubix_platform.ledger import repository as ledger
from qubix_platform.market.matching import Look, look, ranked, read_market
from qubix_platform.placement.model import Snapshot
from qubix_platform.pricing.policy import MarketPolicy
from qubix_platform.pricing.rates import hold
from qubix_platform.pricing.sessions import affordable_seconds, first_hold, is_settled_on_the_way
from qubix_platform.spending import service as spending
from qubix_platform.spending.errors import SpendingLimitReached

PATIENCE_SECONDS: Final = 2.0
"""For so long a quote is looked ahead for: when a job starts that is not known by then remains unknown."""


async def quote(
    session: AsyncSession,
    *,
    caller: UserCaller,
    request: QuoteRequest,
    now: datetime,
    policy: MarketPolicy,
    turns: asyncio.Semaphore,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Quote:
    """Ask what a job would cost. The likely price is the placement engine's own choice, as `match` gives it.

    Args:
        session: of a request that only reads. While it waits for its turn and computes, it has no connection.
        caller: who asks.
        request: for what.
        now: the instant.
        policy: the market's.
        turns: so many such questions are thought about at once.
        patience_seconds: for so long it is looked ahead for when each job starts.
    """
    asked: tuple[AskedJob, ...] = (request,) if request.what_if is None else (request, request.what_if)
    await release(session)
    async with turns:
        market_now = await read_market(session, caller=caller)
        seen = [
            await asyncio.to_thread(_see, market_now, caller, each, now=now, patience_seconds=patience_seconds)
            for each in asked
        ]
    quotes = [await _quote(session, one, caller=caller, now=now, policy=policy) for one in seen]
    found = quotes[0]
    if request.what_if is None:
        return found
    other = quotes[1]
    return found.model_copy(update={"what_if": WhatIf(quote=other, differences=differences(found, other))})


class _Seen(NamedTuple):
    request: AskedJob
    look: Look
    starts_at: datetime | None


def _see(
    market_now: Snapshot, caller: UserCaller, request: AskedJob, *, now: datetime, patience_seconds: float
) -> _Seen:
    found = look(market_now, caller=caller, request=request, now=now)
    deadline = time.monotonic() + patience_seconds
    return _Seen(request, found, found.starts_at(now, is_late=lambda: time.monotonic() >= deadline))


async def _quote(
    session: AsyncSession, seen: _Seen, *, caller: UserCaller, now: datetime, policy: MarketPolicy
) -> Quote:
    request = seen.request
    wanted = MatchRequest(**{name: getattr(request, name) for name in AskedJob.model_fields}, limit=1)
    answer = await ranked(session, seen.look, caller=caller, request=wanted, now=now)
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
        starts_at=now if best is not None else seen.starts_at,
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
