"""Summing up what a user's machines earned. Amounts in whole QU."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from qubix.schemas.providers import EarningEntry, Earnings


@dataclass(frozen=True, kw_only=True)
class EarningsOfDay:
    """One UTC day: QU earned net of the fee, of which `simulated` on simulated machines, by `jobs` jobs."""

    day: date
    amount: int
    jobs: int
    simulated: int


def summarise(days: Sequence[EarningsOfDay], *, today: date, active_jobs: int, pending: int) -> Earnings:
    """Totals of all days, of today, of this week (from Monday) and of this month; UTC throughout. `pending` in QU."""
    monday = today - timedelta(days=today.weekday())
    return Earnings(
        total=sum(day.amount for day in days),
        pending=pending,
        today=sum(day.amount for day in days if day.day == today),
        this_week=sum(day.amount for day in days if day.day >= monday),
        this_month=sum(day.amount for day in days if day.day >= today.replace(day=1)),
        job_count=sum(day.jobs for day in days),
        active_jobs=active_jobs,
        history=[EarningEntry(date=day.day.isoformat(), amount=day.amount, job_count=day.jobs) for day in days],
        simulated_total=sum(day.simulated for day in days),
    )
