"""The books: statements, invoices, revenue, roots, and receipts that prove themselves."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import StreamingResponse

from qubix.schemas.books import Invoice, InvoiceSide, LedgerRoot, ReceiptExport, RevenueDay, Statement, StatementOrder
from qubix_platform.jobs import service as jobs
from qubix_platform.ledger.sealing.export import export_receipt, list_roots
from qubix_platform.ledger.sealing.service import close_now
from qubix_platform.ledger.statements import service as statements
from qubix_platform.ledger.statements.period import Period
from qubix_platform.ledger.statements.sheets import invoice_sheet, statement_sheet
from qubix_serve.dependencies import Context, Operator, Paged, ReadUser, Session
from qubix_serve.paging import Listed

router = APIRouter(prefix="/api/ledger", tags=["ledger"])

First = Annotated[date | None, Query(alias="from", description="First day, UTC; the month's first where left out.")]
Last = Annotated[date | None, Query(alias="to", description="Last day, UTC; today where left out.")]
Month = Annotated[str, Path(description="A month: 2026-11.", pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
_TEXT: Final = "text/csv; charset=utf-8"
_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}


@router.get("/statement")
async def get_statement(  # noqa: PLR0917 - one argument for each parameter of the query string
    session: Session,
    caller: ReadUser,
    page: Paged,
    first: First = None,
    last: Last = None,
    sort: StatementOrder = StatementOrder.OLDEST,
) -> Statement:
    """The caller's wallet over days: balances before and after, and each movement with its cause."""
    period = _period(first, last)
    found = await statements.statement(
        session, user_id=caller.user_id, period=period, limit=page.limit, offset=page.offset, order=sort
    )
    page.describe(found.count)
    return found


@router.get("/statement.csv", response_class=Response, responses=_CSV)
async def get_statement_sheet(
    session: Session, context: Context, caller: ReadUser, first: First = None, last: Last = None
) -> Response:
    """The caller's wallet over days, all of it, as CSV."""
    period = _period(first, last)
    opening = (await statements.statement(session, user_id=caller.user_id, period=period, limit=0)).opening
    batches = statements.all_lines(context.database, user_id=caller.user_id, period=period, opening=opening)
    pieces = statement_sheet(period, opening=opening, batches=batches)
    return StreamingResponse(pieces, media_type=_TEXT, headers=_named(f"statement-{period.first}-{period.last}"))


@router.get("/invoices/{month}")
async def get_invoice(
    month: Month, session: Session, caller: ReadUser, side: InvoiceSide = InvoiceSide.CONSUMER
) -> Invoice:
    """What the caller paid in a month, or what their machines earned, job by job."""
    return await statements.invoice(session, user_id=caller.user_id, month=month, side=side, now=datetime.now(UTC))


@router.get("/invoices/{month}/csv", response_class=Response, responses=_CSV)
async def get_invoice_sheet(
    month: Month, session: Session, caller: ReadUser, side: InvoiceSide = InvoiceSide.CONSUMER
) -> Response:
    """The same as CSV."""
    found = await statements.invoice(session, user_id=caller.user_id, month=month, side=side, now=datetime.now(UTC))
    return _csv(invoice_sheet(found), name=found.number)


@router.get("/revenue")
async def get_revenue(
    session: Session, _: Operator, whole: Listed, first: First = None, last: Last = None
) -> list[RevenueDay]:
    """What the platform took in fees and paid to the network, by day. Operators only."""
    return whole.of(await statements.revenue(session, _period(first, last)))


@router.get("/roots")
async def get_roots(session: Session, page: Paged) -> list[LedgerRoot]:
    """The roots of the books, newest first, and the Qubic transactions that carry them. For everybody."""
    found, total = await list_roots(session, limit=page.limit, offset=page.offset)
    page.describe(total)
    return found


@router.post("/roots")
async def close_root(session: Session, _: Operator) -> LedgerRoot | None:
    """Seal what is posted and give it a root now, not after midnight; null where nothing is new. Operators only."""
    if await close_now(session) is None:
        return None
    newest, _total = await list_roots(session, limit=1, offset=0)
    return newest[0]


@router.get("/receipts/{job_id}")
async def get_receipt_export(
    job_id: Annotated[UUID, Path(description="The job's id.")], session: Session, caller: ReadUser, context: Context
) -> ReceiptExport:
    """A job's receipt with its transactions and their proofs, to be checked offline against a published root."""
    receipt = await jobs.receipt(session, caller=caller, job_id=job_id, policy=context.settings.policy)
    return await export_receipt(session, receipt)


def _period(first: date | None, last: date | None) -> Period:
    return Period.of(first, last, today=datetime.now(UTC).date())


def _csv(content: str, *, name: str) -> Response:
    return Response(content, media_type=_TEXT, headers=_named(name))


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}.csv"'}
