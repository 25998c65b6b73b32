"""All arithmetic on money, in whole QU. Here, and nowhere else, is where amounts are rounded.

Three rules, each in the consumer's favour or neutral:

- a price per hour and a hold are rounded up, so that the hold always covers what may be charged;
- a charge is for whole seconds that have passed, rounded down to whole QU;
- the platform's fee is rounded down; the rest of the charge is the provider's, the rest of the hold is returned.

So provider + fee + refund = hold, for any input. Where an attempt is settled in parts, each part is the difference of
two such figures, so that the parts sum to what one settlement would have been.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

SECONDS_PER_HOUR: Final = 3600
WHOLE_MILLI: Final = 1000
BASIS_POINTS: Final = 10_000


def _ceil_div(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)


def hourly_price(*, price_per_hour: int, gpu_count: int, share_milli: int) -> int:
    """What a job pays per hour, QU.

    Args:
        price_per_hour: the provider's price, QU per hour of one whole GPU (of the machine where there is none).
        gpu_count: GPUs that the job takes; 0 for a job on the processor alone, which pays one unit.
        share_milli: the share of each GPU in thousandths.
    """
    if gpu_count == 0:
        return price_per_hour
    return _ceil_div(price_per_hour * gpu_count * share_milli, WHOLE_MILLI)


def hold(*, max_price: int, seconds: int) -> int:
    """What is held in escrow for a job: its price cap, QU per hour, over its time limit in seconds, rounded up."""
    return _ceil_div(max_price * seconds, SECONDS_PER_HOUR)


def charge(*, price_per_hour: int, seconds: int) -> int:
    """The price of whole seconds of use, QU, rounded down."""
    return price_per_hour * seconds // SECONDS_PER_HOUR


def whole_seconds(*, start: datetime, end: datetime) -> int:
    """Seconds that have passed in full between two instants; none where the clock went back."""
    return max(0, (end - start) // timedelta(seconds=1))


@dataclass(frozen=True)
class Split:
    """Where a hold goes, QU. The three parts always sum to it."""

    provider: int
    fee: int
    refund: int


def split(*, held: int, charged: int, fee_basis_points: int, charged_before: int = 0) -> Split:
    """Divide a hold: the charge between provider and platform, the rest back to the consumer.

    Args:
        held: what is in escrow, QU.
        charged: what was used, QU. More than was held is charged as what was held.
        fee_basis_points: the platform's part of the charge in ten-thousandths.
        charged_before: what was charged for the same attempt in earlier parts, QU.
    """
    taken = min(charged, held)
    fee = _fee(charged_before + taken, fee_basis_points) - _fee(charged_before, fee_basis_points)
    return Split(provider=taken - fee, fee=fee, refund=held - taken)


def _fee(charged: int, basis_points: int) -> int:
    return charged * basis_points // BASIS_POINTS
