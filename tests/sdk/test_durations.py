"""Durations."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qubix.durations import seconds, spoken
from qubix.errors import InvalidRequest


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        ("90s", 90),
        ("15m", 900),
        ("1h", 3600),
        ("1h30m", 5400),
        ("2d", 172_800),
        (" 1d2h3m4s ", 93_784),
        (45, 45),
        (timedelta(minutes=2), 120),
    ],
)
def test_as_people_write_them(duration: Any, expected: int) -> None:
    assert seconds(duration) == expected


@pytest.mark.parametrize(
    "duration",
    ["", "10", "1.5h", "-1h", "1h 30m", "30m1h", "1H", "soon", "0s", "１h", 0, -5, 1.5, True, None, timedelta(0)],
)
def test_anything_else_is_refused(duration: Any) -> None:
    with pytest.raises(InvalidRequest, match="1h30m"):
        seconds(duration)


@given(st.integers(min_value=1, max_value=100 * 86_400))
def test_what_is_spoken_reads_back(total: int) -> None:
    assert seconds(spoken(total)) == total
