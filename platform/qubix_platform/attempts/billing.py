"""Which seconds of an attempt are paid for."""

from datetime import datetime

from qubix.schemas.states import Cause
from qubix_platform.jobs.states import RETRIED_CAUSES
from qubix_platform.pricing.rates import whole_seconds


def billable_seconds(*, cause: Cause, started_at: datetime | None, ended_at: datetime, time_limit_seconds: int) -> int:
    """Whole seconds that the consumer pays for.

    From the accepted `started` to the accepted `complete`, both on the database's clock, and never more than the job's
    time limit. An attempt that was lost to its provider or to the platform is not paid for: its successor starts over.

    Args:
        cause: why the attempt ended.
        started_at: None where it never began to run.
        ended_at: when its end was accepted.
        time_limit_seconds: the job's limit.
    """
    if cause in RETRIED_CAUSES or started_at is None:
        return 0
    return min(whole_seconds(start=started_at, end=ended_at), time_limit_seconds)
