"""Hours that are settled on the way: pending until the attempt ends, back when it is lost."""

from sqlalchemy import text

from qubix.schemas.reports import CompleteReport
from qubix.schemas.states import Cause, CompletionStatus, JobStatus
from qubix_platform.checkpoints import repository as saved
from qubix_platform.checkpoints import service as checkpoints
from qubix_platform.database.session import Database
from qubix_platform.jobs import service as jobs
from qubix_platform.ledger.verify import verify
from tests.platform.attempts.long_job import HOUR, PRICE, Session, paid
from tests.platform.market_life import POLICY


async def test_what_was_settled_goes_back_when_the_machine_is_lost_and_nothing_was_saved(database: Database) -> None:
    start = 20 * PRICE
    session = await Session.begin(database, balance=start)
    await session.pass_time(HOUR + 1800)
    await session.advance()
    assert (await session.earned(), await session.pending()) == (0, PRICE)
    await session.lose()
    job = await session.now()
    assert (job.status, job.settled_amount) == (JobStatus.PENDING, 0)
    assert (await session.earned(), await session.pending()) == (0, 0)
    await session.assert_sound(started_with=start)

    await session.start()
    async with database.transaction() as open_session:
        limit = await open_session.execute(
            text("select limit_seconds from attempts where id = :id"), {"id": session.attempt}
        )
        assert limit.scalar_one() == 10 * HOUR
    await session.pass_time(60)
    await session.complete()
    receipt = await session.receipt()
    assert [(one.attempt, one.begin, one.end, one.billed, one.cause) for one in receipt.stretches] == [
        (1, 0, HOUR + 1800, False, "PROVIDER_LOST"),
        (2, 0, 60, True, "COMPLETED"),
    ]
    assert (receipt.lost_seconds_unbilled, await session.earned()) == (HOUR + 1800, paid(60))
    await session.assert_sound(started_with=start)


async def test_what_was_saved_goes_back_as_well_where_nobody_goes_on_from_it(database: Database) -> None:
    start = 20 * PRICE
    session = await Session.begin(database, balance=start)
    await session.pass_time(HOUR + 10)
    for number in range(1, 5):
        await session.save(number=number, ago=0)
    await session.advance()
    assert (await session.earned(), await session.pending()) == (0, PRICE)
    await session.assert_sound(started_with=start)
    await session.lose()
    assert (await session.earned(), await session.pending()) == (0, 0)
    async with database.transaction() as open_session:
        await jobs.cancel_job(open_session, caller=session.consumer, job_id=session.job.id)
    receipt = await session.receipt()
    assert [(one.end, one.billed, one.cause) for one in receipt.stretches] == [(HOUR + 10, False, "PROVIDER_LOST")]
    assert await session.market.balance(session.consumer.user_id) == (start, 0)
    await session.assert_sound(started_with=start)


async def test_what_was_pending_is_final_once_the_attempt_has_ended_other_than_by_a_loss(database: Database) -> None:
    start = 20 * PRICE
    session = await Session.begin(database, balance=start)
    for _ in range(2):
        await session.pass_time(HOUR)
        await session.advance()
    assert (await session.earned(), await session.pending()) == (0, 2 * PRICE)
    failed = CompleteReport(status=CompletionStatus.FAILED, cause=Cause.USER_ERROR, exit_code=1)
    await session.complete(failed)
    receipt = await session.receipt()
    assert (receipt.pending, await session.pending()) == (0, 0)
    assert await session.earned() == receipt.provider_amount >= paid(2 * HOUR)
    assert receipt.stretches[0].cause == "SETTLED"
    await session.assert_sound(started_with=start)


async def test_a_lost_provider_is_paid_up_to_what_its_successor_goes_on_from_and_only_then(database: Database) -> None:
    start = 20 * PRICE
    session = await Session.begin(database, balance=start)
    await session.pass_time(2 * HOUR + 100)
    await session.advance()
    await session.save(number=1, ago=2 * HOUR)
    await session.save(number=2, ago=HOUR)
    assert await session.earned() == 0
    await session.lose()
    assert (await session.earned(), (await session.now()).settled_amount) == (0, 0)
    await session.assert_sound(started_with=start)

    successor = (await session.market.assign(session.job, session.machine)).attempt_id
    async with database.transaction() as open_session:
        newest, _ = await saved.of_job(open_session, session.job.id)
        answer = await checkpoints.resume(
            open_session, attempt_id=successor, job_id=session.job.id, checkpoint_id=newest.id, policy=POLICY
        )
    assert answer.time_limit_seconds == 9 * HOUR - 100
    assert await session.earned() == paid(HOUR + 100)
    told = await session.market.told(session.machine.user_id)
    assert told == [0, 0, paid(HOUR + 100)], "paid on its way, lost, and gone on from"
    receipt = await session.receipt()
    assert [(one.begin, one.end, one.billed, one.cause) for one in receipt.stretches] == [
        (0, HOUR + 100, True, "RESUMED"),
        (HOUR + 100, 2 * HOUR + 100, False, "PROVIDER_LOST"),
    ]
    await session.assert_sound(started_with=start)


async def test_a_job_that_ends_with_its_lost_attempt_gets_back_all_that_was_not_saved(database: Database) -> None:
    start = 20 * PRICE
    session = await Session.begin(database, balance=start, max_attempts=1)
    await session.pass_time(2 * HOUR)
    await session.advance()
    await session.lose()
    job = await session.now()
    assert (job.status, job.cause, job.actual_cost) == (JobStatus.FAILED, Cause.PROVIDER_LOST, 0)
    assert (await session.market.balance(session.consumer.user_id), await session.earned()) == ((start, 0), 0)
    await session.assert_sound(started_with=start)


async def test_pending_pay_that_the_record_does_not_know_is_named(database: Database) -> None:
    session = await Session.begin(database, balance=20 * PRICE)
    await session.pass_time(HOUR)
    await session.advance()
    forget = text("update attempts set pending_cost = pending_cost + :more where id = :id")
    async with database.transaction() as open_session:
        await open_session.execute(forget, {"more": -PRICE, "id": session.attempt})
        found = await verify(open_session)
        await open_session.execute(forget, {"more": PRICE, "id": session.attempt})
    sentence = f"attempt {session.attempt} has {PRICE} QU of pending pay, its record says 0 QU"
    assert sentence in found.mismatches
