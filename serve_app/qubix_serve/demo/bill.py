"""What a job must have cost, worked out anew from its attempts: the demo does not take the platform's word for it."""

from dataclasses import dataclass

from qubix.schemas.attempts import Attempt
from qubix.schemas.receipts import Receipt

_SECONDS_PER_HOUR = 3600
_BASIS_POINTS = 10_000


@dataclass(frozen=True, kw_only=True)
class Bill:
    """Where a hold goes, QU."""

    hold: int
    cost: int
    provider_amount: int
    fee: int
    refund: int


def expected_bill(attempts: list[Attempt], *, max_price: int, limit_seconds: int, fee_basis_points: int) -> Bill:
    """The bill for these attempts: the one that completed is paid by the whole second, one that was lost as far as
    another went on from it.

    Args:
        attempts: all of the job's.
        max_price: the job's price cap, QU per hour.
        limit_seconds: its time limit.
        fee_basis_points: the platform's fee.
    """
    hold = -(-max_price * limit_seconds // _SECONDS_PER_HOUR)
    costs = [attempt.price_per_hour * seconds_of(attempt) // _SECONDS_PER_HOUR for attempt in attempts]
    cost, fee = sum(costs), sum(each * fee_basis_points // _BASIS_POINTS for each in costs)
    return Bill(hold=hold, cost=cost, provider_amount=cost - fee, fee=fee, refund=hold - cost)


def billed(receipt: Receipt) -> Bill:
    """The bill that a receipt states."""
    return Bill(
        hold=receipt.hold,
        cost=receipt.cost,
        provider_amount=receipt.provider_amount,
        fee=receipt.fee,
        refund=receipt.refund,
    )


def seconds_of(attempt: Attempt) -> int:
    """Whole seconds of an attempt that were of use: to its own end, or as far as another went on from it."""
    return attempt.resumed_seconds if attempt.status == "LOST" else elapsed_seconds(attempt)


def elapsed_seconds(attempt: Attempt) -> int:
    """Whole seconds from an attempt's start to its end, however it ended."""
    if attempt.started_at is None or attempt.ended_at is None:
        return 0
    return int((attempt.ended_at - attempt.started_at).total_seconds())
