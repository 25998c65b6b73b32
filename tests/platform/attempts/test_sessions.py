"""Long jobs against a real database: settled by the hour, topped up, warned, stopped, ended; never for free."""

import asyncio

import pytest
from sqlalchemy import text

from qubix.schemas.reports import CompleteReport
from qubix.schemas.states import Cause, CompletionStatus, JobStatus
from qubix_platform.attempts import ending, reports
from qubix_platform.attempts.errors import AttemptFenced, ContradictoryReport
from qubix_platform.attempts.sessions import Advance
from qubix_platform.database.session import Database
from qubix_platform.jobs import service as jobs
from qubix_platform.ledger.verify import verify
from qubix_platform.pricing.sessions import Funding
from qubix_platform.providers import service as providers
from tests.platform.attempts.long_job import HOUR, PRICE, Session, paid
from tests.platform.market_life import POLICY, Market

STOPPED = CompleteReport(status=CompletionStatus.FAILED, cause=Cause.CANCELLED, exit_code=-15)


async def test_a_short_job_is_held_for_in_full_and_never_touched_on_the_way(database: Database) -> None:
    market = Market(database)
    consumer, machine = await market.consumer(balance=10_000_000), await market.machine(price=PRICE)
    job = await market.job(consumer, max_price=PRICE, time_limit_seconds=POLICY.funded_seconds)
    assert job.hold_amount == PRICE * POLICY.funded_seconds // HOUR
    session = Session(market, consumer, machine, job)
    await session.start()
    await session.pass_time(POLICY.funded_seconds - 1)
    assert not await session.due()


async def test_each_hour_is_credited_to_the_provider_and_tops_up_the_hold(database: Database) -> None:
    start = 10 * PRICE
    session = await Session.begin(database, balance=start)
    first = PRICE * POLICY.funded_seconds // HOUR
    assert session.job.hold_amount == first
    await session.pass_time(HOUR - 60)
    assert not await session.due()
    assert (await session.advance()) == Advance(settled_seconds=0, added=0, funding=Funding.COVERED, refusal=None)

    await session.pass_time(100)
    assert await session.due()
    assert await session.advance() == Advance(settled_seconds=HOUR, added=PRICE, funding=Funding.COVERED, refusal=None)
    assert (await session.earned(), await session.pending()) == (0, PRICE)
    job = await session.now()
    assert (job.hold_amount, job.settled_amount) == (first + PRICE, PRICE)
    assert await session.advance() == Advance(settled_seconds=0, added=0, funding=Funding.COVERED, refusal=None)
    await session.assert_sound(started_with=start)

    await session.pass_time(2 * HOUR)
    again = await session.advance()
    assert again is not None
    assert again.settled_seconds == 2 * HOUR
    await session.pass_time(20)
    await session.complete()
    async with database.transaction() as open_session:
        receipt = await jobs.receipt(open_session, caller=session.consumer, job_id=session.job.id, policy=POLICY)
        machine = await providers.get(open_session, session.machine.id, user_id=session.machine.user_id)
    ended = receipt.stretches[-1].end
    assert 3 * HOUR + 60 <= ended < 3 * HOUR + 120  # the database's clock goes on while the test runs
    assert [(one.begin, one.end, one.billed, one.cause) for one in receipt.stretches] == [
        (0, 3 * HOUR, True, "SETTLED"),
        (3 * HOUR, ended, True, "COMPLETED"),
    ]
    assert (await session.earned(), await session.pending()) == (paid(ended), 0)
    assert machine.total_earnings == paid(ended)
    await session.assert_sound(started_with=start)


async def test_all_that_is_ever_held_stays_within_cap_times_limit(database: Database) -> None:
    session = await Session.begin(database, balance=3 * PRICE, hours=3)
    for _ in range(2):
        await session.pass_time(HOUR)
        await session.advance()
    job = await session.now()
    assert job.hold_amount == 3 * PRICE
    assert not await session.due()
    await session.pass_time(HOUR)
    assert await session.advance() == Advance(settled_seconds=0, added=0, funding=Funding.COVERED, refusal=None)
    await session.complete()
    assert await session.market.balance(session.consumer.user_id) == (0, 0)
    await session.assert_sound(started_with=3 * PRICE)


async def test_who_cannot_pay_on_is_warned_stopped_and_charged_to_the_last_second(database: Database) -> None:
    start = PRICE * POLICY.funded_seconds // HOUR + 12_000
    session = await Session.begin(database, balance=start)
    await session.pass_time(HOUR)
    warned = await session.advance()
    assert warned is not None
    assert (warned.settled_seconds, warned.added) == (HOUR, 12_000)
    assert warned.funding is Funding.COVERED  # two more minutes than the margin
    assert "does not cover" in (warned.refusal or "")

    await session.pass_time(180)
    assert await session.due()
    assert (advanced := await session.advance()) is not None
    assert advanced.funding is Funding.SHORT
    job = await session.now()
    assert job.funds_end_at is not None
    assert job.status is JobStatus.RUNNING

    await session.pass_time(720 - 180 - POLICY.stop_ahead_seconds)
    assert (advanced := await session.advance()) is not None
    assert advanced.funding is Funding.STOPPING
    async with database.transaction() as open_session:
        heard = await reports.report_progress(
            open_session, attempt_id=session.attempt, job_id=session.job.id, progress=50, sample=None, policy=POLICY
        )
    assert heard.cancel
    await session.pass_time(10)
    await session.complete(STOPPED)
    job = await session.now()
    assert (job.status, job.cause) == (JobStatus.FAILED, Cause.OUT_OF_FUNDS)
    seconds = HOUR + 720 - POLICY.stop_ahead_seconds + 10
    assert await session.earned() == paid(seconds)
    await session.assert_sound(started_with=start)


async def test_a_machine_that_does_not_stop_is_cut_off_when_the_money_ends(database: Database) -> None:
    start = PRICE * POLICY.funded_seconds // HOUR
    session = await Session.begin(database, balance=start)
    await session.pass_time(HOUR)
    await session.advance()
    await session.pass_time(2 * HOUR)
    assert (advanced := await session.advance()) is not None
    assert advanced.funding is Funding.EXHAUSTED
    job = await session.now()
    assert (job.status, job.cause, job.actual_cost) == (JobStatus.FAILED, Cause.OUT_OF_FUNDS, start)
    assert await session.earned() == paid(POLICY.funded_seconds)
    with pytest.raises(AttemptFenced):
        await session.complete()
    assert await session.advance() is None
    async with database.transaction() as open_session:
        receipt = await jobs.receipt(open_session, caller=session.consumer, job_id=session.job.id, policy=POLICY)
    assert [(one.end, one.billed, one.cause) for one in receipt.stretches] == [
        (POLICY.funded_seconds, True, "SETTLED"),
        (3 * HOUR, False, "OUT_OF_FUNDS"),
    ]
    await session.assert_sound(started_with=start)


async def test_funds_that_come_in_time_take_the_warning_back(database: Database) -> None:
    start = PRICE * POLICY.funded_seconds // HOUR
    session = await Session.begin(database, balance=start)
    await session.pass_time(HOUR)
    assert (advanced := await session.advance()) is not None
    assert advanced.funding is Funding.SHORT
    assert (await session.now()).funds_end_at is not None
    await session.market.credit(session.consumer, 5 * PRICE)
    assert (advanced := await session.advance()) is not None
    assert (advanced.added, advanced.funding) == (PRICE, Funding.COVERED)
    assert (await session.now()).funds_end_at is None
    await session.assert_sound(started_with=start + 5 * PRICE)


async def test_two_who_rent_from_each_other_are_settled_at_once_without_waiting_for_each_other(
    database: Database,
) -> None:
    both = [await Session.begin(database, balance=20 * PRICE, hours=12) for _ in range(2)]
    async with database.transaction() as open_session:
        owner = text("update providers set user_id = :owner where id = :id")
        for session, other in (both, both[::-1]):
            values = {"owner": other.consumer.user_id, "id": session.machine.id}
            await open_session.execute(owner, values)
    for _ in range(6):
        for session in both:
            await session.pass_time(HOUR)
        # Each in one transaction, with nobody to try it again: a deadlock would come out here.
        done = await asyncio.gather(*(session.advance() for session in both))
        assert [each.settled_seconds for each in done if each is not None] == [HOUR, HOUR]
    async with database.transaction() as open_session:
        assert (await verify(open_session)).mismatches == ()


async def test_who_is_concerned_is_told_by_events(database: Database) -> None:
    session = await Session.begin(database, balance=PRICE * POLICY.funded_seconds // HOUR)
    await session.market.credit(session.consumer, PRICE)
    await session.pass_time(HOUR)
    await session.advance()
    await session.pass_time(HOUR)
    await session.advance()
    told = text("select type, data from outbox where cast(:topic as text) = any (topics) order by xid, id")
    async with database.transaction() as open_session:
        earned = (await open_session.execute(told, {"topic": f"user:{session.machine.user_id}"})).all()
        spent = (await open_session.execute(told, {"topic": f"user:{session.consumer.user_id}"})).all()
    assert [event.data["change"] for event in earned] == [0, 0]
    assert [(event.type, event.data.get("change")) for event in spent] == [
        ("BALANCE_CHANGED", -(PRICE * POLICY.funded_seconds // HOUR)),
        ("BALANCE_CHANGED", -PRICE),
        ("JOB_PROGRESS", None),
    ]
    assert spent[2].data["fundsEndAt"] is not None


async def test_a_warning_ends_with_the_attempt_that_it_was_about(database: Database) -> None:
    session = await Session.begin(database, balance=PRICE * POLICY.funded_seconds // HOUR)
    await session.pass_time(HOUR)
    await session.advance()
    assert (await session.now()).funds_end_at is not None
    async with database.transaction() as open_session:
        await ending.lose(open_session, session.attempt, reason="power cut", policy=POLICY)
    assert (await session.now()).funds_end_at is None
    await session.start()
    assert not await session.due(), "what was paid for the lost attempt is there again"
    await session.pass_time(HOUR)
    assert (advanced := await session.advance()) is not None
    assert advanced.funding is Funding.SHORT
    await session.assert_sound(started_with=PRICE * POLICY.funded_seconds // HOUR)


async def test_a_consumers_cancel_stops_the_meter_and_nothing_is_settled_after_it(database: Database) -> None:
    start = 20 * PRICE
    session = await Session.begin(database, balance=start)
    await session.pass_time(HOUR + 300)
    async with database.transaction() as open_session:
        await jobs.cancel_job(open_session, caller=session.consumer, job_id=session.job.id)
        await open_session.execute(
            text("update jobs set cancel_requested_at = cancel_requested_at - interval '100 seconds'")
        )
    assert await session.advance() is None
    await session.complete(STOPPED)
    async with database.transaction() as open_session:
        receipt = await jobs.receipt(open_session, caller=session.consumer, job_id=session.job.id, policy=POLICY)
    used, unbilled = receipt.stretches
    assert (used.billed, used.cause, used.end) == (True, "CANCELLED", HOUR + 200)
    assert (unbilled.billed, unbilled.cause) == (False, "CANCELLED")
    assert await session.earned() == paid(used.end)
    await session.assert_sound(started_with=start)


async def test_a_preempted_attempt_is_paid_up_to_the_notice_and_its_job_waits_again(database: Database) -> None:
    market = Market(database)
    start = 10 * PRICE
    consumer, machine = await market.consumer(balance=start), await market.machine(price=PRICE)
    session = Session(market, consumer, machine, await market.job(consumer, max_price=PRICE, time_limit_seconds=600))
    await session.start()
    await session.pass_time(100)
    async with database.transaction() as open_session:
        await ending.notice_preemption(open_session, session.attempt, reason="a higher bid came")
    await session.pass_time(0)
    async with database.transaction() as open_session:
        assert await ending.preempt(open_session, session.attempt, reason="a higher bid came", policy=POLICY)
    async with database.transaction() as open_session:
        assert not await ending.preempt(open_session, session.attempt, reason="again", policy=POLICY)
    job = await session.now()
    assert (job.status, job.settled_amount) == (JobStatus.PENDING, PRICE * 100 // HOUR)
    assert await session.earned() == paid(100)
    await session.assert_sound(started_with=start)

    await session.start()
    await session.pass_time(500)
    await session.complete()
    job = await session.now()
    assert (job.status, job.actual_cost) == (JobStatus.COMPLETED, job.hold_amount)
    await session.assert_sound(started_with=start)


async def test_a_job_that_is_preempted_at_its_limit_has_had_its_time(database: Database) -> None:
    session = await Session.begin(database, balance=10 * PRICE, hours=1)
    await session.pass_time(HOUR + 5)
    async with database.transaction() as open_session:
        assert await ending.preempt(open_session, session.attempt, reason="a higher bid came", policy=POLICY)
    job = await session.now()
    assert (job.status, job.cause, job.actual_cost) == (JobStatus.FAILED, Cause.TIMEOUT, PRICE)
    await session.assert_sound(started_with=10 * PRICE)


async def test_only_the_platform_says_that_a_job_was_preempted_or_ran_out_of_funds(database: Database) -> None:
    session = await Session.begin(database, balance=10 * PRICE)
    for cause in (Cause.PREEMPTED, Cause.OUT_OF_FUNDS):
        with pytest.raises(ContradictoryReport, match="platform's to find"):
            await session.complete(CompleteReport(status=CompletionStatus.FAILED, cause=cause))
