"""What the transactions of one tick do to the accounts. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qubix.qubic.errors import InvalidTransaction
from qubix.qubic.transaction import Transaction
from qubix_platform.qubic import send_many
from qubix_platform.qubic.devnet.accounts import NOTHING, Account


@dataclass(frozen=True)
class Executed:
    """A transaction that ran.

    Attributes:
        transaction: which.
        money_flew: whether its amount left the source. False for a source that cannot pay, and for an amount of 0.
    """

    transaction: Transaction
    money_flew: bool


@dataclass(frozen=True)
class Execution:
    """What came of a tick.

    Attributes:
        executed: the tick's transactions, in their order.
        changed: the accounts that are different now.
        burned: QU that a contract destroyed as its fee.
    """

    executed: tuple[Executed, ...]
    changed: Mapping[bytes, Account]
    burned: int


def execute(accounts: Mapping[bytes, Account], transactions: Sequence[Transaction], *, tick: int) -> Execution:
    """Run the transactions of a tick in their order. Of one that cannot be paid nothing happens."""
    books = _Books(accounts, tick)
    executed = []
    burned = 0
    for transaction in transactions:
        money_flew = books.move(transaction.source, transaction.destination, transaction.amount)
        executed.append(Executed(transaction, money_flew))
        if transaction.destination == send_many.CONTRACT and transaction.input_type == send_many.INPUT_TYPE:
            burned += _send_many(books, transaction, reward=transaction.amount if money_flew else 0)
    return Execution(tuple(executed), books.changed, burned)


class _Books:
    """The accounts as they are in the middle of a tick."""

    def __init__(self, before: Mapping[bytes, Account], tick: int) -> None:
        self._before = before
        self._tick = tick
        self.changed: dict[bytes, Account] = {}

    def of(self, address: bytes) -> Account:
        return self.changed.get(address) or self._before.get(address, NOTHING)

    def move(self, source: bytes, destination: bytes, amount: int) -> bool:
        """Move an amount when it is one and the source holds it; whether it did."""
        if amount <= 0 or self.of(source).balance < amount:
            return False
        self.take(source, amount)
        self.changed[destination] = self.of(destination).credited(amount, tick=self._tick)
        return True

    def take(self, source: bytes, amount: int) -> None:
        self.changed[source] = self.of(source).debited(amount, tick=self._tick)


def _send_many(books: _Books, transaction: Transaction, *, reward: int) -> int:
    """QUtil's procedure: pay the list out of the reward, give back what is over, burn the fee, which is returned.

    A list that cannot be paid in full is not paid at all: the whole reward goes back, without a fee.
    """
    try:
        payments = send_many.as_contract(transaction.payload)
    except InvalidTransaction:
        books.move(send_many.CONTRACT, transaction.source, reward)
        return 0
    total = sum(payment.amount for payment in payments) + send_many.FEE
    if reward < total:
        books.move(send_many.CONTRACT, transaction.source, reward)
        return 0
    books.move(send_many.CONTRACT, transaction.source, reward - total)
    for payment in payments:
        books.move(send_many.CONTRACT, payment.destination, payment.amount)
    books.take(send_many.CONTRACT, send_many.FEE)
    return send_many.FEE
