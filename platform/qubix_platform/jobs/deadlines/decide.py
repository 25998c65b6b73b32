"""Whether a job can still be done by its deadline. Pure: time is passed in."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from qubix.schemas.states import JobStatus


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """A job that has not ended, and by when it has to.

    Attributes:
        at: its deadline.
        compute_needed: fp32 TFLOP in total, and 0 where that is not known.
        fastest: fp32 TFLOP/s of the fastest machine that takes work now; None where none was measured.
    """

    at: datetime
    status: JobStatus
    compute_needed: float = 0
    fastest: float | None = None


def missed(job: Deadline, now: datetime) -> str | None:
    """Why the job cannot end by its deadline any more, in words; None where it can, as far as is known.

    What a job that runs has left to do is not known: it has until its deadline.
    """
    by = f"its deadline, {job.at:%Y-%m-%d %H:%M:%S} UTC"
    if now >= job.at:
        return f"it did not end by {by}"
    if job.status is not JobStatus.PENDING or job.compute_needed <= 0 or not job.fastest:
        return None
    left = (job.at - now) / timedelta(seconds=1)
    needed = job.compute_needed / job.fastest
    if needed <= left:
        return None
    return f"the fastest machine on the market needs {needed:,.0f} s for it, and {left:,.0f} s are left until {by}"
