"""QUtil's SendMany: up to 25 payments in one transaction.

The transaction goes to the contract, carries the sum of the payments and the fee as its amount, and the list as its
payload: 25 public keys, then 25 amounts, unused places zero.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from qubix.qubic.errors import InvalidTransaction
from qubix.qubic.identity import PUBLIC_KEY_BYTES
from qubix.qubic.transaction import MAX_AMOUNT, Transaction

CONTRACT: Final = (4).to_bytes(PUBLIC_KEY_BYTES, "little")
INPUT_TYPE: Final = 1
FEE: Final = 10
MAX_PAYMENTS: Final = 25

_NOBODY: Final = bytes(PUBLIC_KEY_BYTES)
_LIST: Final = struct.Struct(f"<{MAX_PAYMENTS * PUBLIC_KEY_BYTES}s{MAX_PAYMENTS}q")


@dataclass(frozen=True)
class Payment:
    """One of the payments: whole QU to a public key."""

    destination: bytes
    amount: int


def payload(payments: Sequence[Payment]) -> bytes:
    """The contract's input for these payments, 1,000 bytes.

    Raises:
        InvalidTransaction: none, more than 25, one to nobody, or an amount out of bounds.
    """
    if not 1 <= len(payments) <= MAX_PAYMENTS:
        raise InvalidTransaction.because(f"it has {len(payments)} payments, not 1 to {MAX_PAYMENTS}")
    for payment in payments:
        if len(payment.destination) != PUBLIC_KEY_BYTES or payment.destination == _NOBODY:
            raise InvalidTransaction.because("one of its payments goes to nobody")
        if not 0 < payment.amount <= MAX_AMOUNT:
            raise InvalidTransaction.because(f"one of its payments is of {payment.amount} QU")
    unused = MAX_PAYMENTS - len(payments)
    destinations = b"".join(payment.destination for payment in payments) + _NOBODY * unused
    return _LIST.pack(destinations, *(payment.amount for payment in payments), *([0] * unused))


def parse(payload: bytes) -> tuple[Payment, ...]:
    """The payments of a contract's input, unused places left out.

    Raises:
        InvalidTransaction: it has another length, or a negative amount.
    """
    if len(payload) != _LIST.size:
        raise InvalidTransaction.because(f"its list of payments has {len(payload)} bytes, not {_LIST.size}")
    destinations, *amounts = _LIST.unpack(payload)
    if min(amounts) < 0:
        raise InvalidTransaction.because("one of its payments is negative")
    keys = [destinations[at : at + PUBLIC_KEY_BYTES] for at in range(0, len(destinations), PUBLIC_KEY_BYTES)]
    return tuple(Payment(key, amount) for key, amount in zip(keys, amounts, strict=True) if key != _NOBODY)


def as_contract(payload: bytes) -> tuple[Payment, ...]:
    """The payments of a contract's input as the contract reads it: the node copies the input into a buffer of its own
    size, so that what is missing is zero and what is over is cut off.

    Raises:
        InvalidTransaction: it has a negative amount.
    """
    return parse(payload[: _LIST.size].ljust(_LIST.size, b"\0"))


def transaction(*, source: bytes, payments: Sequence[Payment], tick: int) -> Transaction:
    """The unsigned transaction that pays all of them at once, the contract's fee of 10 QU included.

    Raises:
        InvalidTransaction: the payments cannot be listed, or their sum is over the limit of one transaction.
    """
    return Transaction(
        source=source,
        destination=CONTRACT,
        amount=sum(payment.amount for payment in payments) + FEE,
        tick=tick,
        input_type=INPUT_TYPE,
        payload=payload(payments),
    )
