"""Accounts and legs of a posting."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from uuid import UUID

from qubix.schemas.states import TransactionType


class AccountKind(StrEnum):
    """What an account is for. FEES, ISSUANCE, CHAIN and COSTS are hot: entries only, folded into a balance later."""

    WALLET = "wallet"
    ESCROW = "escrow"
    PENDING = "pending"
    RESERVATION = "reservation"
    WITHDRAWAL = "withdrawal"
    PAYOUT = "payout"
    FEES = "fees"
    COSTS = "costs"
    CHAIN = "chain"
    ISSUANCE = "issuance"


class ChainPlace(StrEnum):
    """Which of the platform's identities on the chain an account mirrors."""

    DEPOSITS = "deposits"
    ESCROWS = "escrows"
    HOT = "hot"
    TREASURY = "treasury"


class LegCause(StrEnum):
    """Why a leg moved money."""

    ESCROW_LOCK = "ESCROW_LOCK"
    ESCROW_RELEASE = "ESCROW_RELEASE"
    EARNING = "EARNING"
    PENDING = "PENDING"
    LOST = "LOST"
    FEE = "FEE"
    REFUND = "REFUND"
    ISSUANCE = "ISSUANCE"
    DEPOSIT = "DEPOSIT"
    WITHDRAWAL = "WITHDRAWAL"
    PAYOUT = "PAYOUT"
    SWEEP = "SWEEP"
    RESERVATION = "RESERVATION"
    NETWORK_FEE = "NETWORK_FEE"
    CORRECTION = "CORRECTION"


@dataclass(frozen=True)
class Account:
    """An account by its kind and owner; those of a user or of one dealing come into being with their first posting."""

    kind: AccountKind
    owner: str

    @classmethod
    def wallet(cls, user_id: UUID) -> Self:
        """What a user can spend or withdraw."""
        return cls(AccountKind.WALLET, str(user_id))

    @classmethod
    def escrow(cls, escrow_id: UUID) -> Self:
        """What is held for one job, or was paid in for one; the id is the job's where the job came first."""
        return cls(AccountKind.ESCROW, str(escrow_id))

    @classmethod
    def pending(cls, attempt_id: UUID) -> Self:
        """What an attempt was paid on its way, with the fee, and is not final: where it is lost, that goes back."""
        return cls(AccountKind.PENDING, str(attempt_id))

    @classmethod
    def reservation(cls, reservation_id: UUID) -> Self:
        """What is prepaid for a window of time and not used up."""
        return cls(AccountKind.RESERVATION, str(reservation_id))

    @classmethod
    def withdrawal(cls, withdrawal_id: UUID) -> Self:
        """What is on its way out to a user's own address."""
        return cls(AccountKind.WITHDRAWAL, str(withdrawal_id))

    @classmethod
    def payout(cls, escrow_id: UUID) -> Self:
        """What the release of an escrow on the chain is about to pay."""
        return cls(AccountKind.PAYOUT, str(escrow_id))

    @classmethod
    def costs(cls) -> Self:
        """What the platform paid for the network; the balance is negative once it did."""
        return cls(AccountKind.COSTS, "platform")

    @classmethod
    def chain(cls, place: ChainPlace) -> Self:
        """What the platform's identities hold on the chain, as a negative number: books and chain sum to zero."""
        return cls(AccountKind.CHAIN, place.value)

    @classmethod
    def fees(cls) -> Self:
        """The platform's revenue."""
        return cls(AccountKind.FEES, "platform")

    @classmethod
    def issuance(cls) -> Self:
        """Where a development platform's play money comes from; its balance is what was issued, negative."""
        return cls(AccountKind.ISSUANCE, "development")


@dataclass(frozen=True)
class Leg:
    """One movement on one account, QU: positive comes in, negative goes out."""

    account: Account
    amount: int
    cause: LegCause


@dataclass(frozen=True)
class Posting:
    """A balanced set of legs. The same `key` with the same content has effect once, with other content is an error."""

    key: str
    kind: TransactionType
    ref: str
    legs: tuple[Leg, ...]
