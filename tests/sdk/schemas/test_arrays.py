"""Arrays as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qubix.schemas.arrays import MAX_ARRAY_SIZE, ArrayRange


@given(first=st.integers(0, 10**6), size=st.integers(1, MAX_ARRAY_SIZE), at_once=st.integers(1, 10**6))
def test_what_is_written_is_what_is_read(first: int, size: int, at_once: int) -> None:
    span = ArrayRange.parse(f"{first}-{first + size - 1}%{at_once}")
    assert (span.first, span.size, span.at_once) == (first, size, min(at_once, size))
    assert ArrayRange.parse(f"{first}-{first + size - 1}").at_once == size


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("7", "FIRST-LAST"),
        ("0-9%", "FIRST-LAST"),
        ("-1-3", "FIRST-LAST"),
        ("٠-٩", "FIRST-LAST"),
        ("9-0", "0-9, not 9-0"),
        ("0-1000", "at most 1,000 jobs"),
        ("0-9%0", "at least one"),
    ],
)
def test_what_cannot_be_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        ArrayRange.parse(text)
