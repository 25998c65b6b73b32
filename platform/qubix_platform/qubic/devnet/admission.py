"""Which transactions a node takes."""

from qubix.qubic.errors import InvalidTransaction
from qubix.qubic.transaction import Transaction
from qubix_platform.qubic.devnet.chain import TICKS_AHEAD, Chain


def admit(raw: bytes, *, chain: Chain) -> Transaction:
    """The transaction of these bytes, when the chain can run it. A source that cannot pay is found out in its tick.

    Raises:
        InvalidTransaction: no transaction, not signed by its source, or for a tick that is over or too far away.
    """
    transaction = Transaction.decode(raw)
    if not transaction.is_signed():
        raise InvalidTransaction.because("its signature is not its source's")
    if transaction.tick <= chain.tick:
        raise InvalidTransaction.because(
            f"its target tick {transaction.tick} should be greater than the present tick {chain.tick}"
        )
    if transaction.tick > chain.tick + TICKS_AHEAD:
        raise InvalidTransaction.because(
            f"its target tick {transaction.tick} is more than {TICKS_AHEAD} after the present tick {chain.tick}"
        )
    return transaction
