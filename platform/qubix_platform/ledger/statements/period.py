"""Periods of whole days, UTC."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self

from qubix_platform.ledger.errors import PeriodInvalid

LONGEST: Final = timedelta(days=366)

_MONTH: Final = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Period:
    """From the beginning of the day `first` to the end of the day `last`."""

    first: date
    last: date

    @property
    def begin(self) -> datetime:
        """The first moment of it."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.last, time(), UTC) + timedelta(days=1)

    @classmethod
    def of(cls, first: date | None, last: date | None, *, today: date) -> Self:
        """The days that were asked for: this month up to today where nothing is said.

        Raises:
            PeriodInvalid: it ends before it begins, or is longer than a leap year.
        """
        until = last or max(today, first or today)
        since = first or until.replace(day=1)
        if not timedelta() <= until - since < LONGEST:
            raise PeriodInvalid(
                asked=f"The books from {since} to {until}",
                obstacle=f"that is {(until - since).days + 1} days",
                remedy=f"Ask for 1 to {LONGEST.days} days.",
            )
        return cls(since, until)

    @classmethod
    def of_month(cls, month: str) -> Self:
        """A month, written as 2026-11.

        Raises:
            PeriodInvalid: it is no month.
        """
        if (found := _MONTH.fullmatch(month)) is None:
            raise PeriodInvalid(
                asked=f"The books of {month!r}", obstacle="that is no month", remedy="Write it as 2026-11."
            )
        first = date(int(found[1]), int(found[2]), 1)
        return cls(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))
