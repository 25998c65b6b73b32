"""The marketplace: open to everybody."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from qubix.schemas.base import MAX_QU
from qubix.schemas.market import MatchAnswer, MatchRequest
from qubix.schemas.providers import Offer, Provider
from qubix.schemas.states import Interconnect, IsolationLevel, ProviderType, Trust
from qubix_platform.market import matching
from qubix_platform.market import service as market
from qubix_platform.market.query import Availability, OfferQuery, SortKey
from qubix_serve.dependencies import Context, Page, Paged, ReadUser, Session

router = APIRouter(tags=["market"])

Words = Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a caller looks for, and which part of it."""

    page: Page
    query: OfferQuery


async def requested_filters(  # noqa: PLR0913, PLR0917 - one argument for each filter of the query string
    page: Paged,
    model: Annotated[list[Words] | None, Query(max_length=50)] = None,
    min_vram: Annotated[float, Query(alias="minVram", ge=0, le=4096, description="GiB of one GPU.")] = 0,
    gpu_count: Annotated[int, Query(alias="gpuCount", ge=0, le=64)] = 0,
    max_price: Annotated[int | None, Query(alias="maxPrice", ge=0, le=MAX_QU, description="QU per hour.")] = None,
    location: Annotated[list[Words] | None, Query(max_length=50)] = None,
    availability: Availability = "all",
    min_reliability: Annotated[float, Query(alias="minReliability", ge=0, le=1)] = 0,
    isolation: IsolationLevel = IsolationLevel.NONE,
    interconnect: Interconnect | None = None,
    trust: Trust | None = None,
    type: ProviderType | None = None,  # noqa: A002 - the wire's name
    simulated: bool | None = None,
    verified: bool | None = None,
    search: Words = "",
    sort: SortKey = SortKey.PRICE,
    order: Annotated[str | None, Query(pattern="^(asc|desc)$")] = None,
) -> Filters:
    """What the query string asks for; see `OfferQuery`."""
    query = OfferQuery(
        models=tuple(model or ()),
        min_vram_mib=int(min_vram * 1024),
        gpu_count=gpu_count,
        max_price=max_price,
        locations=tuple(location or ()),
        availability=availability,
        min_reliability=min_reliability,
        isolation=isolation,
        interconnect=interconnect,
        trust=trust,
        type=type,
        simulated=simulated,
        verified=verified,
        search=search,
        sort=sort,
        descending=None if order is None else order == "desc",
        limit=page.limit,
        offset=page.offset,
    )
    return Filters(page, query)


Filtered = Annotated[Filters, Depends(requested_filters)]


@router.get("/api/gpus")
async def list_gpus(session: Session, filters: Filtered) -> list[Offer]:
    """What is for rent: one row for each machine."""
    found, total = await market.offers(session, filters.query)
    filters.page.describe(total)
    return found


@router.get("/api/providers")
async def list_providers(session: Session, filters: Filtered) -> list[Provider]:
    """The machines of the market, each with its GPUs."""
    found, total = await market.providers(session, filters.query)
    filters.page.describe(total)
    return found


@router.post("/api/providers/match")
async def match_offers(request: MatchRequest, session: Session, caller: ReadUser, context: Context) -> MatchAnswer:
    """Offers that fit, best first, each with its cost and why; the others counted by what stands in the way."""
    return await matching.match(session, caller=caller, request=request, now=datetime.now(UTC), turns=context.turns)
