"""The policy as the environment sets it."""

import pytest

from qubix_platform.pricing.policy import MarketPolicy, PolicyUnusable, policy_of


def test_what_is_left_out_is_as_by_default() -> None:
    assert policy_of({}) == MarketPolicy()
    set_ = {
        "QUBIX_FEE_BPS": "0",
        "QUBIX_SETTLE_EVERY_S": "60",
        "QUBIX_SETTLE_MARGIN_S": "20",
        "QUBIX_STOP_AHEAD_S": "5",
    }
    assert policy_of(set_) == MarketPolicy(0, 15, 60, 20, 5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QUBIX_FEE_BPS", "10001"),
        ("QUBIX_FEE_BPS", "-1"),
        ("QUBIX_FEE_BPS", "5.0"),
        ("QUBIX_FEE_BPS", "٣"),
        ("QUBIX_SETTLE_EVERY_S", "0"),
        ("QUBIX_SETTLE_MARGIN_S", ""),
        ("QUBIX_STOP_AHEAD_S", "600"),
    ],
)
def test_what_cannot_be_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(PolicyUnusable, match=name):
        policy_of({name: value})
