"""Limits against a real database: what counts, and that two holds never share the same room."""

import asyncio
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qubix.schemas.base import MAX_QU
from qubix.schemas.reports import CompleteReport
from qubix.schemas.spending import SpendingLimitSet
from qubix.schemas.states import CompletionStatus
from qubix_platform.attempts import ending, reports, sessions
from qubix_platform.attempts.sessions import Advance
from qubix_platform.auth.callers import UserCaller
from qubix_platform.database.session import Database
from qubix_platform.pricing.sessions import Funding
from qubix_platform.spending import repository
from qubix_platform.spending import service as spending
from qubix_platform.spending.errors import SpendingLimitReached
from qubix_platform.spending.limits import Exposure, Limits, breach
from tests.platform.market_life import POLICY, Market

amounts = st.integers(0, MAX_QU)
COST_OF_A_JOB = 120_000  # ten minutes at 720,000 QU per hour


@given(
    per_job=st.none() | amounts,
    per_day=st.none() | amounts,
    total=st.none() | amounts,
    today=amounts,
    earlier=amounts,
    held=amounts,
    job=amounts,
    added=amounts,
)
def test_a_hold_is_refused_exactly_where_it_goes_beyond_a_limit(
    per_job: int | None,
    per_day: int | None,
    total: int | None,
    today: int,
    earlier: int,
    held: int,
    job: int,
    added: int,
) -> None:
    limits = Limits(key_id=None, per_job=per_job, per_day=per_day, total=total)
    exposure = Exposure(today=today, ever=today + earlier, held=held)
    found = breach(limits, exposure, job_total=job, added=added)
    stays = (
        (per_job is None or job <= per_job)
        and (per_day is None or today + held + added <= per_day)
        and (total is None or today + earlier + held + added <= total)
    )
    assert (found is None) == stays
    if found is not None:
        assert found.reached > found.allowed


async def limit(database: Database, caller: UserCaller, **figures: object) -> None:
    async with database.transaction() as session:
        by_session = UserCaller(user_id=caller.user_id, is_operator=False, scopes=caller.scopes, session_id=uuid4())
        await spending.set_limits(session, caller=by_session, request=SpendingLimitSet.model_validate(figures))


async def test_of_many_jobs_at_once_exactly_as_many_are_created_as_the_limit_allows(database: Database) -> None:
    market = Market(database)
    consumer = await market.consumer()
    await limit(database, consumer, per_day=3 * COST_OF_A_JOB)
    outcomes = await asyncio.gather(*(market.job(consumer) for _ in range(8)), return_exceptions=True)
    assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 3
    assert sum(isinstance(outcome, SpendingLimitReached) for outcome in outcomes) == 5
    assert (await market.balance(consumer.user_id))[1] == 3 * COST_OF_A_JOB


async def test_what_comes_back_may_be_spent_again_and_what_was_spent_may_not(database: Database) -> None:
    market = Market(database)
    consumer, machine = await market.consumer(), await market.machine(price=360_000)
    await limit(database, consumer, total=COST_OF_A_JOB + 5_000)
    job = await market.job(consumer)
    with pytest.raises(SpendingLimitReached, match="in all is 125000 QU, and it would come to 240000 QU"):
        await market.job(consumer)
    spec = await market.assign(job, machine)
    async with database.transaction() as session:
        await reports.mark_started(session, attempt_id=spec.attempt_id, job_id=job.id, policy=POLICY)
    await market.backdate_start(spec.attempt_id, seconds=50)
    async with database.transaction() as session:
        done = CompleteReport(status=CompletionStatus.COMPLETED, exit_code=0)
        await ending.complete(session, attempt_id=spec.attempt_id, job_id=job.id, report=done, policy=POLICY)
        exposure = await repository.exposure(session, user_id=consumer.user_id, key_id=consumer.key_id, ever=True)
    assert exposure == Exposure(today=5_000, ever=5_000, held=0)
    again = await market.job(consumer)
    assert again.hold_amount == COST_OF_A_JOB


async def test_a_keys_limit_binds_that_key_alone(database: Database) -> None:
    market = Market(database)
    consumer = await market.consumer()
    await limit(database, consumer, key_id=consumer.key_id, per_job=COST_OF_A_JOB - 1)
    with pytest.raises(SpendingLimitReached, match=f"API key {consumer.key_id} for one job"):
        await market.job(consumer)
    other = UserCaller(user_id=consumer.user_id, is_operator=False, scopes=consumer.scopes, session_id=uuid4())
    assert (await market.job(other)).hold_amount == COST_OF_A_JOB


async def test_a_job_that_may_cost_more_in_all_than_is_held_at_first_is_judged_by_all_of_it(database: Database) -> None:
    market = Market(database)
    consumer = await market.consumer()
    await limit(database, consumer, per_job=1_000_000)
    with pytest.raises(SpendingLimitReached, match="would come to 7200000 QU"):
        await market.job(consumer, time_limit_seconds=36_000)


async def test_hours_settled_on_the_way_count_and_a_top_up_stops_at_the_limit(database: Database) -> None:
    market = Market(database)
    consumer, machine = await market.consumer(), await market.machine(price=360_000)
    job = await market.job(consumer, max_price=360_000, time_limit_seconds=36_000)
    spec = await market.assign(job, machine)
    async with database.transaction() as session:
        await reports.mark_started(session, attempt_id=spec.attempt_id, job_id=job.id, policy=POLICY)
    await limit(database, consumer, per_day=900_000)
    first, advanced = [await hour(market, spec.attempt_id) for _ in range(2)]
    assert first is not None
    assert advanced is not None
    assert (first.added, first.funding) == (360_000, Funding.COVERED)
    assert (advanced.added, advanced.funding) == (0, Funding.SHORT)
    assert "for one day is 900000 QU, and it would come to 1140000 QU" in (advanced.refusal or "")
    async with database.transaction() as session:
        exposure = await repository.exposure(session, user_id=consumer.user_id, key_id=None, ever=False)
    assert (exposure.today, exposure.held) == (720_000, 60_000)


async def hour(market: Market, attempt_id: UUID) -> Advance | None:
    await market.backdate_start(attempt_id, seconds=3600)
    async with market.database.transaction() as session:
        return await sessions.advance(session, attempt_id, policy=POLICY)
