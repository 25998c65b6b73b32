"""What the network answers, as values of ours. Its 64-bit numbers come as strings and are ints here.

Each `from_json` raises `ValueError`, `KeyError` or `TypeError` for an answer that is none.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from qubix.qubic import identity
from qubix.qubic.transaction import Transaction


@dataclass(frozen=True, kw_only=True)
class TickInfo:
    """Where the chain is.

    Attributes:
        tick: the present one; a transaction needs a later one.
        duration: of a tick, in seconds, rounded.
        epoch: the present one.
        initial_tick: the epoch's first.
        name: the network's, where it gives itself one: a devnet does.
    """

    tick: int
    duration: int
    epoch: int
    initial_tick: int
    name: str | None

    @classmethod
    def from_json(cls, answer: Mapping[str, Any]) -> Self:
        """Read an answer to `tick-info`."""
        info = answer["tickInfo"]
        name = info.get("name")
        return cls(
            tick=_number(info["tick"]),
            duration=_number(info["duration"]),
            epoch=_number(info["epoch"]),
            initial_tick=_number(info["initialTick"]),
            name=None if name is None else str(name),
        )


@dataclass(frozen=True, kw_only=True)
class Balance:
    """What an identity holds, in whole QU, as of the end of tick `valid_for_tick`, which may be some ticks ago."""

    identity: str
    balance: int
    valid_for_tick: int
    incoming_amount: int
    outgoing_amount: int
    incoming_transfers: int
    outgoing_transfers: int
    latest_incoming_tick: int
    latest_outgoing_tick: int

    @classmethod
    def from_json(cls, answer: Mapping[str, Any]) -> Self:
        """Read an answer to `balances`."""
        found = answer["balance"]
        return cls(
            identity=str(found["id"]),
            balance=_number(found["balance"]),
            valid_for_tick=_number(found["validForTick"]),
            incoming_amount=_number(found["incomingAmount"]),
            outgoing_amount=_number(found["outgoingAmount"]),
            incoming_transfers=_number(found["numberOfIncomingTransfers"]),
            outgoing_transfers=_number(found["numberOfOutgoingTransfers"]),
            latest_incoming_tick=_number(found["latestIncomingTransferTick"]),
            latest_outgoing_tick=_number(found["latestOutgoingTransferTick"]),
        )


@dataclass(frozen=True, kw_only=True)
class LastProcessedTick:
    """How far the archive has come: its last tick, that tick's epoch, and the first tick without a gap before it."""

    tick: int
    epoch: int
    interval_initial_tick: int

    @classmethod
    def from_json(cls, answer: Mapping[str, Any]) -> Self:
        """Read an answer to `getLastProcessedTick`."""
        return cls(
            tick=_number(answer["tickNumber"]),
            epoch=_number(answer["epoch"]),
            interval_initial_tick=_number(answer["intervalInitialTick"]),
        )


@dataclass(frozen=True, kw_only=True)
class ChainTransaction:
    """A transaction that ran.

    Attributes:
        hash: its id on the chain, 60 small letters.
        transaction: itself, with its signature.
        money_flew: whether its amount left the source. Never for an amount of 0, even where the transaction ran.
        timestamp_ms: of its tick, in milliseconds since the epoch.
    """

    hash: str
    transaction: Transaction
    money_flew: bool
    timestamp_ms: int

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Read one transaction of an answer."""
        money_flew = found["moneyFlew"]
        if not isinstance(money_flew, bool):
            raise TypeError("moneyFlew is neither true nor false")
        return cls(
            hash=str(found["hash"]),
            transaction=Transaction(
                source=identity.decode(found["source"]),
                destination=identity.decode(found["destination"]),
                amount=_number(found["amount"]),
                tick=_number(found["tickNumber"]),
                input_type=_number(found["inputType"]),
                payload=base64.b64decode(found["inputData"], validate=True),
                signature=base64.b64decode(found["signature"], validate=True),
            ),
            money_flew=money_flew,
            timestamp_ms=_number(found["timestamp"]),
        )

    def is_genuine(self) -> bool:
        """Whether the source really signed it and the id is its own: then no server of the network made it up.

        Takes milliseconds: a signature is checked.
        """
        return self.hash == self.transaction.id() and self.transaction.is_signed()


@dataclass(frozen=True, kw_only=True)
class TransactionPage:
    """One page of an identity's transactions, newest first.

    Attributes:
        valid_for_tick: what ran after this tick is not counted.
        total: how many there are on all pages.
        transactions: of this page.
    """

    valid_for_tick: int
    total: int
    transactions: tuple[ChainTransaction, ...]

    @classmethod
    def from_json(cls, answer: Mapping[str, Any]) -> Self:
        """Read an answer to `getTransactionsForIdentity`."""
        return cls(
            valid_for_tick=_number(answer["validForTick"]),
            total=_number(answer["hits"]["total"]),
            transactions=transactions(answer),
        )


def transactions(answer: Mapping[str, Any]) -> tuple[ChainTransaction, ...]:
    """The transactions of an answer that lists some."""
    return tuple(ChainTransaction.from_json(found) for found in answer["transactions"])


def one_transaction(answer: Mapping[str, Any]) -> ChainTransaction:
    """The transaction of an answer about one: under a name of its own, or the answer as a whole."""
    return ChainTransaction.from_json(answer.get("transaction", answer))


def _number(value: object) -> int:
    if type(value) is int:
        return value
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        return int(value)
    raise ValueError("a number is neither whole nor written as one")
