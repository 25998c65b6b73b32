"""Percentiles and ratios."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.figures import Spread, percentile, ratio

VALUES = st.lists(st.floats(min_value=0, max_value=1e9), min_size=1, max_size=60)


@given(VALUES)
def test_the_middle_is_the_median_and_the_ends_are_the_ends(values: list[float]) -> None:
    assert percentile(values, 50) == pytest.approx(statistics.median(values))
    assert percentile(values, 0) == min(values)
    assert percentile(values, 100) == max(values)


@given(st.lists(st.floats(min_value=0, max_value=1e9), min_size=2, max_size=60))
def test_percentiles_are_those_of_the_standard_library(values: list[float]) -> None:
    by_twentieths = statistics.quantiles(values, n=20, method="inclusive")
    assert percentile(values, 95) == pytest.approx(by_twentieths[-1])


def test_the_order_of_measuring_changes_nothing() -> None:
    assert percentile([3, 1, 2], 50) == percentile([1, 2, 3], 50) == 2


@pytest.mark.parametrize(("values", "percent"), [([], 50), ([1.0], 101), ([1.0], -1)])
def test_there_is_no_percentile_of_nothing_and_none_beyond_the_ends(values: list[float], percent: float) -> None:
    with pytest.raises(ValueError, match="percentile"):
        percentile(values, percent)


def test_a_spread_says_how_many_it_was_made_of() -> None:
    spread = Spread.of([4.0, 1.0, 3.0, 2.0])
    assert spread.to_json() == {"count": 4, "low": 1.0, "p50": 2.5, "p95": 3.85, "p99": 3.97, "high": 4.0}


def test_nothing_is_a_multiple_of_nothing() -> None:
    assert ratio(10, 4) == 2.5
    with pytest.raises(ValueError, match="baseline"):
        ratio(10, 0)
