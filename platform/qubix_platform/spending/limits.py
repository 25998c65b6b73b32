"""Whether a hold stays within its user's own limits. Amounts in QU."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a user allows to be spent, in all (`key_id` None) or by one API key. What is None is not limited.

    Attributes:
        per_job: what one job may cost at most.
        per_day: what may be spent on a day (UTC), with all that is held for jobs that go on.
        total: what may ever be spent, with all that is held for jobs that go on.
    """

    key_id: UUID | None
    per_job: int | None
    per_day: int | None
    total: int | None


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """What was spent today (UTC) and ever, and what is held for jobs that go on."""

    today: int
    ever: int
    held: int


@dataclass(frozen=True, kw_only=True)
class Breach:
    """A limit that a hold would go beyond: which, what it allows, and what it would come to."""

    limit: str
    allowed: int
    reached: int


def breach(limits: Limits, exposure: Exposure, *, job_total: int, added: int) -> Breach | None:
    """The first limit that a hold would go beyond; None where it stays within all.

    Args:
        limits: what is allowed.
        exposure: what was spent and is held until now.
        job_total: what the job that it is for may cost at most.
        added: what the hold adds to what is held.
    """
    return next(
        (
            Breach(limit=name, allowed=allowed, reached=reached)
            for name, allowed, reached in _compared(limits, exposure, job_total=job_total, added=added)
            if allowed is not None and reached > allowed
        ),
        None,
    )


def _compared(
    limits: Limits, exposure: Exposure, *, job_total: int, added: int
) -> Iterator[tuple[str, int | None, int]]:
    yield "perJob", limits.per_job, job_total
    yield "perDay", limits.per_day, exposure.today + exposure.held + added
    yield "total", limits.total, exposure.ever + exposure.held + added
