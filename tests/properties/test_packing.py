"""What packing remembers between placements, and its arithmetic, against plain models."""

from dataclasses import replace
from uuid import UUID

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qubix.schemas.states import IsolationLevel, ProviderStatus, ProviderType, Trust
from qubix_platform.placement.decide import decide
from qubix_platform.placement.mix import Expected
from qubix_platform.placement.model import (
    Assignment,
    Candidate,
    GpuState,
    PendingJob,
    Policy,
    Request,
    Snapshot,
)
from qubix_platform.placement.offers import OfferTable, microseconds
from qubix_platform.placement.packing.kernels import PROCESSOR_WEIGHT, fragmentation
from qubix_platform.placement.packing.outlook import outlook
from qubix_platform.placement.packing.prices import pattern_prices
from qubix_platform.placement.placing import Placing
from tests.properties.markets import NOW

_MODELS = ("T4", "G2", "H100")
_OWNER = UUID(int=9)


@st.composite
def _mixes(draw: st.DrawFn) -> tuple[Expected, ...]:
    def one() -> Expected:
        count = draw(st.sampled_from([0, 1, 1, 1, 2, 4]))
        return Expected(
            weight=draw(st.sampled_from([0.5, 1.0, 3.0])),
            gpu_count=count,
            gpu_share_milli=draw(st.sampled_from([200, 470, 500, 1000])) if count == 1 else 1000,
            gpu_models=draw(st.sampled_from([(), (), ("T4",), ("T4", "H100")])),
            cpu_cores=draw(st.sampled_from([1, 4, 12])),
        )

    return tuple(one() for _ in range(draw(st.integers(0, 6))))


@st.composite
def _machine(draw: st.DrawFn, number: int) -> Candidate:
    model = draw(st.sampled_from(_MODELS))
    return Candidate(
        provider_id=UUID(int=number + 1),
        worker_id=f"machine-{number}",
        user_id=_OWNER,
        type=ProviderType.RAY,
        trust=Trust.MEMBER,
        status=ProviderStatus.ONLINE,
        is_available=True,
        cpu_cores=draw(st.sampled_from([8, 32])),
        ram_mib=65_536,
        disk_mib=draw(st.sampled_from([5_000, 65_536])),
        price_per_hour=draw(st.sampled_from([10, 10, 20])),
        isolation_level=IsolationLevel.BWRAP,
        reliability=1.0,
        gpus=tuple(
            GpuState(id=number * 10 + index, index=index, model=model, vram_mib=16_384)
            for index in range(draw(st.sampled_from([0, 1, 2, 4])))
        ),
    )


@st.composite
def _arrivals(draw: st.DrawFn) -> list[PendingJob]:
    def request() -> Request:
        count = draw(st.sampled_from([0, 1, 1, 1, 2]))
        return Request(
            user_id=UUID(int=1),
            gpu_count=count,
            gpu_share_milli=draw(st.sampled_from([200, 470, 500, 1000])) if count == 1 else 1000,
            gpu_models=draw(st.sampled_from([(), (), ("T4",)])),
            cpu_cores=draw(st.sampled_from([1, 4])),
            memory_mib=1_024,
        )

    return [PendingJob(id=UUID(int=100 + n), queued_at=NOW, request=request()) for n in range(draw(st.integers(1, 12)))]


_MACHINES = st.integers(1, 5).flatmap(lambda count: st.tuples(*(_machine(number) for number in range(count))))


def _after(candidate: Candidate, request: Request, assignment: Assignment) -> Candidate:
    taken = {share.gpu_id: share.milli for share in assignment.gpus}
    return replace(
        candidate,
        allocated_cpu=candidate.allocated_cpu + request.cpu_cores,
        allocated_memory_mib=candidate.allocated_memory_mib + request.memory_mib,
        allocated_disk_mib=candidate.allocated_disk_mib + request.disk_mib,
        gpus=tuple(replace(g, allocated_milli=g.allocated_milli + taken.get(g.id, 0)) for g in candidate.gpus),
    )


@settings(max_examples=150, deadline=None)
@given(machines=_MACHINES, arrivals=_arrivals(), mix=_mixes())
def test_what_is_remembered_changes_no_placement(
    machines: tuple[Candidate, ...], arrivals: list[PendingJob], mix: tuple[Expected, ...]
) -> None:
    policy = Policy(mix=mix)
    placing = Placing(OfferTable(machines), at=microseconds(NOW), policy=policy)
    now = {machine.provider_id: machine for machine in machines}
    for job in arrivals:
        placed = placing.place(job)
        assignment = None if placed is None else placed.assignment()
        fresh = decide(Snapshot(jobs=(job,), providers=tuple(now.values())), NOW, policy)
        assert fresh.assignments == (() if assignment is None else (assignment,))
        if assignment is not None:
            now[assignment.provider_id] = _after(now[assignment.provider_id], job.request, assignment)


def _useless(left: list[int], cpu: int, model: str, mix: tuple[Expected, ...]) -> float:
    """Fragmentation as its definition says, one expected request after the other."""
    total = sum(one.weight for one in mix)
    useless = float(sum(left))
    for one in mix:
        request = one.gpu_count * one.gpu_share_milli
        runs = not one.gpu_models or model in one.gpu_models
        fits = sum(free >= one.gpu_share_milli for free in left) >= one.gpu_count and cpu >= one.cpu_cores
        if not request or not runs or not fits:
            continue
        usable = sum(free for free in left if free >= one.gpu_share_milli)
        bound = min(usable, cpu * request / one.cpu_cores)
        useless -= one.weight / total * (PROCESSOR_WEIGHT * bound + (1 - PROCESSOR_WEIGHT) * usable)
    return useless


@settings(max_examples=150, deadline=None)
@given(machines=_MACHINES, mix=_mixes(), left=st.lists(st.integers(0, 1000), max_size=8), cpu=st.integers(0, 40))
def test_fragmentation_is_what_its_definition_says(
    machines: tuple[Candidate, ...], mix: tuple[Expected, ...], left: list[int], cpu: int
) -> None:
    table = OfferTable(machines)
    found, kinds = outlook(mix, table)
    for machine, kind in zip(machines, kinds, strict=True):
        if machine.gpus:
            cards = left[: len(machine.gpus)]
            useless = fragmentation(np.array(cards, np.int64), cpu, int(kind), found.demand)
            assert abs(useless - _useless(cards, cpu, machine.gpus[0].model, mix)) < 1e-6


@settings(max_examples=50, deadline=None)
@given(mix=_mixes())
def test_more_of_a_card_is_never_worth_less_and_none_is_worth_nothing(mix: tuple[Expected, ...]) -> None:
    prices = pattern_prices(mix)
    assert len(prices) == 1001
    assert prices[0] == 0
    assert (np.diff(prices) >= 0).all()
    assert prices[-1] <= 1 + 1e-6


@settings(max_examples=100, deadline=None)
@given(machines=_MACHINES, arrivals=_arrivals(), mix=_mixes(), data=st.data())
def test_the_order_in_which_a_market_is_listed_decides_nothing(
    machines: tuple[Candidate, ...], arrivals: list[PendingJob], mix: tuple[Expected, ...], data: st.DataObject
) -> None:
    policy = Policy(mix=mix)
    otherwise = Snapshot(
        jobs=tuple(data.draw(st.permutations(arrivals))), providers=tuple(data.draw(st.permutations(machines)))
    )
    assert decide(otherwise, NOW, policy) == decide(Snapshot(jobs=tuple(arrivals), providers=machines), NOW, policy)
