"""Statements and invoices of a user, and the platform's revenue: what the entries say, in the words of an account."""

import re
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.books import Invoice, InvoiceLine, InvoiceSide, RevenueDay, Statement, StatementLine, StatementOrder
from qubix_platform.database.session import Database
from qubix_platform.ledger.statements import repository
from qubix_platform.ledger.statements.period import Period

AT_ONCE: Final = 5_000
"""Lines of a whole statement that one transaction reads."""

_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LETTERS: Final = {InvoiceSide.CONSUMER: "C", InvoiceSide.PROVIDER: "P"}


async def statement(
    session: AsyncSession,
    *,
    user_id: UUID,
    period: Period,
    limit: int,
    offset: int = 0,
    order: StatementOrder = StatementOrder.OLDEST,
) -> Statement:
    """A user's wallet over a period, with some of its movements and what they were for."""
    sums = await repository.totals(session, user_id, period)
    rows = await repository.lines(
        session, user_id, period, opening=sums.opening, limit=limit, offset=offset, order=order
    )
    known = await repository.subjects(session, user_id, ids_in(row.ref for row in rows))
    return Statement(
        first=period.first,
        last=period.last,
        opening=sums.opening,
        money_in=sums.money_in,
        money_out=sums.money_out,
        closing=sums.opening + sums.money_in - sums.money_out,
        count=sums.movements,
        lines=[_line(row, known.get(row.ref)) for row in rows],
    )


def ids_in(refs: Iterable[str]) -> list[UUID]:
    """Those of what postings refer to that are ids, each once."""
    return [UUID(ref) for ref in dict.fromkeys(refs) if _ID.fullmatch(ref)]


async def all_lines(
    database: Database, *, user_id: UUID, period: Period, opening: int, at_once: int = AT_ONCE
) -> AsyncIterator[list[StatementLine]]:
    """Every movement on a user's wallet over a period, oldest first, however many there are, some at a time.

    Each batch is read in a transaction of its own: whoever takes them slowly holds nobody up.

    Args:
        database: where the books are.
        user_id: whose.
        period: its days.
        opening: the balance before it, QU.
        at_once: lines in a batch.
    """
    after, balance = 0, opening
    while True:
        async with database.transaction() as session:
            rows = await repository.next_lines(session, user_id, period, after=after, limit=at_once)
        lines = []
        for row in rows:
            after, balance = row.id, balance + row.amount
            lines.append(StatementLine.model_validate(dict(row._mapping) | {"balance": balance}))
        if lines:
            yield lines
        if len(rows) < at_once:
            return


async def invoice(session: AsyncSession, *, user_id: UUID, month: str, side: InvoiceSide, now: datetime) -> Invoice:
    """What a user paid or earned in a month, job by job. Before the month is over it is as of `now`.

    Raises:
        PeriodInvalid: it is no month.
    """
    period = Period.of_month(month)
    find = repository.consumed if side is InvoiceSide.CONSUMER else repository.earned
    lines = [InvoiceLine.model_validate(dict(row._mapping)) for row in await find(session, user_id, period)]
    amount, fee = sum(line.amount for line in lines), sum(line.fee for line in lines)
    return Invoice(
        number=f"QBX-{month.replace('-', '')}-{user_id.hex[:12].upper()}-{_LETTERS[side]}",
        side=side,
        user_id=user_id,
        month=month,
        issued_at=now,
        lines=lines,
        amount=amount,
        fee=fee,
        total=amount if side is InvoiceSide.CONSUMER else amount - fee,
    )


async def revenue(session: AsyncSession, period: Period) -> list[RevenueDay]:
    """What the platform took in fees and paid to the network, day by day; days without either are left out."""
    return [RevenueDay.model_validate(dict(row._mapping)) for row in await repository.revenue(session, period)]


def _line(row: Row[Any], subject: Row[Any] | None) -> StatementLine:
    found = {} if subject is None else {"subject": subject.subject, "name": subject.name}
    return StatementLine.model_validate(dict(row._mapping) | found)
