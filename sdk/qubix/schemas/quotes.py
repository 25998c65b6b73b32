"""What a job would cost."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from qubix.schemas.base import Qu, RequestModel, WireModel
from qubix.schemas.resources import ResourceRequest
from qubix.schemas.waiting import WaitingReport


class AskedJob(RequestModel):
    """A job to ask the price of. Without `maxPrice` (QU per hour), the likely price counts as the most."""

    resources: ResourceRequest = ResourceRequest()
    max_price: Qu | None = None
    time_limit_seconds: Annotated[int, Field(ge=1, le=30 * 86_400)] = 3600
    compute_needed: Annotated[float, Field(ge=0, le=1e15)] = 0


class QuoteRequest(AskedJob):
    """A job to ask the price of, and maybe another one to compare it with: what if it were asked for so?"""

    what_if: AskedJob | None = None


class WhatIf(WireModel):
    """The quote of the other job, on the same market, and what is different with it, a sentence each."""

    quote: "Quote"
    differences: list[str]


class Quote(WireModel):
    """What a job would cost, as the market is now. Amounts in QU, prices QU per hour.

    `pricePerHour`, `likelyCost` and `likelySeconds` are those of the machine `workerId` that the job would go to now;
    None where it would wait, and then `waiting` says why. `maximumCost` is what it can come to at most, `hold` what is
    held of that at its creation: a job that may run for longer than an hour is settled every `settleEverySeconds`, and
    the hold topped up from the balance, which lasts for `balanceLastsSeconds` at the likely price. `obstacles` says why
    it could not be created now; empty where it could. `startsAt` is now, or when it would start at the latest, by the
    time limits of what runs and of what waits before it; None where that is not known. `whatIf` answers the same of
    the request.
    """

    price_per_hour: int | None
    worker_id: str | None
    likely_cost: int | None
    likely_seconds: float | None
    maximum_cost: int | None
    hold: int | None
    settle_every_seconds: int | None
    balance: int
    balance_lasts_seconds: int | None
    obstacles: list[str]
    waiting: WaitingReport | None
    starts_at: datetime | None = None
    what_if: WhatIf | None = None
