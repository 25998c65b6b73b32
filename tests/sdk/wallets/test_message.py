"""What wallets are asked to sign."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qubix.schemas.states import WalletFormat
from qubix.wallets.message import Terms, compose, digest, is_sign_in, read, read_signature, spell_signature
from tests.sdk.qubic.vectors import VECTORS

MESSAGES = VECTORS["wallet_messages"]
NOW = datetime(2026, 11, 22, 12, 0, 0, 999_999, tzinfo=UTC)


def terms(domain: str = "qubix.example", nonce: str = "0" * 32) -> Terms:
    address = "SUZFFQSCVPHYYBDCQODEMFAOKRJDDDIRJFFIWFLRDDJQRPKMJNOCSSKHXHGK"
    return Terms(domain=domain, address=address, nonce=nonce, issued_at=NOW, expires_at=NOW + timedelta(minutes=5))


def test_the_message_says_who_signs_in_where_and_until_when() -> None:
    assert (
        compose(terms())
        == """qubix.example wants you to sign in to QUBIX with your Qubic identity:
SUZFFQSCVPHYYBDCQODEMFAOKRJDDDIRJFFIWFLRDDJQRPKMJNOCSSKHXHGK

Signing proves that the identity is yours. It moves no QU and costs nothing.

Domain: qubix.example
Nonce: 00000000000000000000000000000000
Issued: 2026-11-22T12:00:00Z
Expires: 2026-11-22T12:05:00Z"""
    )


@given(st.from_regex(r"[a-z0-9.-]{1,60}(:[0-9]{1,5})?", fullmatch=True), st.from_regex(r"[0-9a-f]{32}", fullmatch=True))
def test_a_message_claims_what_it_was_made_of(domain: str, nonce: str) -> None:
    claim = read(compose(terms(domain, nonce)))
    assert (claim.domain, claim.nonce) == (domain, nonce)


@pytest.mark.parametrize(
    ("changed", "whole"),
    [("", True), ("Somebody pays.\n", False)],
)
def test_only_what_opens_as_a_sign_in_of_the_wallet_to_the_domain_is_one(changed: str, whole: bool) -> None:
    made = terms()
    message = changed + compose(made)
    assert is_sign_in(message, domain=made.domain, address=made.address) is whole
    assert not is_sign_in(message, domain="evil.example", address=made.address)
    assert not is_sign_in(message, domain=made.domain, address="Z" * 60)


@given(st.text(max_size=300))
def test_any_other_text_is_read_without_an_error(text: str) -> None:
    read(text)


def test_digests_are_the_ones_that_wallets_sign() -> None:
    extension, walletconnect = MESSAGES
    assert digest(extension["message"], WalletFormat.EXTENSION).hex() == extension["signed_digest"]
    assert digest(walletconnect["message"], WalletFormat.WALLETCONNECT).hex() == walletconnect["signed_digest"]


def test_signatures_are_read_as_wallets_spell_them() -> None:
    extension, walletconnect = MESSAGES
    assert len(read_signature(extension["signatureHex"], WalletFormat.EXTENSION)) == 64
    assert len(read_signature(walletconnect["signature"], WalletFormat.WALLETCONNECT)) == 64


def test_no_two_formats_sign_the_same_bytes() -> None:
    assert len({digest("a message", known) for known in WalletFormat}) == len(WalletFormat)


@pytest.mark.parametrize("wallet_format", list(WalletFormat))
@given(signature=st.binary(min_size=64, max_size=64))
def test_a_signature_is_read_as_it_was_spelled(wallet_format: WalletFormat, signature: bytes) -> None:
    assert read_signature(spell_signature(signature, wallet_format), wallet_format) == signature


@pytest.mark.parametrize("wallet_format", list(WalletFormat))
@given(spelled=st.text(max_size=150))
def test_whatever_is_sent_as_a_signature_is_read_without_an_error(wallet_format: WalletFormat, spelled: str) -> None:
    read_signature(spelled, wallet_format)
