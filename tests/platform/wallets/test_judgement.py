"""Which challenges are taken, and which pages belong to a domain."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from qubix.schemas.states import WalletFormat
from qubix.wallets.message import Claim
from qubix_platform.wallets.judgement import Attempt, Reason, StoredChallenge, judge

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DOMAIN = "qubix.example"
CHALLENGE = StoredChallenge(
    nonce="0" * 32,
    address="A" * 60,
    domain=DOMAIN,
    message="the message",
    expires_at=NOW + timedelta(minutes=5),
    used_at=None,
)
ATTEMPT = Attempt(
    address="A" * 60,
    wallet_format=WalletFormat.EXTENSION,
    message="the message",
    claim=Claim(domain=DOMAIN, nonce="0" * 32),
    origin=f"https://{DOMAIN}",
)


def verdict(attempt: Attempt = ATTEMPT, challenge: StoredChallenge | None = CHALLENGE) -> Reason | None:
    return judge(attempt, challenge, domain=DOMAIN, offered=(WalletFormat.EXTENSION,), now=NOW)


def test_a_good_one_is_not_refused() -> None:
    assert verdict() is None
    assert verdict(replace(ATTEMPT, message=None, claim=Claim(domain=None, nonce=None), origin=None)) is None


@pytest.mark.parametrize(
    ("attempt", "challenge", "reason"),
    [
        (replace(ATTEMPT, wallet_format=WalletFormat.DEVNET), CHALLENGE, Reason.FORMAT_NOT_OFFERED),
        (replace(ATTEMPT, origin="https://evil.example"), CHALLENGE, Reason.FOREIGN_DOMAIN),
        (replace(ATTEMPT, claim=Claim(domain="evil.example", nonce=None)), CHALLENGE, Reason.FOREIGN_DOMAIN),
        (replace(ATTEMPT, claim=Claim(domain="evil.example", nonce=None)), None, Reason.FOREIGN_DOMAIN),
        (ATTEMPT, replace(CHALLENGE, domain="evil.example"), Reason.FOREIGN_DOMAIN),
        (ATTEMPT, None, Reason.UNKNOWN_CHALLENGE),
        (ATTEMPT, replace(CHALLENGE, address="B" * 60), Reason.OTHER_ADDRESS),
        (replace(ATTEMPT, message="the message "), CHALLENGE, Reason.ALTERED_MESSAGE),
        (ATTEMPT, replace(CHALLENGE, used_at=NOW), Reason.REPLAYED),
        (ATTEMPT, replace(CHALLENGE, expires_at=NOW), Reason.EXPIRED),
    ],
)
def test_each_flaw_has_its_reason(attempt: Attempt, challenge: StoredChallenge | None, reason: Reason) -> None:
    assert verdict(attempt, challenge) is reason
