"""What the books tell: statements, invoices, the platform's revenue, roots, and receipts that prove themselves."""

from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from qubix.receipts.check import FORMAT
from qubix.schemas.base import WireModel
from qubix.schemas.receipts import Receipt
from qubix.schemas.states import TransactionType


class InvoiceSide(StrEnum):
    """Whether an invoice is of what a user used, or of what their machines earned."""

    CONSUMER = "consumer"
    PROVIDER = "provider"


class StatementOrder(StrEnum):
    """Which line of a statement comes first."""

    OLDEST = "at"
    NEWEST = "-at"


class SubjectKind(StrEnum):
    """What a movement was for, where it was for something with an id."""

    JOB = "job"
    ESCROW = "escrow"
    RESERVATION = "reservation"
    WITHDRAWAL = "withdrawal"


class StatementLine(WireModel):
    """One movement on a user's wallet, QU: positive came in. `balance` is after it, `ref` what it was for.

    Where that has an id, `subject` says what it is. `name` is the name of the user's own job, the reserved machine's
    worker id, or the identity that was withdrawn to.
    """

    at: datetime
    transaction_id: int
    type: TransactionType
    cause: str
    ref: str
    amount: int
    balance: int
    subject: SubjectKind | None = None
    name: str | None = None


class Statement(WireModel):
    """A user's wallet over days, `first` and `last` included, UTC: `opening + money_in - money_out = closing`, QU."""

    first: date
    last: date
    opening: int
    money_in: int
    money_out: int
    closing: int
    count: int
    lines: list[StatementLine]


class InvoiceLine(WireModel):
    """What was paid for one job or reservation in the invoice's month, QU; `fee` is the platform's part of `amount`.

    For a provider `amount` is what it earned before that fee. `seconds` is what was billed of the whole of it.
    """

    id: UUID
    kind: Literal["job", "reservation"]
    name: str | None
    last_paid_at: datetime
    seconds: int
    amount: int
    fee: int


class Invoice(WireModel):
    """A month of one user, from the ledger's entries. `total` is what a consumer paid or a provider received, QU."""

    number: str
    side: InvoiceSide
    user_id: UUID
    month: str
    issued_at: datetime
    currency: str = "QU"
    lines: list[InvoiceLine]
    amount: int
    fee: int
    total: int


class RevenueDay(WireModel):
    """A day (UTC) of the platform, QU: `turnover` of the jobs that paid a fee, the fees, and the network's costs."""

    day: date
    jobs: int
    turnover: int
    fees: int
    network_costs: int


class RootAnchor(WireModel):
    """The Qubic transaction whose payload carries a root; `raw` is all of it, signature included, hexadecimal."""

    transaction_id: str
    tick: int
    raw: str


class LedgerRoot(WireModel):
    """The root over what was sealed from one position to another; hexadecimal. `payload` is what is anchored."""

    number: int
    day: date
    first_position: int
    last_position: int
    root: str
    chain: str
    payload: str
    closed_at: datetime
    anchor: RootAnchor | None


class LedgerEntry(WireModel):
    """One movement on one account, QU."""

    id: int
    account_kind: str
    owner: str
    amount: int
    balance_after: int | None
    cause: str


class LedgerTransaction(WireModel):
    """A transaction as it was sealed; `created_at` in microseconds since 1970-01-01 UTC."""

    id: int
    xid: int
    key: str
    fingerprint: str
    kind: str
    ref: str
    created_at: int
    entries: list[LedgerEntry]


class ProvenTransaction(WireModel):
    """A sealed transaction, and the path of hashes (hexadecimal) from it to the root of that number."""

    transaction: LedgerTransaction
    position: int
    root: int
    path: list[str]


class ReceiptExport(WireModel):
    """A receipt with its proofs: `qubix receipt verify` checks it offline, as anybody's program can."""

    format: Literal["qubix-receipt-1"] = FORMAT
    receipt: Receipt
    transactions: list[ProvenTransaction]
    roots: list[LedgerRoot]
