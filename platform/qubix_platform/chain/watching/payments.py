"""What the transactions of a tick paid, and what they took. Pure."""

from collections.abc import Iterator

from qubix.qubic import identity
from qubix.qubic.errors import InvalidTransaction
from qubix_platform.chain.transactions.model import Sighting
from qubix_platform.qubic import send_many
from qubix_platform.qubic.rpc import ChainTransaction


def payments(found: ChainTransaction) -> Iterator[Sighting]:
    """Every payment of a transaction that ran: itself, or each of a SendMany's that was paid in full."""
    transaction = found.transaction
    if not found.money_flew or transaction.amount <= 0:
        return
    if transaction.destination == send_many.CONTRACT:
        yield from _listed(found)
    else:
        yield _sighting(found, leg=0, amount=transaction.amount, public_key=transaction.destination)


def _listed(found: ChainTransaction) -> Iterator[Sighting]:
    transaction = found.transaction
    if transaction.input_type != send_many.INPUT_TYPE:
        return
    try:
        listed = send_many.as_contract(transaction.payload)
    except InvalidTransaction:
        return  # the contract gives it all back
    if transaction.amount < sum(payment.amount for payment in listed) + send_many.FEE:
        return  # the contract pays all or nothing
    for leg, payment in enumerate(listed, start=1):
        if payment.amount:
            yield _sighting(found, leg=leg, amount=payment.amount, public_key=payment.destination)


def _sighting(found: ChainTransaction, *, leg: int, amount: int, public_key: bytes) -> Sighting:
    return Sighting(
        tick=found.transaction.tick,
        digest=found.transaction.digest(),
        leg=leg,
        hash=found.hash,
        source=identity.encode(found.transaction.source),
        amount=amount,
        public_key=public_key,
    )
