"""Offers that fit what somebody needs, ranked as the scheduler itself would take them."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.market import MatchAnswer, MatchRequest, RankedOffer
from qubix.schemas.providers import Offer
from qubix.schemas.quotes import AskedJob
from qubix.schemas.states import Preference, ProviderType
from qubix.schemas.waiting import WaitingReport
from qubix_platform.auth.callers import UserCaller
from qubix_platform.database.session import release
from qubix_platform.jobs.estimate import estimate
from qubix_platform.market import service as market
from qubix_platform.market.query import OfferQuery
from qubix_platform.placement.decide import explain_next, newest_job
from qubix_platform.placement.forecasting import forecast
from qubix_platform.placement.model import Candidate, PendingJob, Request, ReservedWindow, Snapshot
from qubix_platform.placement.policy import SCHEDULERS_POLICY, SCHEDULERS_QUEUE
from qubix_platform.placement.reasons import whole_minute
from qubix_platform.pricing.rates import hold, hourly_price
from qubix_platform.pricing.rules import paid
from qubix_platform.scheduling.repository import read_offers

_EVERY_OFFER = 100_000


@dataclass(frozen=True, kw_only=True)
class Look:
    """What the market has for somebody, behind those that wait already.

    Attributes:
        market: as it is now.
        job: what they ask for, as a job that came now.
        fitting: the offers that it could have now, the best first.
        rejected: why it cannot have the others.
    """

    market: Snapshot
    job: PendingJob
    fitting: tuple[Candidate, ...]
    rejected: WaitingReport

    def starts_at(self, now: datetime, *, is_late: Callable[[], bool]) -> datetime | None:
        """When it would start at the latest, none where that is not known. It looks at all that wait.

        Args:
            now: the instant.
            is_late: whether looking ahead took long enough, so that it remains unknown.
        """
        if self.fitting or not self.market.jobs:
            return now if self.fitting else self.rejected.free_at
        at = forecast(
            replace(self.market, jobs=(*self.market.jobs, self.job)), self.job, now, SCHEDULERS_POLICY, is_late=is_late
        )
        return None if at is None else whole_minute(at)


async def read_market(session: AsyncSession, *, caller: UserCaller) -> Snapshot:
    """The market as it is for somebody who asks for something; the session's connection is given back."""
    market_now = await read_offers(session, asking=caller.user_id, half_life_s=SCHEDULERS_QUEUE.half_life_s)
    await release(session)
    return market_now


def look(market_now: Snapshot, *, caller: UserCaller, request: AskedJob, now: datetime) -> Look:
    """Hold what somebody asks for against the market, after those that wait and go before it.

    It takes a whole pass of the scheduler: nothing for an event loop.
    """
    wanted = Request.of(request.resources, user_id=caller.user_id, max_price=request.max_price)
    job = newest_job(wanted, now, limit_seconds=request.time_limit_seconds)
    fitting, rejected = explain_next(market_now, job, now, SCHEDULERS_POLICY)
    return Look(market=market_now, job=job, fitting=fitting, rejected=rejected)


async def match(
    session: AsyncSession, *, caller: UserCaller, request: MatchRequest, now: datetime, turns: asyncio.Semaphore
) -> MatchAnswer:
    """The offers that could take such a job now, best first, and the counted reasons why the others cannot.

    The decision is the placement engine's own: the job would go where it costs as little as in the first place here,
    and of several such offers to the one that packs best. What those get that wait and go before it, it does not.

    Args:
        session: of a request that only reads. While it waits for its turn and computes, it has no connection.
        caller: who asks.
        request: for what.
        now: the instant.
        turns: so many such questions are thought about at once.
    """
    asked = AskedJob(**{name: getattr(request, name) for name in AskedJob.model_fields})
    await release(session)
    async with turns:
        market_now = await read_market(session, caller=caller)
        found = await asyncio.to_thread(look, market_now, caller=caller, request=asked, now=now)
    return await ranked(session, found, caller=caller, request=request, now=now)


async def ranked(
    session: AsyncSession, found: Look, *, caller: UserCaller, request: MatchRequest, now: datetime
) -> MatchAnswer:
    """The offers that were found, each with its cost and why."""
    windows, until = found.market.windows, now + timedelta(seconds=request.time_limit_seconds)
    prepaid = _prepaid(windows, caller, now=now, until=until)
    shown = await _offers(session) if found.fitting else {}
    offers = [
        _ranked(
            candidate,
            shown[candidate.provider_id],
            request=request,
            rank=rank,
            is_prepaid=candidate.provider_id in prepaid,
        )
        for rank, candidate in enumerate(found.fitting[: request.limit], start=1)
        if candidate.provider_id in shown
    ]
    return MatchAnswer(offers=offers, rejected=found.rejected)


async def _offers(session: AsyncSession) -> dict[UUID, Offer]:
    found, _ = await market.offers(session, OfferQuery(limit=_EVERY_OFFER))
    return {offer.id: offer for offer in found}


def _prepaid(
    windows: Iterable[ReservedWindow], caller: UserCaller, *, now: datetime, until: datetime
) -> frozenset[UUID]:
    """The machines whose time until then is the caller's already."""
    return frozenset(
        window.provider_id
        for window in windows
        if window.user_id == caller.user_id and window.starts_at <= now and until <= window.ends_at
    )


def _ranked(candidate: Candidate, offer: Offer, *, request: MatchRequest, rank: int, is_prepaid: bool) -> RankedOffer:
    resources = request.resources
    list_price = hourly_price(
        price_per_hour=candidate.price_per_hour,
        gpu_count=resources.gpu_count,
        share_milli=resources.gpu_share_milli,
    )
    bid = list_price if request.max_price is None else request.max_price
    price = 0 if is_prepaid else paid(list_price=list_price, is_spot=resources.spot, bid=bid)
    most = hold(max_price=price, seconds=request.time_limit_seconds)
    likely = estimate(
        compute_needed=request.compute_needed,
        fp32_tflops=offer.fp32_tflops,
        price_per_hour=price,
        time_limit_seconds=request.time_limit_seconds,
        held=most,
    )
    return RankedOffer(
        offer=offer,
        rank=rank,
        price_per_hour=price,
        estimated_cost=likely.cost,
        maximum_cost=most,
        estimated_seconds=likely.seconds,
        why=_why(candidate, offer, request=request, price=None if is_prepaid else price, rank=rank),
    )


def _why(candidate: Candidate, offer: Offer, *, request: MatchRequest, price: int | None, rank: int) -> list[str]:
    prefer = request.resources.prefer
    is_cheapest = rank == 1 and prefer is Preference.CHEAPEST
    if price is None:
        reasons = ["your reservation paid for it"]
    else:
        reasons = [f"{price:,} QU per hour for this job" + (", the lowest price that fits" if is_cheapest else "")]
    if prefer is Preference.FASTEST:
        reasons.insert(0, _start(candidate))
    if prefer is Preference.VALUE:
        reasons.insert(0, _value(candidate) + (", the best that fits" if rank == 1 and candidate.fp32_tflops else ""))
    if offer.gpu_count:
        reasons.append(f"{offer.free_gpus} of {offer.gpu_count} GPUs are free ({offer.model}, {offer.vram:g} GiB)")
    reasons.append(f"reliability {offer.reliability:.0%}, isolation {offer.isolation_level.value}")
    if offer.simulated:
        reasons.append("simulated: no real GPU runs there")
    elif not offer.verified:
        reasons.append("its hardware was entered by hand and is not verified")
    return reasons


def _start(candidate: Candidate) -> str:
    if candidate.type is ProviderType.RAY:
        return "work is pushed to it, and starts at once"
    return "it asks for work every few seconds, and starts then"


def _value(candidate: Candidate) -> str:
    if candidate.fp32_tflops is None:
        return "its performance was not measured, so its value is unknown"
    each = round(candidate.price_per_hour / candidate.fp32_tflops)
    return f"{each:,} QU per hour for each TFLOP/s ({candidate.fp32_tflops:.3g} measured)"
