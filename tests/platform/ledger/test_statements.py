"""Statements, invoices and revenue where the HTTP tests do not reach: several days, reservations, network costs."""

from datetime import UTC, date, datetime, timedelta

import pytest

from qubix.schemas.books import InvoiceSide
from qubix.schemas.states import TransactionType
from qubix_actors.billing import Billing
from qubix_platform.database.embedded import EmbeddedPostgres
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.errors import PeriodInvalid
from qubix_platform.ledger.model import Account, ChainPlace, Leg, LegCause, Posting
from qubix_platform.ledger.statements.period import Period
from qubix_platform.ledger.statements.service import invoice, revenue, statement
from tests.platform.ledger.test_sealing import tamper
from tests.platform.market_life import POLICY
from tests.platform.reservations.test_service import HOUR, PREPAID, Holder, net

TODAY = datetime.now(UTC).date()
MONTH = f"{TODAY:%Y-%m}"


async def test_one_statement_ends_where_the_next_begins(
    database: Database, postgres: EmbeddedPostgres, database_settings: DatabaseSettings
) -> None:
    holder = await Holder.with_balance(database, 500)
    user = holder.consumer.user_id
    move = "update ledger_entries set created_at = created_at - interval '1 day' where amount = 500"
    await tamper(postgres, database_settings, move)
    await holder.market.credit(holder.consumer, 7)
    yesterday = TODAY - timedelta(days=1)
    async with database.transaction() as session:
        before = await statement(session, user_id=user, period=Period(yesterday, yesterday))
        after = await statement(session, user_id=user, period=Period(TODAY, TODAY))
        both = await statement(session, user_id=user, period=Period(yesterday, TODAY))
    assert (before.opening, before.closing, after.opening, after.closing) == (0, 500, 500, 507)
    assert [line.balance for line in both.lines] == [500, 507]
    assert (both.opening, both.closing, both.count) == (0, 507, 2)


async def test_reservations_stand_on_both_sides_invoices(database: Database) -> None:
    holder = await Holder.with_balance(database, PREPAID)
    reserved = await holder.reserve()
    await holder.let_pass(reserved, 3 * HOUR + 10)
    await Billing(database, POLICY).look()
    paid = PREPAID * 3 // 10
    now = datetime.now(UTC)
    async with database.transaction() as session:
        mine = await invoice(session, user_id=holder.consumer.user_id, month=MONTH, side=InvoiceSide.CONSUMER, now=now)
        theirs = await invoice(session, user_id=holder.machine.user_id, month=MONTH, side=InvoiceSide.PROVIDER, now=now)
        (day,) = await revenue(session, Period(TODAY, TODAY))
    assert [(line.kind, line.id, line.amount) for line in mine.lines] == [("reservation", reserved, paid)]
    assert [(line.kind, line.id, line.amount) for line in theirs.lines] == [("reservation", reserved, paid)]
    assert (mine.total, theirs.total) == (paid, net(paid))
    assert (day.jobs, day.turnover, day.fees) == (1, paid, paid - net(paid))


async def test_what_the_network_cost_is_the_platforms_to_see(database: Database) -> None:
    legs = (
        Leg(Account.costs(), -10, LegCause.NETWORK_FEE),
        Leg(Account.chain(ChainPlace.HOT), 10, LegCause.NETWORK_FEE),
    )
    async with database.transaction() as session:
        await ledger.post(session, Posting("fee", TransactionType.NETWORK_FEE, "x", legs))
        (day,) = await revenue(session, Period(TODAY, TODAY))
        assert await revenue(session, Period(TODAY - timedelta(days=9), TODAY - timedelta(days=1))) == []
    assert (day.jobs, day.turnover, day.fees, day.network_costs) == (0, 0, 0, 10)


def test_a_period_is_this_month_unless_said_otherwise() -> None:
    today = date(2026, 11, 22)
    assert Period.of(None, None, today=today) == Period(date(2026, 11, 1), today)
    assert Period.of(None, date(2025, 2, 3), today=today) == Period(date(2025, 2, 1), date(2025, 2, 3))
    assert Period.of(date(2026, 12, 5), None, today=today) == Period(date(2026, 12, 5), date(2026, 12, 5))
    assert Period.of_month("2024-02") == Period(date(2024, 2, 1), date(2024, 2, 29))
    for first, last in ((date(2026, 2, 2), date(2026, 2, 1)), (date(2025, 1, 1), date(2026, 1, 3))):
        with pytest.raises(PeriodInvalid):
            Period.of(first, last, today=today)
    with pytest.raises(PeriodInvalid):
        Period.of_month("2026-13")
