"""Statements, invoices and revenue where the HTTP tests do not reach: several days, reservations, network costs."""

import csv
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest

from qubix.schemas.books import InvoiceSide, StatementOrder, SubjectKind
from qubix.schemas.states import TransactionType
from qubix_actors.billing import Billing
from qubix_platform.database.embedded import EmbeddedPostgres
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.errors import PeriodInvalid
from qubix_platform.ledger.model import Account, ChainPlace, Leg, LegCause, Posting
from qubix_platform.ledger.statements.period import Period
from qubix_platform.ledger.statements.service import all_lines, invoice, revenue, statement
from qubix_platform.ledger.statements.sheets import statement_sheet
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
        before = await statement(session, user_id=user, period=Period(yesterday, yesterday), limit=10)
        after = await statement(session, user_id=user, period=Period(TODAY, TODAY), limit=10)
        both = await statement(session, user_id=user, period=Period(yesterday, TODAY), limit=10)
    assert (before.opening, before.closing, after.opening, after.closing) == (0, 500, 500, 507)
    assert [line.balance for line in both.lines] == [500, 507]
    assert (both.opening, both.closing, both.count) == (0, 507, 2)


async def test_a_whole_statement_has_every_line_however_few_are_read_at_once(database: Database) -> None:
    holder = await Holder.with_balance(database, 5)
    user, today = holder.consumer.user_id, Period(TODAY, TODAY)
    for amount in range(1, 7):
        await holder.market.credit(holder.consumer, amount)
    for at_once in (1, 3, 7, 100):
        batches = [each async for each in all_lines(database, user_id=user, period=today, opening=0, at_once=at_once)]
        assert [line.balance for lines in batches for line in lines] == [5, 6, 8, 11, 15, 20, 26]
        assert max(map(len, batches)) <= at_once
    lines = all_lines(database, user_id=user, period=today, opening=0, at_once=2)
    sheet = "".join([piece async for piece in statement_sheet(today, opening=0, batches=lines)])
    rows = list(csv.DictReader(StringIO(sheet)))
    assert [row["type"] for row in rows] == ["OPENING", *["PAYMENT"] * 7, "CLOSING"]
    assert rows[-1]["balance"] == "26"


async def test_the_newest_lines_come_first_where_that_is_asked_for(database: Database) -> None:
    holder = await Holder.with_balance(database, 5)
    for amount in (1, 2, 3):
        await holder.market.credit(holder.consumer, amount)
    user, today = holder.consumer.user_id, Period(TODAY, TODAY)
    async with database.transaction() as session:
        first = await statement(session, user_id=user, period=today, limit=3, order=StatementOrder.NEWEST)
        second = await statement(session, user_id=user, period=today, limit=3, offset=3, order=StatementOrder.NEWEST)
    assert [line.balance for line in (*first.lines, *second.lines)] == [11, 8, 6, 5]


async def test_a_line_says_what_it_was_for_and_names_what_is_the_users_own(database: Database) -> None:
    holder = await Holder.with_balance(database, PREPAID + 600)
    await holder.market.job(holder.consumer, name="train", max_price=36_000, time_limit_seconds=60)
    reserved = await holder.reserve()
    await holder.let_pass(reserved, 3 * HOUR + 10)
    await Billing(database, POLICY).look()
    async with database.transaction() as session:
        mine = await statement(session, user_id=holder.consumer.user_id, period=Period(TODAY, TODAY), limit=9)
        theirs = await statement(session, user_id=holder.machine.user_id, period=Period(TODAY, TODAY), limit=9)
    assert [(line.cause, line.subject, line.name) for line in mine.lines] == [
        ("ISSUANCE", None, None),
        ("ESCROW_LOCK", SubjectKind.JOB, "train"),
        ("RESERVATION", SubjectKind.RESERVATION, holder.machine.worker_id),
    ]
    assert [(line.cause, line.subject) for line in theirs.lines] == [("EARNING", SubjectKind.RESERVATION)]


async def test_a_provider_is_not_told_the_names_of_others_jobs(database: Database) -> None:
    holder = await Holder.with_balance(database, 1_000_000)
    job = await holder.market.job(holder.consumer, name="secret")
    async with database.transaction() as session:
        legs = (
            Leg(Account.wallet(holder.consumer.user_id), -5, LegCause.EARNING),
            Leg(Account.wallet(holder.machine.user_id), 5, LegCause.EARNING),
        )
        await ledger.post(session, Posting("earned", TransactionType.ESCROW_RELEASE, str(job.id), legs))
        found = await statement(session, user_id=holder.machine.user_id, period=Period(TODAY, TODAY), limit=9)
    assert [(line.subject, line.name, line.ref) for line in found.lines] == [(SubjectKind.JOB, None, str(job.id))]


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
