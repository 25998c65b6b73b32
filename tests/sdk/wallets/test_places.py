"""Which pages and addresses belong to a domain."""

import pytest

from qubix.wallets.places import is_same_place


@pytest.mark.parametrize(
    ("origin", "domain", "same"),
    [
        ("https://qubix.example", "qubix.example", True),
        ("https://QUBIX.example", "qubix.example", True),
        ("https://qubix.example:8443", "qubix.example:8443", True),
        ("https://qubix.example:8443", "qubix.example", False),
        ("https://qubix.example.evil.example", "qubix.example", False),
        ("https://evil.example/qubix.example", "qubix.example", False),
        ("https://qubix.example@evil.example", "qubix.example", False),
        ("null", "qubix.example", False),
        ("", "qubix.example", False),
        ("http://[::1", "qubix.example", False),
        ("http://localhost:5173", "127.0.0.1:8000", True),
        ("http://[::1]:8000", "127.0.0.1:8000", True),
        ("http://localhost:8000", "qubix.example", False),
        ("http://localhost.evil.example", "127.0.0.1:8000", False),
        ("http://10.0.0.1:8000", "127.0.0.1:8000", False),
    ],
)
def test_only_pages_of_the_domain_belong_to_it(origin: str, domain: str, same: bool) -> None:
    assert is_same_place(origin, domain) is same
