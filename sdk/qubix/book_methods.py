"""What both clients do about the books: statements, invoices, roots and receipts that prove themselves."""

from datetime import date
from uuid import UUID

from qubix import book_endpoints
from qubix.calls import Page
from qubix.driver import AsyncDriver, Driver
from qubix.schemas.books import Invoice, InvoiceSide, LedgerRoot, ReceiptExport, RevenueDay, Statement


class BookMethods:
    """Of the synchronous client."""

    _driver: Driver

    def statement(
        self, *, first: date | None = None, last: date | None = None, limit: int = 200, offset: int = 0
    ) -> Statement:
        """Your wallet over days, UTC: balances before and after, and movements with their causes, oldest first.

        Args:
            first: the first day; the month's first where it is left out.
            last: the last day; today where it is left out.
            limit: so many movements at most, up to 200.
            offset: so many movements are passed over.
        """
        return self._driver.send(book_endpoints.statement(first=first, last=last, limit=limit, offset=offset))

    def statement_sheet(self, *, first: date | None = None, last: date | None = None) -> str:
        """Your wallet over days, all of it, as CSV."""
        return self._driver.send(book_endpoints.statement_sheet(first=first, last=last))

    def invoice(self, month: str, *, side: InvoiceSide = InvoiceSide.CONSUMER) -> Invoice:
        """What you paid in a month (`2026-11`), or what your machines earned, job by job."""
        return self._driver.send(book_endpoints.invoice(month, side=side))

    def invoice_sheet(self, month: str, *, side: InvoiceSide = InvoiceSide.CONSUMER) -> str:
        """The same as CSV."""
        return self._driver.send(book_endpoints.invoice_sheet(month, side=side))

    def revenue(self, *, first: date | None = None, last: date | None = None) -> Page[RevenueDay]:
        """What the platform took in fees and paid to the network, by day. Operators only."""
        return self._driver.send(book_endpoints.revenue(first=first, last=last))

    def roots(self, *, limit: int = 50, offset: int = 0) -> Page[LedgerRoot]:
        """The published roots of the books, newest first, and the Qubic transactions that carry them."""
        return self._driver.send(book_endpoints.roots(limit=limit, offset=offset))

    def close_books(self) -> LedgerRoot | None:
        """Give what was posted a root now, not after midnight; None where nothing is new. Operators only."""
        return self._driver.send(book_endpoints.close_root())

    def receipt_export(self, job_id: UUID | str) -> ReceiptExport:
        """A job's receipt with its proofs, for `qubix receipt verify` or anybody's own check.

        Raises:
            Conflict: no root covers it yet: each day's is made after midnight UTC.
        """
        return self._driver.send(book_endpoints.receipt_export(job_id))


class AsyncBookMethods:
    """Of the asynchronous client."""

    _driver: AsyncDriver

    async def statement(
        self, *, first: date | None = None, last: date | None = None, limit: int = 200, offset: int = 0
    ) -> Statement:
        """Your wallet over days, UTC: balances before and after, and movements with their causes, oldest first.

        Args:
            first: the first day; the month's first where it is left out.
            last: the last day; today where it is left out.
            limit: so many movements at most, up to 200.
            offset: so many movements are passed over.
        """
        return await self._driver.send(book_endpoints.statement(first=first, last=last, limit=limit, offset=offset))

    async def statement_sheet(self, *, first: date | None = None, last: date | None = None) -> str:
        """Your wallet over days, all of it, as CSV."""
        return await self._driver.send(book_endpoints.statement_sheet(first=first, last=last))

    async def invoice(self, month: str, *, side: InvoiceSide = InvoiceSide.CONSUMER) -> Invoice:
        """What you paid in a month (`2026-11`), or what your machines earned, job by job."""
        return await self._driver.send(book_endpoints.invoice(month, side=side))

    async def invoice_sheet(self, month: str, *, side: InvoiceSide = InvoiceSide.CONSUMER) -> str:
        """The same as CSV."""
        return await self._driver.send(book_endpoints.invoice_sheet(month, side=side))

    async def revenue(self, *, first: date | None = None, last: date | None = None) -> Page[RevenueDay]:
        """What the platform took in fees and paid to the network, by day. Operators only."""
        return await self._driver.send(book_endpoints.revenue(first=first, last=last))

    async def roots(self, *, limit: int = 50, offset: int = 0) -> Page[LedgerRoot]:
        """The published roots of the books, newest first, and the Qubic transactions that carry them."""
        return await self._driver.send(book_endpoints.roots(limit=limit, offset=offset))

    async def close_books(self) -> LedgerRoot | None:
        """Give what was posted a root now, not after midnight; None where nothing is new. Operators only."""
        return await self._driver.send(book_endpoints.close_root())

    async def receipt_export(self, job_id: UUID | str) -> ReceiptExport:
        """A job's receipt with its proofs, for `qubix receipt verify` or anybody's own check.

        Raises:
            Conflict: no root covers it yet: each day's is made after midnight UTC.
        """
        return await self._driver.send(book_endpoints.receipt_export(job_id))
