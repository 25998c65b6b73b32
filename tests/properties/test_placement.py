"""Placement against a plain model of it, and its cache against itself."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from qubix.schemas.resources import WHOLE_GPU_MILLI
from qubix.schemas.states import AffinityScope, Interconnect, IsolationLevel, Preference, ProviderStatus, ProviderType
from qubix_platform.placement.decide import decide
from qubix_platform.placement.engine import (
    Delta,
    Engine,
    JobGone,
    JobQueued,
    ProviderChanged,
    ProviderGone,
    changes,
)
from qubix_platform.placement.gpu_names import model_key
from qubix_platform.placement.model import (
    AntiAffinity,
    Apart,
    Assignment,
    Candidate,
    GpuState,
    OfferOrder,
    PendingJob,
    Policy,
    Request,
    Snapshot,
)
from qubix_platform.pricing.rates import hourly_price
from tests.properties.markets import NOW, candidates, jobs, policies

_MARKET = st.builds(
    Snapshot,
    jobs=st.lists(jobs(), max_size=6, unique_by=lambda job: job.id).map(tuple),
    providers=st.lists(candidates(), max_size=6, unique_by=lambda candidate: candidate.provider_id).map(tuple),
)

_DELTA: st.SearchStrategy[Delta] = st.one_of(
    jobs().map(JobQueued),
    candidates().map(ProviderChanged),
    candidates().map(ProviderChanged),
    st.integers(1, 8).map(lambda number: JobGone(UUID(int=0x1000 + number))),
    st.integers(1, 6).map(lambda number: ProviderGone(UUID(int=number))),
)


def _cards(request: Request, candidate: Candidate) -> list[GpuState]:
    """The cards of a machine that a job may run on, free or not, one condition a line."""
    return [
        gpu
        for gpu in candidate.gpus
        if (not request.gpu_models or model_key(gpu.model) in {model_key(name) for name in request.gpu_models})
        and gpu.vram_mib >= request.min_vram_mib
        and (
            request.min_compute_capability is None
            or (gpu.compute_capability is not None and gpu.compute_capability >= request.min_compute_capability)
        )
    ]


def _shares_nothing(apart: Apart, candidate: Candidate) -> bool:
    return (
        candidate.user_id != apart.owner and None not in (apart.site, candidate.site) and apart.site != candidate.site
    )


def _is_connected(asked: Interconnect | None, there: Interconnect | None) -> bool:
    return asked is None or there is Interconnect.NVLINK or asked is there


def _fits(request: Request, candidate: Candidate) -> bool:
    """Whether a machine would do if nothing on it were taken, at `NOW`."""
    price = hourly_price(
        price_per_hour=candidate.price_per_hour,
        gpu_count=request.gpu_count,
        share_milli=request.gpu_share_milli,
    )
    locations = {location.casefold() for location in request.locations}
    return (
        (not request.providers or candidate.worker_id in request.providers)
        and candidate.worker_id not in request.avoid
        and set(request.labels) <= set(candidate.labels)
        and (request.apart is None or _shares_nothing(request.apart, candidate))
        and candidate.status is ProviderStatus.ONLINE
        and candidate.is_available
        and candidate.reachable
        and (candidate.shunned_until is None or candidate.shunned_until <= NOW)
        and candidate.type is not ProviderType.BROWSER
        and (request.trust is None or candidate.trust is request.trust)
        and (request.gpu_count == 0 or len(_cards(request, candidate)) >= request.gpu_count)
        and (request.gpu_count == 0 or _is_connected(request.interconnect, candidate.interconnect))
        and candidate.cpu_cores >= request.cpu_cores
        and candidate.ram_mib >= request.memory_mib
        and candidate.disk_mib >= request.disk_mib
        and price <= request.max_price
        and (not locations or (candidate.location or "").casefold() in locations)
        and candidate.reliability >= request.min_reliability
        and candidate.isolation_level.rank >= request.isolation_level.rank
        and (candidate.isolation_level is not IsolationLevel.NONE or candidate.user_id == request.user_id)
    )


class _Taken:
    """What a pass has given away so far, on top of what was taken before it."""

    def __init__(self, candidates: tuple[Candidate, ...]) -> None:
        self.cpu = {c.provider_id: c.allocated_cpu for c in candidates}
        self.memory = {c.provider_id: c.allocated_memory_mib for c in candidates}
        self.disk = {c.provider_id: c.allocated_disk_mib for c in candidates}
        self.apart: list[tuple[UUID, AntiAffinity, Candidate]] = []
        self.milli = {gpu.id: gpu.allocated_milli for c in candidates for gpu in c.gpus}

    def has_room(self, request: Request, candidate: Candidate) -> bool:
        share = request.gpu_share_milli
        free = [gpu for gpu in _cards(request, candidate) if self.milli[gpu.id] + share <= WHOLE_GPU_MILLI]
        return (
            self._is_apart(request, candidate)
            and self.cpu[candidate.provider_id] + request.cpu_cores <= candidate.cpu_cores
            and self.memory[candidate.provider_id] + request.memory_mib <= candidate.ram_mib
            and self.disk[candidate.provider_id] + request.disk_mib <= candidate.disk_mib
            and len(free) >= request.gpu_count
        )

    def _is_apart(self, request: Request, candidate: Candidate) -> bool:
        asked = request.anti_affinity
        if asked is None:
            return True
        if asked.scope is AffinityScope.SITE and candidate.site is None:
            return False
        others = [(one.scope, place) for user, one, place in self.apart if user == request.user_id]
        for scope, place in others:
            if place.provider_id == candidate.provider_id:
                return False
            if AffinityScope.OWNER in (scope, asked.scope) and place.user_id == candidate.user_id:
                return False
            if AffinityScope.SITE in (scope, asked.scope) and (
                None in (place.site, candidate.site) or place.site == candidate.site
            ):
                return False
        return True

    def take(self, request: Request, assignment: Assignment, candidate: Candidate) -> None:
        if request.anti_affinity is not None:
            self.apart.append((request.user_id, request.anti_affinity, candidate))
        self.cpu[assignment.provider_id] += request.cpu_cores
        self.memory[assignment.provider_id] += request.memory_mib
        self.disk[assignment.provider_id] += request.disk_mib
        for gpu in assignment.gpus:
            self.milli[gpu.gpu_id] += gpu.milli


def _expected(job: PendingJob, snapshot: Snapshot, taken: _Taken, policy: Policy) -> list[Candidate]:
    """The offers that fit, have room, and are as good as any for the consumer, in the policy's order."""

    def order(candidate: Candidate) -> tuple[bool, bool, tuple[Any, ...]]:
        was_tried = candidate.provider_id in job.tried
        spares = job.request.gpu_count == 0 and bool(candidate.gpus)
        return was_tried, spares, _worth(candidate, job.request, policy)

    offers = [c for c in snapshot.providers if _fits(job.request, c) and taken.has_room(job.request, c)]
    best = min(map(order, offers), default=None)
    return [offer for offer in offers if order(offer) == best]


def _worth(candidate: Candidate, request: Request, policy: Policy) -> tuple[Any, ...]:
    price, tflops = candidate.price_per_hour, candidate.fp32_tflops
    by_start = (candidate.type is not ProviderType.RAY, price)
    by_value = (tflops is None, price if tflops is None else price / tflops)
    if policy.order is OfferOrder.NAME:
        return (candidate.worker_id,)
    if policy.order is OfferOrder.START:
        return by_start
    if policy.order is OfferOrder.VALUE:
        return by_value
    return {Preference.CHEAPEST: (price,), Preference.FASTEST: by_start, Preference.VALUE: by_value}[request.prefer]


@settings(max_examples=200, deadline=None)
@given(snapshot=_MARKET, policy=policies)
def test_decisions_are_those_of_a_plain_model(snapshot: Snapshot, policy: Policy) -> None:
    decisions = decide(snapshot, NOW, replace(policy, together=False))
    taken = _Taken(snapshot.providers)
    assigned = {assignment.job_id: assignment for assignment in decisions.assignments}
    for job in sorted(snapshot.jobs, key=lambda job: (job.queued_at, job.id)):
        expected = {offer.provider_id: offer for offer in _expected(job, snapshot, taken, policy)}
        if not expected:
            assert job.id not in assigned
            continue
        assignment = assigned[job.id]
        assert assignment.provider_id in expected
        assert len(assignment.gpus) == job.request.gpu_count
        assert {gpu.gpu_id for gpu in assignment.gpus} <= {
            gpu.id for gpu in _cards(job.request, expected[assignment.provider_id])
        }
        assert assignment.price_per_hour <= job.request.max_price
        taken.take(job.request, assignment, expected[assignment.provider_id])
    assert all(milli <= WHOLE_GPU_MILLI for milli in taken.milli.values())


@settings(max_examples=300, deadline=None)
@given(snapshot=_MARKET)
def test_jobs_matched_together_are_served_within_the_same_bounds_and_cost_no_more(snapshot: Snapshot) -> None:
    alone = decide(snapshot, NOW, Policy(together=False))
    together = decide(snapshot, NOW, Policy())
    same, more = together.assignments[: len(alone.assignments)], together.assignments[len(alone.assignments) :]
    assert [one.job_id for one in same] == [one.job_id for one in alone.assignments]
    assert sum(a.price_per_hour for a in same) <= sum(a.price_per_hour for a in alone.assignments)
    # As others change places there may be one for who found none.
    assert together.waiting == {
        job_id: alone.waiting[job_id] for job_id in alone.waiting.keys() - {one.job_id for one in more}
    }
    jobs = {job.id: job.request for job in snapshot.jobs}
    offers = {candidate.provider_id: candidate for candidate in snapshot.providers}
    taken = _Taken(snapshot.providers)
    for assignment in together.assignments:
        request, offer = jobs[assignment.job_id], offers[assignment.provider_id]
        assert _fits(request, offer)
        assert taken.has_room(request, offer)
        assert {gpu.gpu_id for gpu in assignment.gpus} <= {gpu.id for gpu in _cards(request, offer)}
        assert len(assignment.gpus) == request.gpu_count
        assert assignment.price_per_hour <= request.max_price
        taken.take(request, assignment, offer)
    assert all(milli <= WHOLE_GPU_MILLI for milli in taken.milli.values())


@settings(max_examples=100, deadline=None)
@given(snapshot=_MARKET, policy=policies)
def test_every_offer_is_counted_in_exactly_one_reason(snapshot: Snapshot, policy: Policy) -> None:
    decisions = decide(snapshot, NOW, policy)
    assert {a.job_id for a in decisions.assignments} | set(decisions.waiting) == {job.id for job in snapshot.jobs}
    for job in snapshot.jobs:
        report = decisions.waiting.get(job.id)
        if report is None:
            continue
        fitting = sum(_fits(job.request, candidate) for candidate in snapshot.providers)
        assert report.considered == len(snapshot.providers)
        assert sum(reason.removed for reason in report.reasons) == report.considered
        assert sum(r.removed for r in report.reasons if r.constraint in {"busy", "antiAffinity"}) == fitting
        assert len({reason.constraint for reason in report.reasons}) == len(report.reasons)


@settings(max_examples=100, deadline=None)
@given(deltas=st.lists(_DELTA, max_size=20), policy=policies)
def test_the_engine_is_a_cache_of_the_pure_decision(deltas: list[Delta], policy: Policy) -> None:
    engine = Engine()
    for delta in deltas:
        engine.apply(delta)
        assert engine.decide(NOW, policy) == decide(engine.snapshot(), NOW, policy)


@settings(max_examples=100, deadline=None)
@given(old=_MARKET, new=_MARKET, policy=policies)
def test_the_changes_between_two_snapshots_lead_from_one_to_the_other(
    old: Snapshot, new: Snapshot, policy: Policy
) -> None:
    engine = Engine()
    for delta in changes(Snapshot(), old):
        engine.apply(delta)
    engine.decide(NOW, policy)
    for delta in changes(old, new):
        engine.apply(delta)
    assert engine.decide(NOW, policy) == decide(new, NOW, policy)
