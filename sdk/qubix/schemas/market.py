"""Ranked offers: what is asked of the market, and its answer."""

from typing import Annotated

from pydantic import Field

from qubix.schemas.base import Qu, RequestModel, WireModel
from qubix.schemas.providers import Offer
from qubix.schemas.resources import ResourceRequest
from qubix.schemas.waiting import WaitingReport


class MatchRequest(RequestModel):
    """Requirements to rank offers by. `maxPrice` QU per hour."""

    resources: ResourceRequest = ResourceRequest()
    max_price: Qu | None = None
    time_limit_seconds: Annotated[int, Field(ge=1, le=30 * 86_400)] = 3600
    compute_needed: Annotated[float, Field(ge=0, le=1e15)] = 0
    limit: Annotated[int, Field(ge=1, le=200)] = 20


class RankedOffer(WireModel):
    """An offer that fits, with its cost in QU: likely (`estimatedCost`) and at most (`maximumCost`, the hold).

    `pricePerHour` is what such a job would pay there: nothing where a reservation paid for it.
    """

    offer: Offer
    rank: int
    price_per_hour: int
    estimated_cost: int
    maximum_cost: int
    estimated_seconds: float | None
    why: list[str]


class MatchAnswer(WireModel):
    """Offers that fit, best first; `rejected` counts why the others do not."""

    offers: list[RankedOffer]
    rejected: WaitingReport
