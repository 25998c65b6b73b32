"""Work conservation: nobody waits while a machine is free that would do, but for what is kept for those before them."""

from dataclasses import replace
from random import Random
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from qubix_platform.placement.decide import decide
from qubix_platform.placement.model import OfferOrder, PendingJob, Policy, Request
from qubix_platform.placement.policy import SCHEDULERS_POLICY
from tests.properties.living_markets import USERS, LivingMarket, seeds

_POLICIES = st.sampled_from(
    [SCHEDULERS_POLICY, SCHEDULERS_POLICY, replace(SCHEDULERS_POLICY, together=False), Policy()]
)


def _picky(number: int, market: LivingMarket, random: Random) -> PendingJob:
    """A job that takes few of the machines: such leave each other places as they are matched together."""
    workers = [machine.worker_id for machine in market.machines.values()]
    request = Request(
        user_id=random.choice(USERS),
        gpu_count=1,
        providers=tuple(random.sample(workers, k=min(len(workers), random.randint(1, 3)))),
        disk_mib=16,
    )
    return PendingJob(id=UUID(int=0x9000 + number), queued_at=market.now, request=request, limit_seconds=600)


@settings(max_examples=25, deadline=None)
@given(seed=seeds, policy=_POLICIES, is_mixed=st.booleans())
def test_nobody_waits_while_a_machine_is_free_that_would_do(seed: int, policy: Policy, is_mixed: bool) -> None:
    """In markets in use, matched together or in turn, by every job that waits after what was decided has happened.

    Machines are left out on which a place is kept, and users that have a quota.
    """
    assert policy.order is OfferOrder.PRICE
    random = Random(seed)
    market = LivingMarket(random, most_machines=12, most_gpus=4 if is_mixed else 1)
    for number in range(2):
        if is_mixed:
            market.go_on()
        for each in range(random.randint(4, 12)):
            market.queue(_picky(number * 10 + each, market, random))
        decisions = market.engine.decide(market.now, policy)
        market.carry_out(decisions)
        after = market.snapshot()
        kept = {one.provider_id for one in decisions.reserved}
        limited = {one.user_id for one in after.consumers if one.max_gpus is not None}
        for job in after.jobs:
            if job.id in decisions.waiting and job.request.user_id not in limited:
                alone = decide(replace(after, jobs=(job,)), market.now, policy)
                assert {one.provider_id for one in alone.assignments} & kept or not alone.assignments
