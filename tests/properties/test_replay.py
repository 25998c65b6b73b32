"""A recorded pass is what was decided, for any market: decoded, it is equal, and decides the same again."""

from dataclasses import replace
from datetime import datetime
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Row

from qubix_platform.placement.decide import decide
from qubix_platform.placement.model import Policy, Snapshot
from qubix_platform.scheduling.models import Pass
from qubix_platform.scheduling.passes import Base, Encoded, decode, encode
from tests.properties.living_markets import LivingMarket, production_policies, seeds
from tests.properties.markets import NOW, candidates, jobs, moments, policies


@settings(max_examples=100, deadline=None)
@given(
    pending=st.lists(jobs(), max_size=5, unique_by=lambda job: job.id).map(tuple),
    providers=st.lists(candidates(), max_size=5, unique_by=lambda candidate: candidate.provider_id).map(tuple),
    now=moments,
    policy=policies,
)
def test_any_pass_replays_to_the_same_decisions(
    pending: tuple[Any, ...], providers: tuple[Any, ...], now: datetime, policy: Policy
) -> None:
    snapshot = Snapshot(jobs=pending, providers=providers)
    made = Pass(
        decided_at=now, policy=policy, snapshot=snapshot, decisions=decide(snapshot, now, policy), duration_us=7
    )
    found = decode(_stored(encode(made)))

    assert found == made
    assert decide(found.snapshot, found.decided_at, found.policy) == made.decisions


_MARKET = st.builds(
    Snapshot,
    jobs=st.lists(jobs(), max_size=5, unique_by=lambda job: job.id).map(tuple),
    providers=st.lists(candidates(), max_size=5, unique_by=lambda candidate: candidate.provider_id).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(base=_MARKET, market=_MARKET, data=st.data())
def test_a_pass_that_was_shortened_by_another_is_the_same_again(
    base: Snapshot, market: Snapshot, data: st.DataObject
) -> None:
    shared = data.draw(st.lists(st.sampled_from(base.providers), unique=True) if base.providers else st.just([]))
    own = [one for one in market.providers if one.provider_id not in {each.provider_id for each in shared}]
    snapshot = Snapshot(jobs=market.jobs, providers=tuple(data.draw(st.permutations([*shared, *own]))))
    made = Pass(
        decided_at=NOW, policy=Policy(), snapshot=snapshot, decisions=decide(snapshot, NOW, Policy()), duration_us=7
    )
    _assert_shortened_is_the_same(made, base)


@settings(max_examples=20, deadline=None)
@given(seed=seeds, policy=production_policies)
def test_any_pass_of_a_market_in_use_replays_to_the_same_decisions(seed: int, policy: Policy) -> None:
    """By the scheduler's policy, with all that occurs in markets in use: whole, and shortened by an earlier pass."""
    market, base = LivingMarket(Random(seed)), Snapshot()
    for number in range(5):
        market.go_on()
        snapshot, now = market.snapshot(), market.now
        decisions = market.engine.decide(now, policy)
        made = Pass(decided_at=now, policy=policy, snapshot=snapshot, decisions=decisions, duration_us=7)
        found = decode(_stored(encode(made)))
        assert found == made
        assert decide(found.snapshot, found.decided_at, found.policy) == decisions
        if number:
            _assert_shortened_is_the_same(made, base)
        base = snapshot if number % 2 == 0 else base
        market.carry_out(decisions)


def _assert_shortened_is_the_same(made: Pass, base: Snapshot) -> None:
    whole, shortened = encode(replace(made, snapshot=base)), encode(made, Base.of(base))
    assert (whole.is_whole, shortened.is_whole) == (True, False)
    assert decode(_stored(shortened), Base.stored(whole.snapshot)) == made


def _stored(encoded: Encoded) -> Row[Any]:
    return cast("Row[Any]", SimpleNamespace(**vars(encoded) | {"policy": orjson.loads(encoded.policy)}))
