"""What a waiting job is told."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from qubix.schemas.states import IsolationLevel, ProviderStatus, Trust
from qubix.schemas.waiting import WaitingReport
from qubix_platform.placement.decide import decide
from qubix_platform.placement.matching import Room, match
from qubix_platform.placement.model import Candidate, Policy, Request, Running, Snapshot
from qubix_platform.placement.offers import OfferTable, microseconds
from qubix_platform.placement.suggestions import Suggestion, suggest
from tests.platform.placement.market import CONSUMER, NOW, card, explain, job, offer, request


def _report(offers: list[Candidate], **asked: Any) -> WaitingReport:
    waiting = job(0, **asked)
    return decide(Snapshot(jobs=(waiting,), providers=tuple(offers)), NOW, Policy()).waiting[waiting.id]


def _suggestions(offers: list[Candidate], asked: Request) -> tuple[Suggestion, ...]:
    table = OfferTable(offers)
    at = microseconds(NOW)
    return suggest(match(table, asked, at=at, policy=Policy()), Room(table), at=at, policy=Policy())


def test_the_summary_counts_every_offer_the_largest_group_first() -> None:
    offers = [
        *(offer(n, gpus=(card(n * 100, vram_mib=8_192),)) for n in range(1, 4)),
        offer(4, status=ProviderStatus.OFFLINE),
        offer(5, gpus=(card(500, allocated_milli=1000),)),
        offer(6, gpus=(card(600, allocated_milli=1000),)),
    ]
    report = _report(offers, min_vram_mib=16_384)
    assert report.summary == ("of 6 offers, 3 have less than 16,384 MiB of VRAM, 1 is offline; all 2 that fit are busy")
    assert sum(reason.removed for reason in report.reasons) == report.considered == 6


def test_short_summaries_for_short_stories() -> None:
    busy = [offer(n, gpus=(card(n * 100, allocated_milli=1000),)) for n in (1, 2)]
    assert _report([offer(1, status=ProviderStatus.OFFLINE)]).summary == "the only offer is offline"
    assert _report(busy[:1]).summary == "the only offer fits but is busy"
    assert _report(busy).summary == "all 2 offers fit but are busy"
    assert _report([busy[0], offer(3, gpus=0)]).summary == ("of 2 offers, 1 has no RTX 4090; the one that fits is busy")


def test_who_waits_for_busy_offers_is_told_until_when_and_what_would_help_now() -> None:
    busy = [offer(n, gpus=(card(n * 100, allocated_milli=1000),)) for n in (1, 2)]
    running = tuple(
        Running(
            attempt_id=UUID(int=n),
            job_id=UUID(int=n),
            user_id=CONSUMER,
            provider_id=UUID(int=n),
            cpu_cores=1,
            memory_mib=1024,
            limit_seconds=limit,
            started_at=NOW,
            shares=((n * 100, 1000),),
        )
        for n, limit in ((1, 7_541), (2, 90_000))
    )
    waiting = job(0)
    market = Snapshot(jobs=(waiting,), providers=(*busy, offer(3, price_per_hour=512)), running=running)
    report = decide(market, NOW, Policy()).waiting[waiting.id]
    assert report.summary == (
        "of 3 offers, 1 costs more than 500 QU per hour; all 2 that fit are busy until about 14:06 UTC"
    )
    assert report.free_at == NOW + timedelta(hours=2, minutes=6)
    assert report.reasons[-1].message == "2 fit but are busy until about 14:06 UTC"
    assert report.suggestion == "raise maxPrice by 12 to 512 QU per hour: 1 offer would take it now"
    (tomorrow,) = decide(replace(market, providers=tuple(busy[1:])), NOW, Policy()).waiting.values()
    assert tomorrow.summary == "the only offer fits but is busy until about 2026-11-23 13:00 UTC"


@pytest.mark.parametrize(
    ("offers", "asked", "text"),
    [
        (
            [offer(1, price_per_hour=450), offer(2, price_per_hour=700)],
            {"max_price": 300},
            "raise maxPrice by 150 to 450 QU per hour",
        ),
        ([offer(1, gpus=4)], {"max_price": 399, "gpu_count": 4}, "raise maxPrice by 1 to 400 QU per hour"),
        ([offer(1)], {"min_vram_mib": 40_000}, "lower minVramMib to 24564"),
        ([offer(1, gpus=2)], {"gpu_count": 4}, "ask for 2 GPUs"),
        ([offer(1, gpus=(card(100, model="H100"),))], {}, "accept H100 too"),
        ([offer(1)], {"min_compute_capability": (9, 0)}, "lower minComputeCapability to 8.9"),
        ([offer(1)], {"cpu_cores": 64}, "lower cpuCores to 16"),
        ([offer(1, allocated_cpu=10)], {"cpu_cores": 64}, "lower cpuCores to 6"),
        ([offer(1)], {"memory_mib": 100_000}, "lower memoryMib to 65536"),
        ([offer(1)], {"disk_mib": 1_000_000}, "lower diskMib to 500000"),
        ([offer(1, allocated_disk_mib=400_000)], {"disk_mib": 150_000}, "lower diskMib to 100000"),
        ([offer(1)], {"locations": ("US",)}, "allow location DE"),
        ([offer(1, location=None)], {"locations": ("US",)}, "allow any location"),
        ([offer(1, reliability=0.9237)], {"min_reliability": 0.99}, "lower minReliability to 0.923"),
        ([offer(1)], {"isolation_level": IsolationLevel.VM}, "accept isolationLevel bwrap+cgroup"),
        ([offer(1)], {"trust": Trust.GUEST}, "leave out trust, so that members and guests will do"),
        ([offer(1)], {"providers": ("machine-9",)}, "allow the machine machine-1 too"),
    ],
)
def test_the_least_change_that_helps_is_suggested_and_helps(
    offers: list[Candidate], asked: dict[str, Any], text: str
) -> None:
    assert _report(offers, **asked).suggestion == f"{text}: 1 offer would take it now"

    suggestion = _suggestions(offers, request(**asked))[0]

    free, _ = explain(offers, suggestion.request, NOW, Policy())
    assert len(free) == suggestion.free == 1


def test_several_changes_are_suggested_where_one_does_not_help() -> None:
    far = offer(1, location="US", price_per_hour=900, gpus=(card(100, model="H100"),))
    assert _report([far], locations=("DE",)).suggestion == (
        "allow location US, raise maxPrice by 400 to 900 QU per hour and accept H100 too: 1 offer would take it now"
    )


def test_the_fewest_changes_come_first_and_other_ways_after_them() -> None:
    offers = [
        offer(1, location="US", price_per_hour=600),
        offer(2, price_per_hour=900),
        offer(3, location="FR", cpu_cores=2),
        offer(4, location="FR", price_per_hour=700),
    ]
    report = _report(offers, locations=("DE",), cpu_cores=4)
    assert report.suggestions == [
        "raise maxPrice by 400 to 900 QU per hour: 1 offer would take it now",
        "allow location FR and lower cpuCores to 2: 1 offer would take it now",
    ]


def test_nothing_is_suggested_where_no_change_of_the_request_helps() -> None:
    assert _report([offer(1, status=ProviderStatus.OFFLINE)]).suggestion is None


def test_a_suggestion_for_later_says_that_it_is_for_later() -> None:
    full = offer(1, price_per_hour=900, gpus=(card(100, allocated_milli=1000),))
    assert _report([full]).suggestion == "raise maxPrice by 400 to 900 QU per hour: 1 offer would fit, though busy now"


def test_a_change_that_helps_now_is_preferred() -> None:
    full = offer(1, location="US", gpus=(card(100, allocated_milli=1000),))
    dear = offer(2, price_per_hour=900)
    report = _report([full, dear], locations=("DE",))
    assert report.suggestion == "raise maxPrice by 400 to 900 QU per hour: 1 offer would take it now"


def test_who_waits_for_busy_offers_is_only_told_what_helps_now() -> None:
    full = offer(1, gpus=(card(100, allocated_milli=1000),))
    assert _report([full]).suggestion is None
    half = offer(2, gpus=(card(200), card(201, allocated_milli=1000)))
    assert _report([half], gpu_count=2).suggestion == "ask for 1 GPU: 1 offer would take it now"
    assert _report([full, offer(3, price_per_hour=900)]).suggestion == (
        "raise maxPrice by 400 to 900 QU per hour: 1 offer would take it now"
    )


def test_a_suggestion_counts_on_nothing_that_the_same_pass_gave_away() -> None:
    jobs = (job(0, max_price=900), job(1, max_price=300))
    decisions = decide(Snapshot(jobs=jobs, providers=(offer(1, price_per_hour=900),)), NOW, Policy())
    assert [a.job_id for a in decisions.assignments] == [jobs[0].id]
    assert decisions.waiting[jobs[1].id].suggestion == (
        "raise maxPrice by 600 to 900 QU per hour: 1 offer would fit, though busy now"
    )


def test_an_explanation_without_a_job_counts_the_free_offers_too() -> None:
    offers = [offer(1), offer(2, gpus=0), offer(3, gpus=(card(300, allocated_milli=1000),))]
    free, report = explain(offers, request(), NOW, Policy())
    assert [candidate.worker_id for candidate in free] == ["machine-1"]
    assert report.summary == "1 of 3 offers fits and can take it now"
    assert len(free) + sum(reason.removed for reason in report.reasons) == report.considered


def test_an_own_machine_without_a_sandbox_is_suggested_to_its_owner() -> None:
    own = offer(1, isolation_level=IsolationLevel.NONE, user_id=CONSUMER)
    assert _report([own]).suggestion == "accept isolationLevel none: 1 offer would take it now"
