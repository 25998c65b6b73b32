"""Recorded passes and what they lead to again."""

from dataclasses import replace
from random import Random

import pytest

from qubix_platform.database.connection import Connection
from qubix_platform.database.session import Database
from qubix_platform.placement.decide import decide
from qubix_platform.placement.model import Decisions, OfferOrder, Policy, Snapshot
from qubix_platform.placement.policy import SCHEDULERS_POLICY
from qubix_platform.scheduling import repository, service
from qubix_platform.scheduling.errors import PassNotFound
from qubix_platform.scheduling.models import Pass
from qubix_platform.scheduling.passes import Base, encode
from qubix_platform.scheduling.recording import Recorder
from qubix_platform.scheduling.replay import replay, replay_newest
from tests.platform.market_life import Market
from tests.platform.placement.market import NOW, job, offer
from tests.properties.living_markets import LivingMarket


def _pass(policy: Policy | None = None) -> Pass:
    snapshot = Snapshot(
        jobs=(job(0), job(1, gpu_share_milli=333), job(2, gpu_models=("H100",))),
        providers=(offer(1, price_per_hour=300), offer(2, price_per_hour=200), offer(3, gpus=0, shunned_until=NOW)),
    )
    policy = policy or Policy()
    return Pass(
        decided_at=NOW, policy=policy, snapshot=snapshot, decisions=decide(snapshot, NOW, policy), duration_us=1234
    )


async def test_a_recorded_pass_is_replayed_to_the_same_decisions(database: Database) -> None:
    made = _pass()
    async with database.transaction() as session:
        pass_id = await service.record(session, encode(made))
    async with database.transaction() as session:
        again = await replay(session, pass_id)
    assert again.recorded == made
    assert again.is_identical


async def test_what_if_the_policy_were_another(database: Database) -> None:
    async with database.transaction() as session:
        pass_id = await service.record(session, encode(_pass()))
        again = await replay(session, pass_id, policy=Policy(order=OfferOrder.NAME))
    assert not again.is_identical
    assert again.recorded.decisions.assignments[0].worker_id == "machine-2"
    assert again.again.assignments[0].worker_id == "machine-1"


async def test_a_pass_from_the_database_itself(market: Market, connection: Connection, database: Database) -> None:
    consumer = await market.consumer()
    await market.machine(gpus=2)
    for _ in range(3):
        await market.job(consumer)
    reading = await repository.read_market(connection)
    decisions = decide(reading.snapshot, reading.now, Policy())
    made = Pass(decided_at=reading.now, policy=Policy(), snapshot=reading.snapshot, decisions=decisions, duration_us=1)
    async with database.transaction() as session:
        pass_id = await service.record(session, encode(made))
        (row,) = await service.list_passes(session, limit=10)
        again = await replay(session, pass_id)
    assert (row.pending, row.assigned) == (3, 2)
    assert again.is_identical


async def test_only_the_last_passes_are_kept(database: Database) -> None:
    encoded = encode(_pass())
    async with database.transaction() as session:
        ids = [await service.record(session, encoded, kept=20) for _ in range(100)]
        kept = [row.id for row in await service.list_passes(session, limit=1000)]
    assert kept == ids[:-21:-1]


async def test_what_a_kept_pass_was_shortened_by_is_kept_with_it(database: Database) -> None:
    made = _pass()
    whole, shortened = encode(made), encode(made, Base.of(made.snapshot))
    async with database.transaction() as session:
        oldest = await service.record(session, whole)
        ids = [await service.record(session, shortened, base_id=oldest, kept=20) for _ in range(99)]
        await repository.prune_passes(session, newest=ids[-1], kept=20)
        assert (await service.list_passes(session, limit=1000))[-1].id == oldest
        assert (await replay(session, ids[-1])).recorded == made


async def test_a_thousand_recorded_passes_replay_to_the_same_decisions(database: Database) -> None:
    """As the scheduler makes them: by its policy, an engine that takes in what changed, written some at a time.

    Of a market in use, where jobs of every kind come and go: gangs, spot, standbys, windows, quotas, kept places.
    """
    market, recorder = LivingMarket(Random(14), most_machines=3), Recorder()
    batch: list[Pass] = []
    for _ in range(1000):
        market.go_on(most_jobs=2)
        decisions = market.engine.decide(market.now, SCHEDULERS_POLICY)
        batch.append(
            Pass(
                decided_at=market.now,
                policy=SCHEDULERS_POLICY,
                snapshot=market.snapshot(),
                decisions=decisions,
                duration_us=1,
            )
        )
        market.carry_out(decisions)
        if len(batch) == 50:
            encoded = recorder.encode(batch)
            async with database.transaction() as session:
                recorder.written(await recorder.write(session, encoded))
            batch = []

    found = [each async for each in replay_newest(database)]

    assert len(found) == 1000
    assert [each.differences for each in found if not each.is_identical] == []
    assert sum(len(each.again.assignments) for each in found) > 500
    assert sum(len(each.again.waiting) for each in found) > 300
    assert sum(len(each.again.reserved) for each in found) > 100
    assert any(each.again.preemptions for each in found)
    async with database.transaction() as session:
        assert sum(row.base_id is None for row in await repository.read_passes(session, before=None, limit=1000)) < 20


async def test_a_decision_that_differs_is_told(database: Database) -> None:
    made = _pass()
    (first, *rest), waiting = made.decisions.assignments, made.decisions.waiting
    async with database.transaction() as session:
        pass_id = await service.record(
            session, encode(replace(made, decisions=Decisions(assignments=tuple(rest), waiting=waiting)))
        )
        found = await replay(session, pass_id)
    assert found.differences == [
        f"job {first.job_id} went to no machine, and would go to machine-2 on GPU 0 at 200 QU per hour"
    ]


async def test_a_pass_that_is_not_kept_says_so(database: Database) -> None:
    async with database.transaction() as session:
        with pytest.raises(PassNotFound, match="no such pass is kept"):
            await replay(session, 404)


def test_a_pass_of_a_large_market_is_small() -> None:
    snapshot = Snapshot(jobs=(job(0),), providers=tuple(offer(number, gpus=4) for number in range(1, 1001)))
    decisions = decide(snapshot, NOW, Policy())
    encoded = encode(Pass(decided_at=NOW, policy=Policy(), snapshot=snapshot, decisions=decisions, duration_us=1))
    assert len(encoded.snapshot) < 64 * 1024
