"""Quotes are what comes: the machine, the price, the hold and the cost of the job that is created after them."""

from asyncio import Event, Semaphore, create_task
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from qubix.schemas.accounts import QuotaSet
from qubix.schemas.market import MatchRequest
from qubix.schemas.quotes import Quote, QuoteRequest
from qubix.schemas.resources import ResourceRequest
from qubix.schemas.states import Preference
from qubix_platform.attempts import ending
from qubix_platform.auth.callers import UserCaller
from qubix_platform.database.session import Database
from qubix_platform.market.matching import match
from qubix_platform.market.quoting import quote
from qubix_platform.pricing.rates import hold
from qubix_platform.quotas import service as quotas
from qubix_platform.reservations import service as reservations
from tests.platform.market_life import POLICY, Market

HOUR = 3600


class Turns(Semaphore):
    """Tells when somebody waits for a turn."""

    def __init__(self, value: int) -> None:
        super().__init__(value)
        self.asked = Event()

    async def __aenter__(self) -> None:
        self.asked.set()
        await super().__aenter__()


async def quoted(database: Database, caller: UserCaller, **changes: object) -> Quote:
    request = QuoteRequest.model_validate({"resources": ResourceRequest(gpu_count=1), **changes})
    async with database.transaction() as session:
        return await quote(
            session, caller=caller, request=request, now=datetime.now(UTC), policy=POLICY, turns=Semaphore(1)
        )


@pytest.mark.parametrize("limit", [60, HOUR, POLICY.funded_seconds, POLICY.funded_seconds + 1, 30 * 24 * HOUR])
async def test_a_quote_says_what_the_job_then_holds_and_can_cost(database: Database, limit: int) -> None:
    market = Market(database)
    consumer, _ = await market.consumer(balance=10**12), await market.machine(price=360_001)
    found = await quoted(database, consumer, max_price=720_000, time_limit_seconds=limit)
    job = await market.job(consumer, max_price=720_000, time_limit_seconds=limit)
    assert (found.hold, found.obstacles) == (job.hold_amount, [])
    assert found.maximum_cost == hold(max_price=job.max_price, seconds=job.time_limit_seconds)
    assert (found.settle_every_seconds is None) == (found.hold == found.maximum_cost)


async def test_its_likely_price_is_the_first_of_the_offers_that_match(database: Database) -> None:
    market = Market(database)
    consumer = await market.consumer()
    for price in (500_000, 300_000, 400_000):
        await market.machine(price=price)
    share = ResourceRequest(gpu_count=1, gpu_share_milli=333)
    found = await quoted(database, consumer, resources=share, time_limit_seconds=HOUR)
    async with database.transaction() as session:
        wanted = MatchRequest(resources=share, time_limit_seconds=HOUR)
        first = (
            await match(session, caller=consumer, request=wanted, now=datetime.now(UTC), turns=Semaphore(1))
        ).offers[0]
    assert (found.worker_id, found.likely_cost) == (first.offer.provider, first.estimated_cost)
    assert found.price_per_hour == found.maximum_cost == 99_900
    assert found.balance_lasts_seconds == found.balance * HOUR // 99_900


async def test_without_an_offer_and_without_a_cap_nothing_is_promised(database: Database) -> None:
    consumer = await Market(database).consumer()
    found = await quoted(database, consumer)
    assert (found.price_per_hour, found.likely_cost, found.maximum_cost, found.hold) == (None, None, None, None)
    assert found.balance_lasts_seconds is None
    assert found.waiting is not None


async def test_offers_are_ranked_as_the_job_prefers_and_say_so(database: Database) -> None:
    market = Market(database)
    consumer = await market.consumer()
    cheap, strong = await market.machine(price=300_000), await market.machine(price=400_000)
    pulling = await market.machine(price=200_000, kind="NATIVE")
    async with database.transaction() as session:
        for machine, tflops in ((cheap, 10.0), (strong, 80.0)):
            await session.execute(
                text("update providers set fp32_tflops = :tflops where id = :id"), {"tflops": tflops, "id": machine.id}
            )
        ranked = {
            prefer: (
                await match(
                    session,
                    caller=consumer,
                    request=MatchRequest(resources=ResourceRequest(gpu_count=1, prefer=prefer)),
                    now=datetime.now(UTC),
                    turns=Semaphore(1),
                )
            ).offers
            for prefer in Preference
        }
    workers = {prefer: [each.offer.provider for each in offers] for prefer, offers in ranked.items()}
    assert workers == {
        Preference.CHEAPEST: [pulling.worker_id, cheap.worker_id, strong.worker_id],
        Preference.FASTEST: [cheap.worker_id, strong.worker_id, pulling.worker_id],
        Preference.VALUE: [strong.worker_id, cheap.worker_id, pulling.worker_id],
    }
    assert [offers[0].why[0] for offers in ranked.values()] == [
        "200,000 QU per hour for this job, the lowest price that fits",
        "work is pushed to it, and starts at once",
        "5,000 QU per hour for each TFLOP/s (80 measured), the best that fits",
    ]
    assert ranked[Preference.VALUE][-1].why[0] == "its performance was not measured, so its value is unknown"


async def test_what_if_is_the_answer_that_the_other_request_gets_and_says_what_differs(database: Database) -> None:
    market = Market(database)
    consumer = await market.consumer()
    cheap, dear = await market.machine(price=300_000), await market.machine(price=400_000)
    await market.assign(await market.job(consumer, time_limit_seconds=HOUR), cheap)
    dearer = {"resources": {"gpuCount": 1}, "maxPrice": 400_000}
    found = await quoted(database, consumer, max_price=300_000, what_if=dearer)
    assert found.worker_id is None
    assert found.starts_at is not None
    assert found.what_if is not None
    other, alone = found.what_if.quote, await quoted(database, consumer, max_price=400_000)
    assert other.model_dump(exclude={"starts_at"}) == alone.model_dump(exclude={"starts_at"})
    assert other.worker_id == dear.worker_id
    assert found.what_if.differences == [
        f"it would start now on {dear.worker_id}; as asked for, it would wait until about "
        f"{found.starts_at:%Y-%m-%d %H:%M} UTC",
        "the cost at most would be 400,000 QU instead of 300,000 QU (+100,000)",
        "what is held at first would be 400,000 QU instead of 300,000 QU (+100,000)",
    ]
    same = await quoted(database, consumer, max_price=400_000, what_if=dearer)
    assert same.what_if is not None
    assert same.what_if.differences == ["nothing would be different"]


async def test_what_is_reserved_is_the_holders_and_nobody_elses(database: Database) -> None:
    market = Market(database)
    holder, other = await market.consumer(), await market.consumer()
    machine = await market.machine(price=360_000)
    now = datetime.now(UTC)
    async with database.transaction() as session:
        await reservations.reserve(
            session,
            caller=holder,
            provider_id=machine.id,
            length=timedelta(hours=2),
            starts_at=now + timedelta(minutes=30),
        )

    theirs = await quoted(database, other, time_limit_seconds=HOUR)
    assert (theirs.worker_id, theirs.price_per_hour) == (None, None)
    assert theirs.waiting is not None
    assert [reason.constraint for reason in theirs.waiting.reasons] == ["reserved"]
    before = await quoted(database, other, time_limit_seconds=600)
    assert (before.worker_id, before.price_per_hour) == (machine.worker_id, 360_000)
    early = await quoted(database, holder, time_limit_seconds=HOUR)
    assert (early.worker_id, early.price_per_hour) == (machine.worker_id, 360_000)

    within = now + timedelta(minutes=40)
    async with database.transaction() as session:
        asked = QuoteRequest(resources=ResourceRequest(gpu_count=1), time_limit_seconds=HOUR)
        paid_for = await quote(session, caller=holder, request=asked, now=within, policy=POLICY, turns=Semaphore(1))
        wanted = MatchRequest(resources=ResourceRequest(gpu_count=1), time_limit_seconds=HOUR)
        (mine,) = (await match(session, caller=holder, request=wanted, now=within, turns=Semaphore(1))).offers
        nothing = await match(session, caller=other, request=wanted, now=within, turns=Semaphore(1))
    assert (paid_for.worker_id, paid_for.price_per_hour, paid_for.likely_cost) == (machine.worker_id, 0, 0)
    assert (mine.price_per_hour, mine.why[0]) == (0, "your reservation paid for it")
    assert nothing.offers == []


async def test_a_machine_that_is_busy_is_free_when_what_runs_there_ends_but_for_others_windows(
    database: Database,
) -> None:
    market = Market(database)
    holder, other = await market.consumer(), await market.consumer()
    machine = await market.machine()
    await market.assign(await market.job(other, time_limit_seconds=600), machine)
    busy = await quoted(database, other, time_limit_seconds=HOUR)
    assert busy.starts_at is not None
    async with database.transaction() as session:
        await reservations.reserve(
            session,
            caller=holder,
            provider_id=machine.id,
            length=timedelta(hours=2),
            starts_at=datetime.now(UTC) + timedelta(minutes=30),
        )
    assert (await quoted(database, other, time_limit_seconds=HOUR)).starts_at is None
    short = await quoted(database, other, time_limit_seconds=600)
    assert short.starts_at == busy.starts_at


async def test_a_quote_stands_behind_those_that_wait(database: Database) -> None:
    market = Market(database)
    ahead, asking = await market.consumer(), await market.consumer()
    machine = await market.machine()
    now = datetime.now(UTC)
    await market.assign(await market.job(ahead, time_limit_seconds=600), machine)
    alone = await quoted(database, asking, time_limit_seconds=HOUR)
    assert alone.starts_at is not None
    assert abs(alone.starts_at - now - timedelta(seconds=600)) < timedelta(seconds=90)
    for _ in range(2):
        await market.job(asking, time_limit_seconds=1200)
    behind = await quoted(database, asking, time_limit_seconds=HOUR)
    assert behind.starts_at is not None
    assert abs(behind.starts_at - now - timedelta(seconds=600 + 2 * 1200)) < timedelta(seconds=90)
    assert behind.waiting is not None


async def test_what_those_ahead_take_is_offered_to_nobody_else(database: Database) -> None:
    market = Market(database)
    ahead, asking = await market.consumer(), await market.consumer()
    cheap, dear = await market.machine(price=200_000), await market.machine(price=300_000)
    await market.job(ahead, time_limit_seconds=600)
    found = await quoted(database, asking, time_limit_seconds=600)
    assert found.worker_id == dear.worker_id
    async with database.transaction() as session:
        wanted = MatchRequest(resources=ResourceRequest(gpu_count=1), time_limit_seconds=600)
        answer = await match(session, caller=asking, request=wanted, now=datetime.now(UTC), turns=Semaphore(1))
    assert [each.offer.provider for each in answer.offers] == [dear.worker_id]
    assert [(each.constraint, each.removed) for each in answer.rejected.reasons] == [("busy", 1)]
    assert cheap.worker_id != dear.worker_id


async def test_a_quote_knows_what_its_user_may_have_before_any_job_of_theirs_waits(database: Database) -> None:
    market = Market(database)
    asking = await market.consumer()
    machine = await market.machine()
    assert (await quoted(database, asking)).worker_id == machine.worker_id
    async with database.transaction() as session:
        await quotas.assign(session, asking.user_id, QuotaSet(max_gpus=0))
    found = await quoted(database, asking)
    assert (found.worker_id, found.starts_at) == (None, None)
    assert found.waiting is not None
    assert [reason.constraint for reason in found.waiting.reasons] == ["quota"]


async def test_who_had_much_of_the_market_until_now_is_not_ahead_of_who_had_nothing(database: Database) -> None:
    market = Market(database)
    ahead, asking = await market.consumer(), await market.consumer()
    earlier = await market.machine()
    had = await market.assign(await market.job(ahead), earlier)
    machine = await market.machine()
    async with database.transaction() as session:
        await ending.lose(session, had.attempt_id, reason="for the test", policy=POLICY)
        await session.execute(text("update attempts set created_at = now() - interval '1 hour'"))
        await session.execute(text("update providers set is_available = false where id = :id"), {"id": earlier.id})
    await market.job(ahead)
    assert (await quoted(database, asking)).worker_id == machine.worker_id


async def test_a_quote_that_waits_for_its_turn_holds_no_connection_and_one_that_takes_too_long_knows_no_start(
    database: Database,
) -> None:
    market = Market(database)
    ahead, asking = await market.consumer(), await market.consumer()
    machine = await market.machine()
    await market.assign(await market.job(ahead), machine)
    await market.job(ahead)
    request = QuoteRequest(resources=ResourceRequest(gpu_count=1))
    turns = Turns(1)
    await turns.acquire()
    async with database.transaction() as session:
        found = create_task(
            quote(
                session,
                caller=asking,
                request=request,
                now=datetime.now(UTC),
                policy=POLICY,
                turns=turns,
                patience_seconds=0,
            )
        )
        await turns.asked.wait()
        assert not session.in_transaction()
        turns.release()
        assert (await found).starts_at is None
    assert (await quoted(database, asking)).starts_at is not None
