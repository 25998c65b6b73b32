"""Who follows a suggestion is placed."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from qubix_platform.placement.decide import decide
from qubix_platform.placement.model import Candidate, PendingJob, Policy, Request, Snapshot
from qubix_platform.placement.offers import OfferTable, microseconds
from qubix_platform.placement.placing import Placing
from qubix_platform.placement.suggestions import Suggestion, suggest
from tests.properties.markets import NOW, candidates, jobs, policies

_MARKET = st.builds(
    Snapshot,
    jobs=st.lists(jobs(), min_size=1, max_size=5, unique_by=lambda job: job.id).map(tuple),
    providers=st.lists(candidates(), min_size=1, max_size=6, unique_by=lambda one: one.provider_id).map(tuple),
)


def _suggestions(snapshot: Snapshot, job: PendingJob, policy: Policy) -> tuple[Suggestion, ...]:
    """What a job is told that was not placed, as changed requests."""
    at = microseconds(NOW)
    placing = Placing(OfferTable(snapshot.providers), at=at, policy=policy)
    for one in sorted(snapshot.jobs, key=lambda one: (one.queued_at, one.id)):
        placing.place(one)
    found = suggest(placing.matching(job), placing.room, at=at, policy=policy)
    told = decide(snapshot, NOW, policy).waiting[job.id].suggestions
    assert told == [suggestion.text for suggestion in found]
    return found


@settings(max_examples=150, deadline=None)
@given(snapshot=_MARKET, policy=policies)
def test_a_job_whose_owner_follows_a_suggestion_is_placed(snapshot: Snapshot, policy: Policy) -> None:
    for job in snapshot.jobs:
        if job.id not in decide(snapshot, NOW, policy).waiting:
            continue
        for suggestion in _suggestions(snapshot, job, policy):
            assert suggestion.changes
            assert suggestion.fitting
            followed = replace(job, request=suggestion.request)
            if suggestion.free:
                others = tuple(one for one in snapshot.jobs if one.id != job.id)
                again = decide(replace(snapshot, jobs=(*others, followed)), NOW, policy)
                assert job.id in {assigned.job_id for assigned in again.assignments}
            else:
                idle = tuple(map(_idle, snapshot.providers))
                alone = decide(Snapshot(jobs=(followed,), providers=idle), NOW, policy)
                assert [assigned.job_id for assigned in alone.assignments] == [job.id]


def _idle(candidate: Candidate) -> Candidate:
    gpus = tuple(replace(gpu, allocated_milli=0) for gpu in candidate.gpus)
    return replace(candidate, allocated_cpu=0, allocated_memory_mib=0, allocated_disk_mib=0, gpus=gpus)


@settings(max_examples=150, deadline=None)
@given(snapshot=_MARKET, policy=policies)
def test_whoever_is_told_nothing_could_have_done_nothing(snapshot: Snapshot, policy: Policy) -> None:
    """A request that gives up every condition that can be given up still finds no machine."""
    waiting = decide(snapshot, NOW, policy).waiting
    for job in snapshot.jobs:
        if job.id not in waiting or waiting[job.id].suggestions:
            continue
        humble = PendingJob(id=job.id, queued_at=job.queued_at, request=_humble(job.request))
        others = tuple(one for one in snapshot.jobs if one.id != job.id and one.id not in waiting)
        last = replace(humble, queued_at=max(one.queued_at for one in snapshot.jobs).replace(year=2030))
        assert job.id in decide(replace(snapshot, jobs=(*others, last)), NOW, policy).waiting


def _humble(request: Request) -> Request:
    return Request(
        user_id=request.user_id,
        gpu_count=min(request.gpu_count, 1),
        gpu_share_milli=request.gpu_share_milli,
        memory_mib=64,
        disk_mib=16,
        apart=request.apart,
        isolation_level=min(request.isolation_level.__class__, key=lambda level: level.rank),
    )
