"""Money between the books and the Qubic chain: deposits, withdrawals, escrows. Amounts are whole QU."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from qubix.schemas.base import Qu, QubicAddress, RequestModel, WireModel

Confirmations = Annotated[int, Field(ge=0, le=3)]
"""How many of the three confirmations there are: at three a payment is final."""


class WithdrawalStatus(StrEnum):
    """Life of a withdrawal. DELAYED was dropped by the network three times and is tried again after a pause."""

    QUEUED = "QUEUED"
    SENT = "SENT"
    DELAYED = "DELAYED"
    CONFIRMED = "CONFIRMED"
    RETURNED = "RETURNED"


class EscrowSource(StrEnum):
    """Where an escrow's money comes from: the available balance, or a transfer from the consumer's own wallet."""

    BALANCE = "balance"
    TRANSFER = "transfer"


class EscrowStatus(StrEnum):
    """AWAITING payment, LOCKED for a job to come, USED by one; then on its way out, and out."""

    AWAITING = "AWAITING"
    LOCKED = "LOCKED"
    USED = "USED"
    RELEASING = "RELEASING"
    REFUNDING = "REFUNDING"
    RELEASED = "RELEASED"
    REFUNDED = "REFUNDED"

    @property
    def is_final(self) -> bool:
        """Final states are final."""
        return self in (EscrowStatus.RELEASED, EscrowStatus.REFUNDED)


class DepositAddress(WireModel):
    """The identity that the caller's deposits go to. It stays theirs."""

    address: QubicAddress
    confirmations_needed: int = 3


class Deposit(WireModel):
    """A payment that came in. It is credited with its third confirmation."""

    id: UUID
    amount: int
    source: QubicAddress
    tick: int
    hash: str
    confirmations: Confirmations
    credited: bool
    seen_at: datetime


class WithdrawalCreate(RequestModel):
    """QU to send to an identity of the caller's own."""

    address: QubicAddress
    amount: Annotated[Qu, Field(gt=0)]


class WithdrawalStep(WireModel):
    """When a withdrawal came to a status. Sent, it can be executed in `tick` alone; `reason` says why it was not."""

    status: WithdrawalStatus
    at: datetime
    tick: int | None
    reason: str | None


class Withdrawal(WireModel):
    """A withdrawal; `reason` says why it is delayed or came back. `steps` are told of one alone, oldest first."""

    id: UUID
    address: QubicAddress
    amount: int
    status: WithdrawalStatus
    tick: int | None
    hash: str | None
    tries: int
    reason: str | None
    created_at: datetime
    steps: list[WithdrawalStep] = []


class EscrowLock(RequestModel):
    """Money to set aside for a job that is created afterwards, with the `escrowId` of the answer."""

    amount: Annotated[Qu, Field(gt=0)]
    source: EscrowSource = EscrowSource.BALANCE


class UnsignedTransaction(WireModel):
    """A transaction for the consumer's wallet to sign.

    `encoded` is the transaction without its signature, base64; `digest` what is signed, hexadecimal. It can be executed
    in `tick` only; a fresh one comes with each look at the escrow.
    """

    encoded: str
    digest: str
    source: QubicAddress
    destination: QubicAddress
    amount: int
    tick: int


class SignedTransaction(RequestModel):
    """The transaction with its signature, base64."""

    encoded: Annotated[str, Field(min_length=1, max_length=2000)]


class EscrowPayment(WireModel):
    """A payment to an escrow or out of it."""

    id: UUID
    direction: str
    purpose: str
    source: QubicAddress
    destination: QubicAddress
    amount: int
    status: str
    confirmations: Confirmations
    tick: int | None
    hash: str | None
    reason: str | None


class Escrow(WireModel):
    """An escrow. `address` and `payer` only where it is paid by transfer: from there to there, until `expiresAt`."""

    escrow_id: UUID
    source: EscrowSource
    status: EscrowStatus
    amount: int
    paid: int
    job_id: UUID | None
    address: QubicAddress | None
    payer: QubicAddress | None
    expires_at: datetime
    created_at: datetime
    unsigned_transaction: UnsignedTransaction | None = None
    payments: list[EscrowPayment] = []


class EscrowRef(RequestModel):
    """The escrow that is meant."""

    escrow_id: UUID
