"""Seals of transactions, and roots over them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

from qubix.receipts.anchor import RootStatement
from qubix.receipts.canonical import LedgerTransaction
from qubix.receipts.merkle import EMPTY_CHAIN


@dataclass(frozen=True)
class Head:
    """The last seal: its position, the (xid, id) of its transaction, and the chain up to it."""

    position: int
    xid: int
    transaction_id: int
    chain: bytes


NO_SEAL: Final = Head(position=0, xid=0, transaction_id=0, chain=EMPTY_CHAIN)


GONE: Final = bytes(32)
"""Stands in a root for a seal that is gone, so that every other seal of its day is proven all the same."""


@dataclass(frozen=True)
class Closing:
    """A day that was closed: the number of its root, and at which positions of it a seal is gone."""

    number: int
    gone: tuple[int, ...]


class Seal(NamedTuple):
    """What was sealed at a position, and the transaction that stands in the books now; None where it is gone."""

    position: int
    transaction_id: int
    leaf: bytes
    chain: bytes
    transaction: LedgerTransaction | None


@dataclass(frozen=True)
class OpenSpan:
    """Seals that no root covers yet: from `first` to `last`, begun on `day`; `is_over` where that day has passed."""

    first: int
    last: int
    day: date
    chain: bytes
    is_over: bool


@dataclass(frozen=True)
class Anchor:
    """The confirmed Qubic transaction whose payload carries a root: its id, its tick, and its signed bytes."""

    hash: str
    tick: int
    raw: bytes


@dataclass(frozen=True)
class Root:
    """A root of the books, and where it was anchored; None until that is confirmed.

    `blocks` are the roots of each block of leaves, one after the other.
    """

    statement: RootStatement
    blocks: bytes
    closed_at: datetime
    anchor: Anchor | None
