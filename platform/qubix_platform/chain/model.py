"""Addresses, payments and orders of the platform on the chain."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from qubix_platform.ledger.model import ChainPlace


class AddressPurpose(StrEnum):
    """What an identity of the platform is for."""

    HOT = "hot"
    TREASURY = "treasury"
    DEPOSIT = "deposit"
    ESCROW = "escrow"

    @property
    def place(self) -> ChainPlace:
        """The ledger's mirror of all identities of this purpose."""
        return _PLACES[self]

    @property
    def is_internal(self) -> bool:
        """Whether it is the platform's own purse, and not one that it keeps for somebody."""
        return self in (AddressPurpose.HOT, AddressPurpose.TREASURY)


_PLACES: Final[Mapping[AddressPurpose, ChainPlace]] = {
    AddressPurpose.HOT: ChainPlace.HOT,
    AddressPurpose.TREASURY: ChainPlace.TREASURY,
    AddressPurpose.DEPOSIT: ChainPlace.DEPOSITS,
    AddressPurpose.ESCROW: ChainPlace.ESCROWS,
}


class Purpose(StrEnum):
    """Why a transaction is made, or was seen."""

    DEPOSIT = "DEPOSIT"
    ESCROW = "ESCROW"
    FUNDING = "FUNDING"
    WITHDRAWAL = "WITHDRAWAL"
    PAYOUT = "PAYOUT"
    RETURN = "RETURN"
    SWEEP = "SWEEP"
    TREASURY = "TREASURY"
    REFILL = "REFILL"
    ANCHOR = "ANCHOR"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, kw_only=True)
class Address:
    """An identity of the platform. `owner` is the user or the escrow that it is kept for; `balance` is by our books."""

    id: int
    purpose: AddressPurpose
    index: int
    public_key: bytes
    identity: str
    is_ours: bool
    owner: UUID | None
    balance: int


@dataclass(frozen=True)
class Outlay:
    """One payment that a transaction makes: whole QU to an identity."""

    destination: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class Order:
    """A transaction to be made.

    Attributes:
        purpose: why; decides who is told how it ended.
        ref: the withdrawal, escrow or day that it is for.
        user_id: who is told how it goes; nobody for the platform's own.
        source: the address that pays.
        outlays: one is a plain transfer and free; several go by SendMany, which costs the source 10 QU more.
        payload: input of a plain transfer, such as an anchored root; empty otherwise.
    """

    purpose: Purpose
    ref: str
    source: Address
    outlays: tuple[Outlay, ...]
    user_id: UUID | None = None
    payload: bytes = b""
