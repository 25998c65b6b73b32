"""A recorded pass is what was decided, for any market: decoded, it is equal, and decides the same again."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from qubix_platform.placement.decide import decide
from qubix_platform.placement.model import Policy, Snapshot
from qubix_platform.scheduling.models import Pass
from qubix_platform.scheduling.passes import decode, encode
from tests.properties.markets import candidates, jobs, moments, policies


@settings(max_examples=200, deadline=None)
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
    encoded = encode(made)
    stored = SimpleNamespace(**vars(encoded) | {"policy": orjson.loads(encoded.policy)})

    found = decode(cast("Any", stored))

    assert found == made
    assert decide(found.snapshot, found.decided_at, found.policy) == made.decisions
