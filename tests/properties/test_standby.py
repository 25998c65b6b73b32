"""Two machines for a job: one to run it, and one of another owner and at another site to stand by."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from qubix_platform.placement.decide import decide
from qubix_platform.placement.engine import Engine, changes
from qubix_platform.placement.model import Candidate, OfferOrder, PendingJob, Policy, Snapshot
from tests.platform.placement.market import explain
from tests.properties.markets import NOW, candidates, jobs, policies

_PROVIDERS = st.lists(candidates(), max_size=6, unique_by=lambda candidate: candidate.provider_id).map(tuple)
_JOBS = jobs().filter(lambda job: not job.is_standby).map(lambda job: replace(job, wants_standby=True))


def _can_stand_by(first: Candidate, second: Candidate) -> bool:
    sites = {first.site, second.site}
    return first.user_id != second.user_id and None not in sites and len(sites) > 1


@settings(max_examples=200, deadline=None)
@given(job=_JOBS, providers=_PROVIDERS)
def test_a_pair_is_chosen_where_there_is_one_with_the_best_first_machine_of_any_pair(
    job: PendingJob, providers: tuple[Candidate, ...]
) -> None:
    job = replace(job, tried=(), request=replace(job.request, gpu_count=max(1, job.request.gpu_count)))
    policy = Policy(order=OfferOrder.PRICE)
    free, _ = explain(providers, job.request, NOW, policy)
    pairs = [first for first in free if any(_can_stand_by(first, second) for second in free)]
    found = decide(Snapshot(jobs=(job,), providers=providers), NOW, policy).assignments
    assert [one.is_standby for one in found] == [False] * bool(free) + [True] * bool(pairs)
    if not found:
        return
    chosen = {one.provider_id: one for one in free}
    best = min(explain([one], job.request, NOW, policy)[0][0].price_per_hour for one in pairs or free)
    if job.request.prefer == "cheapest":
        assert chosen[found[0].provider_id].price_per_hour == best
    if pairs:
        assert _can_stand_by(*(chosen[one.provider_id] for one in found))


@settings(max_examples=150, deadline=None)
@given(
    snapshot=st.builds(
        Snapshot,
        jobs=st.lists(_JOBS | jobs(), max_size=5, unique_by=lambda job: job.id).map(tuple),
        providers=_PROVIDERS,
    ),
    policy=policies,
)
def test_pairs_stay_apart_beside_other_jobs_and_the_engine_finds_the_same(snapshot: Snapshot, policy: Policy) -> None:
    decisions = decide(snapshot, NOW, policy)
    machines = {candidate.provider_id: candidate for candidate in snapshot.providers}
    first = {one.job_id: machines[one.provider_id] for one in decisions.assignments if not one.is_standby}
    for one in decisions.assignments:
        if one.is_standby and one.job_id in first:
            assert _can_stand_by(first[one.job_id], machines[one.provider_id])
    assert {one.job_id for one in decisions.assignments} | set(decisions.waiting) == {job.id for job in snapshot.jobs}
    engine = Engine()
    for delta in changes(Snapshot(), snapshot):
        engine.apply(delta)
    assert engine.decide(NOW, policy) == decisions
