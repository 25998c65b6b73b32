"""First-fit over the queue."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from qubix.schemas.states import Preference, ProviderType
from qubix_platform.placement.decide import decide
from qubix_platform.placement.model import (
    Candidate,
    Decisions,
    OfferOrder,
    PendingJob,
    Policy,
    Running,
    Snapshot,
)
from qubix_platform.placement.ordering.policy import QueuePolicy
from qubix_platform.placement.policy import SCHEDULERS_POLICY
from tests.platform.placement.market import NOW, card, job, offer


def _decide(jobs: list[PendingJob], offers: list[Candidate], policy: Policy | None = None) -> Decisions:
    return decide(Snapshot(jobs=tuple(jobs), providers=tuple(offers)), NOW, policy or Policy())


def _places(decisions: Decisions) -> dict[int, int]:
    return {a.job_id.int - 0x1000: a.provider_id.int for a in decisions.assignments}


def test_the_cheapest_offer_that_fits_is_taken() -> None:
    offers = [offer(1, price_per_hour=90, gpus=0), offer(2, price_per_hour=300), offer(3, price_per_hour=200)]
    decisions = _decide([job(0)], offers)
    assert _places(decisions) == {0: 3}
    assert decisions.assignments[0].price_per_hour == 200


def test_machines_that_failed_the_job_come_last() -> None:
    offers = [offer(1, price_per_hour=100), offer(2, price_per_hour=200), offer(3, price_per_hour=300)]
    assert _places(_decide([job(0, tried=(1,))], offers)) == {0: 2}
    assert _places(_decide([job(0, tried=(1, 2))], offers)) == {0: 3}
    assert _places(_decide([job(0, tried=(1, 2, 3, 9))], offers)) == {0: 1}
    assert _places(_decide([job(0, tried=(1,)), job(1)], offers)) == {0: 2, 1: 1}


def test_at_one_price_the_provider_id_decides() -> None:
    assert _places(_decide([job(0)], [offer(5), offer(4), offer(6)])) == {0: 4}


def test_in_the_order_of_names_the_price_does_not_matter() -> None:
    offers = [offer(1, price_per_hour=300), offer(2, price_per_hour=100)]
    assert _places(_decide([job(0)], offers, Policy(order=OfferOrder.NAME))) == {0: 1}


def test_a_job_that_prefers_a_soon_start_goes_where_work_is_pushed_to() -> None:
    offers = [
        offer(1, type=ProviderType.NATIVE, price_per_hour=100),
        offer(2, price_per_hour=300),
        offer(3, price_per_hour=200),
    ]
    assert _places(_decide([job(0, prefer=Preference.FASTEST)], offers)) == {0: 3}
    assert _places(_decide([job(n, prefer=Preference.FASTEST) for n in range(3)], offers)) == {0: 3, 1: 2, 2: 1}


def test_a_job_that_prefers_value_takes_the_lowest_price_for_its_performance() -> None:
    offers = [
        offer(1, price_per_hour=100, fp32_tflops=10.0),
        offer(2, price_per_hour=300, fp32_tflops=60.0),
        offer(3, price_per_hour=1),
    ]
    assert _places(_decide([job(n, prefer=Preference.VALUE) for n in range(3)], offers)) == {0: 2, 1: 1, 2: 3}


def test_jobs_that_prefer_something_else_are_not_moved_for_the_sake_of_the_price() -> None:
    offers = [offer(1, price_per_hour=100, fp32_tflops=10.0), offer(2, price_per_hour=300, fp32_tflops=60.0)]
    anywhere, dear = job(1), job(0, prefer=Preference.VALUE)
    assert _places(_decide([anywhere, dear], offers)) == {0: 2, 1: 1}


def test_jobs_are_served_in_the_order_in_which_they_queued() -> None:
    decisions = _decide([job(2), job(0), job(1)], [offer(1), offer(2)])
    assert _places(decisions) == {0: 1, 1: 2}
    assert set(decisions.waiting) == {UUID(int=0x1002)}


def test_a_later_job_passes_one_that_does_not_fit() -> None:
    assert _places(_decide([job(0, gpu_count=8), job(1)], [offer(1)])) == {1: 1}


def test_a_pass_never_gives_the_same_room_twice() -> None:
    decisions = _decide([job(n, cpu_cores=6) for n in range(4)], [offer(1, gpus=4)])
    assert _places(decisions) == {0: 1, 1: 1}  # 16 cores hold two times 6


def test_shares_of_one_card_add_up_to_it_and_no_more() -> None:
    decisions = _decide([job(n, gpu_share_milli=400) for n in range(3)], [offer(1)])
    assert _places(decisions) == {0: 1, 1: 1}
    assert [gpu.milli for a in decisions.assignments for gpu in a.gpus] == [400, 400]
    assert [a.price_per_hour for a in decisions.assignments] == [40, 40]


def test_a_share_goes_to_the_fullest_card_so_that_whole_ones_stay_whole() -> None:
    machine = offer(1, gpus=(card(100), card(101, allocated_milli=300), card(102, allocated_milli=800)))
    decisions = _decide([job(0, gpu_share_milli=500), job(1, gpu_count=1)], [machine])
    assert [[gpu.index for gpu in a.gpus] for a in decisions.assignments] == [[1], [0]]


def test_a_job_on_several_gpus_gets_whole_ones_of_one_machine() -> None:
    machine = offer(2, gpus=(card(200, allocated_milli=10), card(201), card(202)))
    decisions = _decide([job(0, gpu_count=2)], [offer(1), machine])
    (assignment,) = decisions.assignments
    assert [(gpu.gpu_id, gpu.index, gpu.milli) for gpu in assignment.gpus] == [(201, 1, 1000), (202, 2, 1000)]
    assert assignment.price_per_hour == 200


def test_only_cards_that_fit_are_given() -> None:
    machine = offer(1, gpus=(card(100, model="H100"), card(101)))
    (assignment,) = _decide([job(0)], [machine]).assignments
    assert [gpu.gpu_id for gpu in assignment.gpus] == [101]


def test_a_job_without_gpus_leaves_machines_with_gpus_to_others() -> None:
    offers = [offer(1, price_per_hour=10), offer(2, gpus=0, price_per_hour=400)]
    assert _places(_decide([job(0, gpu_count=0)], offers)) == {0: 2}
    assert _places(_decide([job(0, gpu_count=0, max_price=399)], offers)) == {0: 1}


def test_the_order_of_the_snapshot_does_not_matter() -> None:
    jobs = [job(n, gpu_count=1 + n % 2) for n in range(6)]
    offers = [offer(n, gpus=2, price_per_hour=100 + n % 3) for n in range(1, 5)]
    assert _decide(jobs, offers) == _decide(jobs[::-1], offers[::-1])


def test_the_decision_depends_on_the_time_that_it_is_given() -> None:
    snapshot = Snapshot(jobs=(job(0),), providers=(offer(1, shunned_until=NOW + timedelta(seconds=5)),))
    assert decide(snapshot, NOW, Policy()).assignments == ()
    assert len(decide(snapshot, NOW + timedelta(seconds=5), Policy()).assignments) == 1


def test_an_empty_market_has_an_answer() -> None:
    assert _decide([], []) == Decisions()
    report = _decide([job(0)], []).waiting[UUID(int=0x1000)]
    assert (report.considered, report.reasons, report.suggestion) == (0, [], None)
    assert report.summary == "no machine is on the market"


def test_jobs_that_compete_are_matched_together() -> None:
    cheap, dear = offer(1), offer(2, price_per_hour=400)
    small = offer(3, price_per_hour=110, gpus=(card(300, vram_mib=20_000),))
    market = Snapshot(jobs=(job(0), job(1, min_vram_mib=24_000)), providers=(cheap, small, dear))
    together, alone = (decide(market, NOW, Policy(together=value)).assignments for value in (True, False))
    assert [(a.worker_id, a.price_per_hour) for a in alone] == [("machine-1", 100), ("machine-2", 400)]
    assert [(a.worker_id, a.price_per_hour) for a in together] == [("machine-3", 110), ("machine-1", 100)]


def test_nobody_loses_a_place_to_who_came_later() -> None:
    market = Snapshot(jobs=(job(0), job(1, locations=("DE",))), providers=(offer(1),))
    decisions = decide(market, NOW, Policy())
    assert [a.job_id for a in decisions.assignments] == [market.jobs[0].id]


def test_a_job_that_asks_for_no_memory_is_kept_a_place() -> None:
    market = Snapshot(
        jobs=(job(0, memory_mib=0), job(1, memory_mib=0)),
        providers=(offer(1, gpus=(card(100, allocated_milli=1000),)),),
        running=(
            Running(
                attempt_id=UUID(int=1),
                job_id=UUID(int=2),
                user_id=UUID(int=3),
                provider_id=UUID(int=1),
                cpu_cores=1,
                memory_mib=1024,
                limit_seconds=60,
                started_at=NOW,
                shares=((100, 1000),),
            ),
        ),
    )
    (kept,) = decide(market, NOW, Policy(queue=QueuePolicy())).reserved
    assert (kept.job_id, kept.starts_at) == (market.jobs[0].id, NOW + timedelta(seconds=60))


def test_disk_is_given_away_once_and_what_has_it_says_until_when() -> None:
    machine = offer(1, gpus=2, disk_mib=150_000)
    market = Snapshot(jobs=(job(0, disk_mib=100_000), job(1, disk_mib=100_000)), providers=(machine,))
    decisions = decide(market, NOW, Policy(queue=QueuePolicy()))
    assert [one.job_id for one in decisions.assignments] == [market.jobs[0].id]
    report = decisions.waiting[market.jobs[1].id]
    assert [(reason.constraint, reason.removed) for reason in report.reasons] == [("busy", 1)]
    assert report.free_at == NOW + timedelta(hours=1)
    assert report.suggestion == "lower diskMib to 50000: 1 offer would take it now"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_spot_job_makes_room_for_the_disk_that_another_needs(workers: int) -> None:
    machine = offer(1, gpus=3, disk_mib=250_000, allocated_disk_mib=200_000, allocated_cpu=1)
    leaving = Running(
        attempt_id=UUID(int=7),
        job_id=UUID(int=8),
        user_id=UUID(int=9),
        provider_id=machine.provider_id,
        cpu_cores=1,
        memory_mib=1024,
        disk_mib=200_000,
        limit_seconds=3600,
        started_at=NOW,
        shares=((100, 1000),),
        price_per_hour=20,
        is_spot=True,
    )
    waiting = replace(job(0, disk_mib=100_000), workers=workers)
    market = Snapshot(jobs=(waiting,), providers=(machine,), running=(leaving,))
    decisions = decide(market, NOW, Policy(queue=QueuePolicy()))
    assert [one.attempt_id for one in decisions.preemptions] == [leaving.attempt_id]
    assert [(one.job_id, one.workers) for one in decisions.reserved] == [(waiting.id, workers)]


def test_what_becomes_free_as_jobs_change_places_serves_who_waits_for_it() -> None:
    """The first takes the cheap machine that the second needs; matched together both leave the dear one to the third.

    The third was kept the place that somebody else will leave, and the fourth had to stay off it: both start now.
    """
    models = ("RTX 4090", "RTX 4090", "H100-80GB", "H100-80GB")
    prices, places = (100, 120, 300, 310), ("DE", "US", "DE", "US")
    machines = [
        offer(number, gpus=(card(number * 100, model=model),), price_per_hour=price, location=place)
        for number, (model, price, place) in enumerate(zip(models, prices, places, strict=True), start=1)
    ]
    busy = replace(machines[3], gpus=(card(400, model="H100-80GB", allocated_milli=500),))
    running = Running(
        attempt_id=UUID(int=1),
        job_id=UUID(int=2),
        user_id=UUID(int=3),
        provider_id=busy.provider_id,
        cpu_cores=1,
        memory_mib=1024,
        limit_seconds=600,
        started_at=NOW,
        shares=((400, 500),),
    )
    asked = [
        job(0, max_price=1_000, gpu_models=()),
        job(1, max_price=1_000, gpu_models=(), locations=("DE",)),
        job(2, max_price=1_000, gpu_models=("H100-80GB",)),
        job(3, max_price=1_000, gpu_models=("H100-80GB",), locations=("US",), gpu_share_milli=500),
    ]
    queued = [replace(each, queued_at=NOW - timedelta(seconds=10 - at)) for at, each in enumerate(asked)]
    market = Snapshot(jobs=tuple(queued), providers=(*machines[:3], busy), running=(running,))
    alone = decide(market, NOW, replace(SCHEDULERS_POLICY, together=False))
    assert _places(alone) == {0: 1, 1: 3}
    assert [kept.job_id for kept in alone.reserved] == [queued[2].id]
    together = decide(market, NOW, SCHEDULERS_POLICY)
    assert _places(together) == {0: 2, 1: 1, 2: 3, 3: 4}
    assert together.reserved == ()
    assert dict(together.waiting) == {}
