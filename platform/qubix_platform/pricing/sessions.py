"""Long jobs: paid for as they go, held for only so far ahead.

What is held covers the next hour and a margin. Each hour that has passed is settled, and the hold is topped up again;
where that cannot be, the job is warned while the margin lasts, told to stop shortly before its end, and ended at it. So
nobody works unpaid, and nobody has a month's price locked up on the first day. All amounts whole QU.
"""

from dataclasses import dataclass
from enum import StrEnum

from qubix_platform.pricing.policy import MarketPolicy
from qubix_platform.pricing.rates import SECONDS_PER_HOUR, charge, hold


class Funding(StrEnum):
    """How the time that is held for stands to the time that passes."""

    COVERED = "covered"
    """To the job's limit, or further ahead than the margin."""
    SHORT = "short"
    """No further ahead than the margin: the consumer is warned."""
    STOPPING = "stopping"
    """The job has to stop now to be done in time."""
    EXHAUSTED = "exhausted"
    """Nothing is left: the job ends here."""


@dataclass(frozen=True, kw_only=True)
class Meter:
    """A running attempt's clock and money.

    Attributes:
        elapsed: whole seconds since it began.
        settled: of these, how many were paid for already.
        limit: after how many seconds it ends in any case.
        price_per_hour: what it costs, QU.
        max_price: what it may cost at most, QU per hour; the hold is made at it.
        escrow: what is held for it, QU.
    """

    elapsed: int
    settled: int
    limit: int
    price_per_hour: int
    max_price: int
    escrow: int


def is_settled_on_the_way(*, time_limit_seconds: int, policy: MarketPolicy) -> bool:
    """Whether a job may run for longer than is held for ahead. Any other is held for and settled once."""
    return time_limit_seconds > policy.funded_seconds


def first_hold(*, max_price: int, time_limit_seconds: int, policy: MarketPolicy) -> int:
    """What is held for a job when it is created."""
    return hold(max_price=max_price, seconds=min(time_limit_seconds, policy.funded_seconds))


def increment(*, price_per_hour: int, before: int, through: int) -> int:
    """What the seconds after `before` up to `through` add to an attempt's price.

    However often an attempt is settled on the way, the parts sum to the price of all of its seconds, rounded once.
    """
    until_before = charge(price_per_hour=price_per_hour, seconds=before)
    return charge(price_per_hour=price_per_hour, seconds=through) - until_before


def due(meter: Meter, policy: MarketPolicy) -> int:
    """Through which second the attempt is to be paid for now: whole hours that have passed, never its last part."""
    passed = meter.elapsed // policy.settle_every_seconds * policy.settle_every_seconds
    return passed if meter.settled < passed < meter.limit else meter.settled


def top_up(meter: Meter, policy: MarketPolicy) -> int:
    """What has to be held in addition, so that what is due now and the time ahead of it are covered.

    All that is ever held for a job stays within its price cap over its time limit.
    """
    through = due(meter, policy)
    owed = increment(price_per_hour=meter.price_per_hour, before=meter.settled, through=through)
    ahead = hold(max_price=meter.max_price, seconds=min(meter.limit - through, policy.funded_seconds))
    return max(0, owed + ahead - meter.escrow)


def covered(meter: Meter) -> int:
    """Through which second the held money lasts, the attempt's limit at most."""
    if meter.price_per_hour == 0:
        return meter.limit
    # The last second whose cumulative charge, rounded down, is within what was paid and what is held.
    within = charge(price_per_hour=meter.price_per_hour, seconds=meter.settled) + meter.escrow
    return min(meter.limit, ((within + 1) * SECONDS_PER_HOUR - 1) // meter.price_per_hour)


def funding(meter: Meter, policy: MarketPolicy) -> Funding:
    """How far ahead the held money lasts."""
    through = covered(meter)
    ahead = through - meter.elapsed
    if through >= meter.limit or ahead > policy.settle_margin_seconds:
        return Funding.COVERED
    if ahead <= 0:
        return Funding.EXHAUSTED
    return Funding.STOPPING if ahead <= policy.stop_ahead_seconds else Funding.SHORT


def affordable_seconds(*, balance: int, price_per_hour: int) -> int | None:
    """For how many whole seconds a balance pays; None for ever, where it costs nothing."""
    return None if price_per_hour == 0 else balance * SECONDS_PER_HOUR // price_per_hour
