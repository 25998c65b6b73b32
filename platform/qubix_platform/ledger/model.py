"""Accounts and legs of a posting."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from uuid import UUID

from qubix.schemas.states import TransactionType


class AccountKind(StrEnum):
    """What an account is for. FEES and ISSUANCE are hot: entries only, folded into a balance later."""

    WALLET = "wallet"
    ESCROW = "escrow"
    FEES = "fees"
    ISSUANCE = "issuance"


class LegCause(StrEnum):
    """Why a leg moved money."""

    ESCROW_LOCK = "ESCROW_LOCK"
    ESCROW_RELEASE = "ESCROW_RELEASE"
    EARNING = "EARNING"
    FEE = "FEE"
    REFUND = "REFUND"
    ISSUANCE = "ISSUANCE"


@dataclass(frozen=True)
class Account:
    """An account by its kind and owner; wallets and escrows come into being with their first posting."""

    kind: AccountKind
    owner: str

    @classmethod
    def wallet(cls, user_id: UUID) -> Self:
        """What a user can spend or withdraw."""
        return cls(AccountKind.WALLET, str(user_id))

    @classmethod
    def escrow(cls, job_id: UUID) -> Self:
        """What is held for one job."""
        return cls(AccountKind.ESCROW, str(job_id))

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
