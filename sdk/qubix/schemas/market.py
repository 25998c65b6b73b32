"""Ranked offers, the answer to a match."""

from qubix.schemas.base import WireModel
from qubix.schemas.jobs import WaitingReport
from qubix.schemas.providers import Offer


class RankedOffer(WireModel):
    """An offer that fits, with its cost in QU: likely (`estimatedCost`) and at most (`maximumCost`, the hold)."""

    offer: Offer
    rank: int
    estimated_cost: int
    maximum_cost: int
    estimated_seconds: float | None
    why: list[str]


class MatchAnswer(WireModel):
    """Offers that fit, best first; `rejected` counts why the others do not."""

    offers: list[RankedOffer]
    rejected: WaitingReport
