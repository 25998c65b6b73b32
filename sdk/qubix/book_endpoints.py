"""The endpoints of the books, as calls. No I/O."""

from datetime import date
from urllib.parse import quote
from uuid import UUID

from qubix.calls import Call, Page, Reply, one, optional, several
from qubix.schemas.books import Invoice, InvoiceSide, LedgerRoot, ReceiptExport, RevenueDay, Statement

Query = tuple[tuple[str, str], ...]


def statement(*, first: date | None, last: date | None, limit: int, offset: int) -> Call[Statement]:
    """The caller's wallet over days."""
    return Call(
        asked="Asking for your statement",
        method="GET",
        path="/api/ledger/statement",
        parse=one(Statement),
        query=(*_days(first, last), ("limit", str(limit)), ("offset", str(offset))),
    )


def statement_sheet(*, first: date | None, last: date | None) -> Call[str]:
    """The caller's wallet over days, as CSV."""
    return Call(
        asked="Asking for your statement",
        method="GET",
        path="/api/ledger/statement.csv",
        parse=_text,
        query=_days(first, last),
    )


def invoice(month: str, *, side: InvoiceSide) -> Call[Invoice]:
    """A month of the caller."""
    return Call(
        asked=f"Asking for your invoice of {month}",
        method="GET",
        path=f"/api/ledger/invoices/{quote(month, safe='')}",
        parse=one(Invoice),
        query=(("side", side.value),),
    )


def invoice_sheet(month: str, *, side: InvoiceSide) -> Call[str]:
    """A month of the caller, as CSV."""
    return Call(
        asked=f"Asking for your invoice of {month}",
        method="GET",
        path=f"/api/ledger/invoices/{quote(month, safe='')}/csv",
        parse=_text,
        query=(("side", side.value),),
    )


def revenue(*, first: date | None, last: date | None) -> Call[Page[RevenueDay]]:
    """The platform's days; operators only."""
    return Call(
        asked="Asking for the platform's revenue",
        method="GET",
        path="/api/ledger/revenue",
        parse=several(RevenueDay),
        query=_days(first, last),
    )


def roots(*, limit: int, offset: int) -> Call[Page[LedgerRoot]]:
    """The published roots of the books, newest first."""
    return Call(
        asked="Asking for the roots of the books",
        method="GET",
        path="/api/ledger/roots",
        parse=several(LedgerRoot),
        query=(("limit", str(limit)), ("offset", str(offset))),
    )


def close_root() -> Call[LedgerRoot | None]:
    """Give what was posted a root now; operators only. A second call closes what came between."""
    return Call(
        asked="Closing the books", method="POST", path="/api/ledger/roots", parse=optional(LedgerRoot), repeatable=True
    )


def receipt_export(job_id: UUID | str) -> Call[ReceiptExport]:
    """A job's receipt with its proofs."""
    return Call(
        asked=f"Exporting the receipt of job {job_id}",
        method="GET",
        path=f"/api/ledger/receipts/{quote(str(job_id), safe='')}",
        parse=one(ReceiptExport),
    )


def _days(first: date | None, last: date | None) -> Query:
    asked = (("from", first), ("to", last))
    return tuple((name, day.isoformat()) for name, day in asked if day is not None)


def _text(reply: Reply) -> str:
    return reply.body.decode()
