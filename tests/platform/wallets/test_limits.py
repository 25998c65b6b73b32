"""How often a challenge may be asked for: who counts as one client, and how long one waits."""

from datetime import UTC, datetime, timedelta

import pytest

from qubix_platform.wallets.limits import WINDOW, client_of, seconds_to_wait

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("host", "client"),
    [
        (None, None),
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_a_client_is_an_address_or_the_network_of_a_household(host: str | None, client: str | None) -> None:
    assert client_of(host) == client


def test_one_waits_until_the_last_of_the_limits_has_room_again() -> None:
    assert seconds_to_wait(None, None, now=NOW) == 0
    assert seconds_to_wait(NOW, None, now=NOW) == 60
    assert seconds_to_wait(NOW - timedelta(seconds=50), NOW - timedelta(seconds=30.5), now=NOW) == 30
    assert seconds_to_wait(NOW - WINDOW + timedelta(microseconds=1), now=NOW) == 1
