"""Which form of a file a browser gets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qubix_serve.console.files import accepted


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("", {""}),
        ("gzip, deflate, br, zstd", {"gzip", "deflate", "br", "zstd"}),
        ("BR;q=1.0, gzip;q=0.2", {"br", "gzip"}),
        ("br;q=0, gzip; q=0.5", {"gzip"}),
        ("br;q=0.000", set()),
        ("identity", {"identity"}),
    ],
)
def test_only_what_the_browser_takes_is_sent(header: str, taken: set[str]) -> None:
    assert accepted(header) == taken


@given(st.text())
def test_no_header_is_too_strange(header: str) -> None:
    assert accepted(header) == accepted(header.upper()) or not header.isascii()
