"""Many payments in one transaction."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qubix.qubic import identity, keys
from qubix.qubic.errors import InvalidTransaction
from qubix.qubic.transaction import MAX_AMOUNT, Transaction
from qubix_platform.qubic import send_many
from qubix_platform.qubic.send_many import Payment

PAYER = keys.derive("payer" * 11)
PAYEE = keys.derive("payee" * 11).public_key

payments = st.builds(
    Payment,
    destination=st.binary(min_size=32, max_size=32).filter(any),
    amount=st.integers(min_value=1, max_value=MAX_AMOUNT // 25 - 1),
)


@given(st.lists(payments, min_size=1, max_size=25))
def test_what_is_listed_is_read_back(listed: list[Payment]) -> None:
    payload = send_many.payload(listed)
    assert len(payload) == 1000
    assert send_many.parse(payload) == tuple(listed)


def test_the_list_is_keys_first_then_amounts() -> None:
    payload = send_many.payload([Payment(PAYEE, 7), Payment(PAYER.public_key, 2**40)])
    assert payload[:64] == PAYEE + PAYER.public_key
    assert payload[64:800] == bytes(736)
    assert payload[800:816] == (7).to_bytes(8, "little") + (2**40).to_bytes(8, "little")
    assert payload[816:] == bytes(184)


def test_the_transaction_pays_the_contract_the_sum_and_its_fee() -> None:
    listed = [Payment(PAYEE, 700), Payment(PAYER.public_key, 290)]
    paid = send_many.transaction(source=PAYER.public_key, payments=listed, tick=9)
    assert paid.amount == 1000
    assert identity.encode(paid.destination) == "EAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAVWRF"
    assert (paid.input_type, len(paid.unsigned_bytes())) == (1, 1080)
    assert Transaction.decode(paid.signed(subseed=PAYER.subseed).encode()).is_signed()


@pytest.mark.parametrize(
    "listed",
    [
        [],
        [Payment(PAYEE, 1)] * 26,
        [Payment(bytes(32), 1)],
        [Payment(bytes(31), 1)],
        [Payment(PAYEE, 0)],
        [Payment(PAYEE, -1)],
        [Payment(PAYEE, MAX_AMOUNT + 1)],
    ],
    ids=["none", "too many", "to nobody", "short key", "nothing", "negative", "too much"],
)
def test_a_list_that_cannot_be_paid_is_refused(listed: list[Payment]) -> None:
    with pytest.raises(InvalidTransaction):
        send_many.payload(listed)


def test_a_sum_over_the_limit_of_a_transaction_is_refused() -> None:
    with pytest.raises(InvalidTransaction, match="amount"):
        send_many.transaction(source=PAYER.public_key, payments=[Payment(PAYEE, MAX_AMOUNT)], tick=9)


@pytest.mark.parametrize("payload", [b"", bytes(999), bytes(1001), bytes(800) + b"\xff" * 8 + bytes(192)])
def test_another_payload_is_no_list(payload: bytes) -> None:
    with pytest.raises(InvalidTransaction):
        send_many.parse(payload)
