"""Long jobs beside a scheduler that leads: settled as the hours pass, and stopped where they cannot be paid on."""

import asyncio
from uuid import UUID

from qubix_actors.billing import Billing
from qubix_actors.leader import Leader
from qubix_platform.attempts import reports
from qubix_platform.database.session import Database
from qubix_platform.ledger.model import Account
from qubix_platform.ledger.repository import balance_of
from tests.actors.cluster import PlayedCluster
from tests.actors.waiting import Waiting
from tests.platform.market_life import POLICY, Market

PRICE = 360_000
HOUR = 3600


async def start(database: Database, *, attempt_id: UUID, job_id: UUID) -> None:
    async with database.transaction() as session:
        await reports.mark_started(session, attempt_id=attempt_id, job_id=job_id, policy=POLICY)


async def test_the_leader_settles_an_hour_and_has_the_job_stopped_whose_money_ends(
    leader: Leader, market: Market, cluster: PlayedCluster, waiting: Waiting, database: Database
) -> None:
    machine = await market.machine(price=PRICE)
    cluster.join(machine.worker_id)
    consumer = await market.consumer(balance=PRICE * POLICY.funded_seconds // HOUR)
    job = await market.job(consumer, max_price=PRICE, time_limit_seconds=10 * HOUR)
    attempt_id = (await cluster.next_launch()).spec.attempt_id
    await start(database, attempt_id=attempt_id, job_id=job.id)
    await market.backdate_start(attempt_id, seconds=POLICY.funded_seconds - POLICY.stop_ahead_seconds + 1)

    async def is_settled() -> bool:
        return bool((await waiting.job(job.id)).settled_amount == PRICE)

    await waiting.until(is_settled)
    async with database.transaction() as session:
        assert await balance_of(session, Account.pending(attempt_id)) == PRICE
    assert await cluster.cancelled.get() == (machine.worker_id, attempt_id)
    stopped = await waiting.job(job.id)
    assert (stopped.stop_cause, stopped.funds_end_at is not None) == ("OUT_OF_FUNDS", True)


async def test_two_that_look_at_once_settle_once(market: Market, waiting: Waiting, database: Database) -> None:
    machine = await market.machine(price=PRICE)
    consumer = await market.consumer(balance=10 * PRICE)
    job = await market.job(consumer, max_price=PRICE, time_limit_seconds=10 * HOUR)
    spec = await market.assign(job, machine)
    await start(database, attempt_id=spec.attempt_id, job_id=job.id)
    await market.backdate_start(spec.attempt_id, seconds=2 * HOUR)
    await asyncio.gather(*(Billing(database, POLICY).look() for _ in range(4)))
    settled = await waiting.job(job.id)
    assert (settled.settled_amount, settled.settled_seconds) == (2 * PRICE, 2 * HOUR)
    assert settled.hold_amount - settled.settled_amount == PRICE * POLICY.funded_seconds // HOUR
