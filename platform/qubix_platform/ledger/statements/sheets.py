"""Statements and invoices as CSV (RFC 4180). Pure."""

import csv
from collections.abc import AsyncIterator, Iterable, Sequence
from io import StringIO

from qubix.schemas.books import Invoice, StatementLine
from qubix_platform.ledger.statements.period import Period


async def statement_sheet(
    period: Period, *, opening: int, batches: AsyncIterator[list[StatementLine]]
) -> AsyncIterator[str]:
    """A row for each movement, between one for the opening balance and one for the closing, piece by piece."""
    header = ("at", "transaction", "type", "cause", "ref", "amount", "balance")
    yield _sheet([header, (period.first, "", "OPENING", "", "", "", opening)])
    balance = opening
    async for lines in batches:
        balance = lines[-1].balance
        yield _sheet(
            (line.at.isoformat(), line.transaction_id, line.type, line.cause, line.ref, line.amount, line.balance)
            for line in lines
        )
    yield _sheet([(period.last, "", "CLOSING", "", "", "", balance)])


def invoice_sheet(invoice: Invoice) -> str:
    """A row for each job and reservation, and one for the total."""
    rows: list[Sequence[object]] = [
        (
            invoice.number,
            line.last_paid_at.isoformat(),
            line.kind,
            line.id,
            line.name or "",
            line.seconds,
            line.amount,
            line.fee,
        )
        for line in invoice.lines
    ]
    rows.append((invoice.number, invoice.issued_at.isoformat(), "TOTAL", "", "", "", invoice.total, invoice.fee))
    return _sheet([("invoice", "at", "kind", "id", "name", "seconds", "amount", "fee"), *rows])


def _sheet(rows: Iterable[Sequence[object]]) -> str:
    sheet = StringIO()
    writer = csv.writer(sheet)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return sheet.getvalue()


def _harmless(cell: object) -> object:
    """Text that a spreadsheet would take for a formula gets an apostrophe: a job's name is anybody's."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
