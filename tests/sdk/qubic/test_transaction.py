"""Transactions are the node's, byte for byte."""

import base64
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qubix.qubic import identity, keys
from qubix.qubic.errors import InvalidTransaction
from qubix.qubic.transaction import MAX_AMOUNT, MAX_PAYLOAD_BYTES, MAX_TICK, Transaction
from tests.sdk.qubic.vectors import VECTORS

PAYER = keys.derive("payer" * 11)
PAYEE = keys.derive("payee" * 11)
PAYMENT = Transaction(source=PAYER.public_key, destination=PAYEE.public_key, amount=5, tick=100)

transactions = st.builds(
    Transaction,
    source=st.just(PAYER.public_key),
    destination=st.binary(min_size=32, max_size=32),
    amount=st.integers(min_value=0, max_value=MAX_AMOUNT),
    tick=st.integers(min_value=0, max_value=MAX_TICK),
    input_type=st.integers(min_value=0, max_value=2**16 - 1),
    payload=st.binary(max_size=MAX_PAYLOAD_BYTES),
)


@pytest.mark.parametrize("vector", VECTORS["transactions"], ids=lambda vector: vector["name"])
def test_known_transactions_are_the_same_to_the_byte(vector: dict[str, Any]) -> None:
    payer = keys.derive(vector["seed"])
    assert payer.identity == vector["source"]
    unsigned = Transaction(
        source=payer.public_key,
        destination=identity.decode(vector["destination"]),
        amount=vector["amount"],
        tick=vector["tick"],
        input_type=vector["inputType"],
        payload=bytes.fromhex(vector["payload_hex"]),
    )
    assert unsigned.digest().hex() == vector["unsigned_digest"]
    signed = unsigned.signed(subseed=payer.subseed)
    assert signed.encode().hex() == vector["tx_hex"]
    assert base64.b64encode(signed.encode()).decode() == vector["tx_b64"]
    assert signed.id() == vector["tx_id"]
    assert Transaction.decode(bytes.fromhex(vector["tx_hex"])) == signed
    assert signed.is_signed()


@settings(max_examples=100)
@given(transactions)
def test_what_is_encoded_is_decoded(unsigned: Transaction) -> None:
    assert Transaction.decode_unsigned(unsigned.unsigned_bytes()) == unsigned
    signed = unsigned.signed(subseed=PAYER.subseed)
    decoded = Transaction.decode(signed.encode())
    assert decoded == signed
    assert decoded.is_signed()
    assert decoded.digest() == unsigned.digest()


@settings(max_examples=100)
@given(st.data())
def test_a_flipped_bit_is_another_payment_or_none(data: st.DataObject) -> None:
    encoded = PAYMENT.signed(subseed=PAYER.subseed).encode()
    bit = data.draw(st.integers(min_value=0, max_value=8 * len(encoded) - 1))
    flipped = (int.from_bytes(encoded, "little") ^ (1 << bit)).to_bytes(len(encoded), "little")
    try:
        decoded = Transaction.decode(flipped)
    except InvalidTransaction:
        return
    assert not decoded.is_signed()


@given(st.binary(max_size=300))
def test_other_bytes_are_refused_or_read_as_they_are(encoded: bytes) -> None:
    try:
        decoded = Transaction.decode(encoded)
    except InvalidTransaction:
        return
    assert decoded.encode() == encoded


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("source", bytes(31)),
        ("destination", bytes(33)),
        ("amount", -1),
        ("amount", MAX_AMOUNT + 1),
        ("tick", -1),
        ("tick", 2**32),
        ("input_type", 2**16),
        ("payload", bytes(1025)),
        ("signature", bytes(63)),
    ],
)
def test_a_field_out_of_bounds_is_refused(field: str, value: object) -> None:
    with pytest.raises(InvalidTransaction):
        replace(PAYMENT, **{field: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [lambda raw: raw[:-1], lambda raw: raw + b"\0", lambda raw: raw[:79]])
def test_missing_and_left_over_bytes_are_refused(change: Any) -> None:
    with pytest.raises(InvalidTransaction):
        Transaction.decode(change(PAYMENT.signed(subseed=PAYER.subseed).encode()))


def test_an_unsigned_transaction_has_neither_bytes_nor_id() -> None:
    for ask in (PAYMENT.encode, PAYMENT.id):
        with pytest.raises(InvalidTransaction, match="not signed"):
            ask()
    assert not PAYMENT.is_signed()


def test_somebody_elses_signature_is_none() -> None:
    assert not PAYMENT.signed(subseed=PAYEE.subseed).is_signed()


def test_the_id_depends_on_the_signature_and_the_digest_does_not() -> None:
    by_payer, by_payee = PAYMENT.signed(subseed=PAYER.subseed), PAYMENT.signed(subseed=PAYEE.subseed)
    assert by_payer.id() != by_payee.id()
    assert by_payer.digest() == by_payee.digest()
