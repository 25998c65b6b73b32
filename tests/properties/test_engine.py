"""The engine, whatever it remembers, decides what is decided from the market as it stands."""

from collections import Counter
from random import Random
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from qubix_platform.placement.constraints import ConstraintName
from qubix_platform.placement.decide import decide
from qubix_platform.placement.engine import (
    AttemptEnded,
    AttemptStarted,
    Engine,
    JobQueued,
    ProviderChanged,
    RunningChanged,
)
from qubix_platform.placement.model import Policy, Running
from qubix_platform.placement.ordering.policy import QueuePolicy
from qubix_platform.placement.policy import SCHEDULERS_POLICY
from tests.platform.placement.market import NOW, job, offer
from tests.properties.living_markets import LivingMarket, production_policies, seeds


@settings(max_examples=50, deadline=None)
@given(seed=seeds, policy=production_policies | st.just(Policy()))
def test_pass_after_pass_the_engine_decides_as_if_it_saw_the_market_for_the_first_time(
    seed: int, policy: Policy
) -> None:
    """With all that occurs in markets in use, see `test_markets_in_use_hold_all_that_the_scheduler_knows`."""
    market = LivingMarket(Random(seed))
    for _ in range(6):
        market.go_on()
        decisions = market.engine.decide(market.now, policy)
        assert decisions == decide(market.snapshot(), market.now, policy)
        market.carry_out(decisions)


def test_markets_in_use_hold_all_that_the_scheduler_knows() -> None:
    """What these properties hold for is what occurs in the markets that they draw."""
    seen: Counter[str] = Counter()
    for seed in range(40):
        market = LivingMarket(Random(seed))
        for _ in range(6):
            market.go_on()
            decisions = market.engine.decide(market.now, SCHEDULERS_POLICY)
            jobs = {job.id: job for job in market.snapshot().jobs}
            for one in decisions.assignments:
                request = jobs[one.job_id].request
                seen["gang"] += one.rank > 0
                seen["standby"] += one.is_standby
                seen["spot"] += request.is_spot
                seen["apart"] += request.anti_affinity is not None
                seen["prepaid"] += one.price_per_hour == 0
            seen["kept"] += len(decisions.reserved)
            seen["preempted"] += len(decisions.preemptions)
            seen.update(reason.constraint for report in decisions.waiting.values() for reason in report.reasons)
            market.carry_out(decisions)
    usual = {"gang", "standby", "spot", "apart", "prepaid", "kept", "preempted"}
    assert usual | set(ConstraintName) - {ConstraintName.BROWSER} <= set(seen.keys() & +seen)


@settings(max_examples=20, deadline=None)
@given(running=st.integers(0, 3), other=st.integers(0, 3))
def test_what_runs_can_be_told_all_at_once_or_one_after_the_other(running: int, other: int) -> None:
    attempts = tuple(
        Running(
            attempt_id=UUID(int=number),
            job_id=UUID(int=number),
            user_id=UUID(int=0x50),
            provider_id=UUID(int=1),
            cpu_cores=1,
            memory_mib=1024,
            limit_seconds=60 * number,
            started_at=NOW,
        )
        for number in range(1, 5)
    )
    at_once, singly = Engine(), Engine()
    for engine in (at_once, singly):
        engine.apply(ProviderChanged(offer(1, allocated_cpu=4, cpu_cores=4, gpus=4)))
        engine.apply(JobQueued(job(1)))
        engine.decide(NOW, Policy(queue=QueuePolicy()))
    at_once.apply(RunningChanged(attempts[:running]))
    at_once.apply(RunningChanged(attempts[:other]))
    for attempt in attempts[:running]:
        singly.apply(AttemptStarted(attempt))
    for attempt in attempts[other:running]:
        singly.apply(AttemptEnded(attempt.attempt_id))
    for attempt in attempts[running:other]:
        singly.apply(AttemptStarted(attempt))
    policy = Policy(queue=QueuePolicy())
    assert at_once.decide(NOW, policy) == singly.decide(NOW, policy)
    assert at_once.snapshot() == singly.snapshot()
