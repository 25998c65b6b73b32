"""Gangs: all of their workers find a place or none does, within what is free, at one site where that can be."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from qubix.schemas.resources import WHOLE_GPU_MILLI
from qubix_platform.placement.decide import decide
from qubix_platform.placement.engine import Engine, changes
from qubix_platform.placement.model import Assignment, Candidate, OfferOrder, PendingJob, Policy, Request, Snapshot
from tests.properties.markets import NOW, candidates, jobs, policies

_PROVIDERS = st.lists(candidates(), max_size=6, unique_by=lambda candidate: candidate.provider_id).map(tuple)
_GANGS = st.builds(
    lambda job, workers: replace(job, workers=1 if job.is_standby else workers), jobs(), st.integers(1, 4)
)
_MARKET = st.builds(
    Snapshot,
    jobs=st.lists(_GANGS, max_size=5, unique_by=lambda job: job.id).map(tuple),
    providers=_PROVIDERS,
)


def _room(request: Request, candidate: Candidate, snapshot: Snapshot) -> int:
    """For how many workers a machine has room: asked for one after the other, by jobs of one worker each."""
    alone = Snapshot(
        jobs=tuple(
            PendingJob(id=job.id, queued_at=NOW, request=request)
            for job in (replace(snapshot.jobs[0], id=type(snapshot.jobs[0].id)(int=number)) for number in range(1, 9))
        ),
        providers=(candidate,),
    )
    return len(decide(alone, NOW, Policy(together=False)).assignments)


def _taken_fits(assignments: Sequence[Assignment], snapshot: Snapshot) -> bool:
    requests = {job.id: job.request for job in snapshot.jobs}
    cpu: Counter[object] = Counter()
    memory: Counter[object] = Counter()
    disk: Counter[object] = Counter()
    milli: Counter[int] = Counter()
    for one in assignments:
        cpu[one.provider_id] += requests[one.job_id].cpu_cores
        memory[one.provider_id] += requests[one.job_id].memory_mib
        disk[one.provider_id] += requests[one.job_id].disk_mib
        for gpu in one.gpus:
            milli[gpu.gpu_id] += gpu.milli
    return all(
        candidate.allocated_cpu + cpu[candidate.provider_id] <= candidate.cpu_cores
        and candidate.allocated_memory_mib + memory[candidate.provider_id] <= candidate.ram_mib
        and candidate.allocated_disk_mib + disk[candidate.provider_id] <= candidate.disk_mib
        and all(gpu.allocated_milli + milli[gpu.id] <= WHOLE_GPU_MILLI for gpu in candidate.gpus if milli[gpu.id])
        for candidate in snapshot.providers
        if cpu[candidate.provider_id]
    )


@settings(max_examples=200, deadline=None)
@given(snapshot=_MARKET, policy=policies)
def test_all_workers_are_placed_or_none_and_never_beyond_what_is_free(snapshot: Snapshot, policy: Policy) -> None:
    decisions = decide(snapshot, NOW, policy)
    ranks: dict[object, list[int]] = {job.id: [] for job in snapshot.jobs}
    for one in decisions.assignments:
        ranks[one.job_id].append(one.rank)
    for job in snapshot.jobs:
        assert ranks[job.id] in ([], list(range(job.workers)))
        assert bool(ranks[job.id]) == (job.id not in decisions.waiting)
    assert _taken_fits(decisions.assignments, snapshot)
    engine = Engine()
    for delta in changes(Snapshot(), snapshot):
        engine.apply(delta)
    assert engine.decide(NOW, policy) == decisions


@settings(max_examples=100, deadline=None)
@given(job=_GANGS.filter(lambda job: job.workers > 1), providers=_PROVIDERS)
def test_a_gang_waits_only_where_there_is_no_room_for_all_and_stays_at_one_site_where_it_can(
    job: PendingJob, providers: tuple[Candidate, ...]
) -> None:
    snapshot = Snapshot(jobs=(job,), providers=providers)
    decisions = decide(snapshot, NOW, Policy(order=OfferOrder.PRICE))
    room = {candidate.provider_id: _room(job.request, candidate, snapshot) for candidate in providers}
    assert bool(decisions.assignments) == (sum(room.values()) >= job.workers)
    sites: Counter[object] = Counter()
    of = {candidate.provider_id: candidate.site or candidate.provider_id for candidate in providers}
    for provider_id, places in room.items():
        sites[of[provider_id]] += places
    if max(sites.values(), default=0) >= job.workers:
        assert len({of[one.provider_id] for one in decisions.assignments}) == 1
    for report in decisions.waiting.values():
        assert sum(reason.removed for reason in report.reasons) == report.considered == len(providers)
        if places := sum(room.values()):
            assert (report.suggestion or "").startswith(f"ask for {places} worker")
            smaller = replace(snapshot, jobs=(replace(job, workers=places),))
            assert len(decide(smaller, NOW, Policy()).assignments) == places
