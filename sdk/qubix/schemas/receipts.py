"""Where the money of a job went."""

from datetime import datetime
from uuid import UUID

from qubix.schemas.attempts import Attempt
from qubix.schemas.base import WireModel


class ReceiptLeg(WireModel):
    """One leg of the settlement: where a part of the hold went, in QU, and why."""

    to: str
    amount: int
    type: str
    cause: str


class ReceiptStretch(WireModel):
    """Seconds of one attempt, after `begin` up to `end`: whether they were billed, why (not), and what they cost in QU.

    `cause` is SETTLED for what was paid while the attempt went on; of an attempt that was lost, RESUMED for what a
    later one went on from; else a `Cause`.
    """

    attempt: int
    rank: int = 0
    begin: int
    end: int
    billed: bool
    cause: str
    amount: int


class Receipt(WireModel):
    """The settlement of a job; amounts in QU. Once settled, `hold = sum(legs)`, and `cost` is that of `stretches`.

    `pending` is the part of `cost` that is not final, which there is only while the job goes on: were the machine lost,
    it would go back.
    """

    job_id: UUID
    settled: bool
    hold: int
    cost: int
    fee: int
    provider_amount: int
    pending: int = 0
    refund: int
    fee_basis_points: int
    legs: list[ReceiptLeg]
    attempts: list[Attempt]
    stretches: list[ReceiptStretch] = []
    lost_seconds_unbilled: int
    simulated: bool
    currency: str = "QU"
    ledger_transactions: list[int]
    created_at: datetime
    settled_at: datetime | None
