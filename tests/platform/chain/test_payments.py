"""What a SendMany paid is what the contract read, whatever length its input has."""

import pytest

from qubix.qubic import keys
from qubix.qubic.transaction import Transaction
from qubix_platform.chain.watching.payments import payments
from qubix_platform.qubic import send_many
from qubix_platform.qubic.rpc import ChainTransaction
from qubix_platform.qubic.send_many import Payment

SOURCE = keys.derive("s" * 55)
PAYEE = keys.derive("q" * 55).public_key


def ran(payload: bytes) -> ChainTransaction:
    made = Transaction(
        source=SOURCE.public_key,
        destination=send_many.CONTRACT,
        amount=1_000,
        tick=7,
        input_type=send_many.INPUT_TYPE,
        payload=payload,
    )
    return ChainTransaction(hash="a" * 60, transaction=made, money_flew=True, timestamp_ms=0)


@pytest.mark.parametrize("change", [lambda whole: whole, lambda whole: whole + b"more", lambda whole: whole[:-8]])
def test_an_input_of_any_length_is_read_as_the_contract_reads_it(change: object) -> None:
    assert callable(change)
    whole = send_many.payload([Payment(PAYEE, 900)])
    (seen,) = payments(ran(change(whole)))
    assert (seen.public_key, seen.amount, seen.leg) == (PAYEE, 900, 1)


def test_an_input_that_is_cut_before_its_amounts_pays_nobody() -> None:
    assert list(payments(ran(send_many.payload([Payment(PAYEE, 900)])[:32]))) == []
