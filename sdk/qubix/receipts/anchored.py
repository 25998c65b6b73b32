"""Whether a Qubic transaction carries a root of the books, told from its bytes alone."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from qubix.receipts.anchor import RootStatement


class Anchor(NamedTuple):
    """A transaction of the Qubic chain that carries a root: its id, its tick, and the identity that signed it."""

    transaction_id: str
    tick: int
    signer: str


def examine(statement: RootStatement, told: Mapping[str, Any]) -> tuple[Anchor | None, str | None]:
    """The anchor that a receipt tells of, or what is wrong with it.

    Args:
        statement: what the root says.
        told: `transactionId`, `tick` and the `raw` bytes of the transaction, hexadecimal.

    Raises:
        KeyError, TypeError, ValueError: it does not tell these.
    """
    try:
        # The chain's hash comes with an extra: all that is not on the chain is checked without it.
        from qubix.qubic import identity
        from qubix.qubic.errors import InvalidTransaction
        from qubix.qubic.transaction import Transaction
    except ImportError:
        return None, "whether its Qubic transaction is genuine needs the extra qubix[chain], which is not installed"
    try:
        transaction = Transaction.decode(bytes.fromhex(told["raw"]))
    except InvalidTransaction as error:
        return None, f"what it calls its Qubic transaction is none: {error.obstacle}"
    anchor = Anchor(transaction.id(), transaction.tick, identity.encode(transaction.source))
    if (anchor.transaction_id, anchor.tick) != (told["transactionId"], told["tick"]):
        return None, f"its Qubic transaction is {anchor.transaction_id} of tick {anchor.tick}, not what it names"
    if RootStatement.parse(transaction.payload) != statement:
        return None, f"its Qubic transaction {anchor.transaction_id} does not carry it"
    if not transaction.is_signed():
        return None, f"its Qubic transaction {anchor.transaction_id} is not signed by {anchor.signer}"
    return anchor, None
