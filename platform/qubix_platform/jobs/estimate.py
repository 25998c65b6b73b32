"""What a job is likely to cost."""

from dataclasses import dataclass
from math import ceil

from qubix_platform.pricing.rates import charge


@dataclass(frozen=True)
class Estimate:
    """Likely duration in seconds (None where nothing is known of it) and cost in QU, never above the hold."""

    seconds: float | None
    cost: int


def estimate(
    *, compute_needed: float, fp32_tflops: float | None, price_per_hour: int, time_limit_seconds: int, held: int
) -> Estimate:
    """Divide the compute that is needed by the speed of the offer's benchmark.

    Args:
        compute_needed: fp32 TFLOP in total; 0 where the consumer does not know.
        fp32_tflops: TFLOP/s of the offer; None where it was not measured.
        price_per_hour: what the job would pay, QU per hour.
        time_limit_seconds: the job's limit.
        held: what is held for it, QU.
    """
    if compute_needed <= 0 or fp32_tflops is None:
        return Estimate(seconds=None, cost=held)
    seconds = min(compute_needed / fp32_tflops, float(time_limit_seconds))
    return Estimate(seconds=seconds, cost=min(held, charge(price_per_hour=price_per_hour, seconds=ceil(seconds))))
