"""What many measurements come down to."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How measurements of one thing are spread. In the unit of the measurements."""

    count: int
    low: float
    p50: float
    p95: float
    p99: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """The spread of `values`.

        Raises:
            ValueError: there are none.
        """
        return cls(
            count=len(values),
            low=min(values),
            p50=percentile(values, 50),
            p95=percentile(values, 95),
            p99=percentile(values, 99),
            high=max(values),
        )

    def to_json(self) -> dict[str, float]:
        """The spread as JSON values."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of the values do not exceed, interpolated between the two nearest.

    Args:
        values: in any order.
        percent: from 0 to 100.

    Raises:
        ValueError: there are no values, or there is no such percentile.
    """
    if not values or not 0 <= percent <= 100:
        raise ValueError(f"there is no {percent} % percentile of {len(values)} values")
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    below, above = math.floor(place), math.ceil(place)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def ratio(value: float, baseline: float) -> float:
    """How many times the baseline the value is.

    Raises:
        ValueError: the baseline is not positive.
    """
    if baseline <= 0:
        raise ValueError(f"{baseline} is no baseline")
    return value / baseline
