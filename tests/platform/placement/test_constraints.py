"""Each constraint removes exactly the offers that fail it, and says so."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from qubix.schemas.states import Interconnect, IsolationLevel, ProviderStatus, ProviderType, Trust
from qubix_platform.placement.constraints import highest_unit_price
from qubix_platform.placement.model import Policy
from qubix_platform.pricing.rates import hourly_price
from tests.platform.placement.market import CONSUMER, NOW, card, explain, offer, request

_CASES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("providers", {"providers": ("machine-1",)}, {}, "1 is not among the machines that the job names"),
    ("offline", {}, {"status": ProviderStatus.OFFLINE}, "1 is offline"),
    ("draining", {}, {"status": ProviderStatus.DRAINING}, "1 is draining, with no new work taken"),
    ("paused", {}, {"is_available": False}, "1 is paused by the owner"),
    ("unreachable", {}, {"reachable": False}, "1 has no live Ray node"),
    ("shunned", {}, {"shunned_until": NOW + timedelta(seconds=1)}, "1 rests for some seconds after a failure"),
    ("browser", {}, {"type": ProviderType.BROWSER}, "1 is a browser without Python"),
    ("trust", {"trust": Trust.MEMBER}, {"trust": Trust.GUEST}, "1 is not of trust member"),
    ("trust", {"trust": Trust.GUEST, "providers": ("machine-2",)}, {}, "1 is not of trust guest"),
    ("gpuModel", {}, {"gpus": (card(200, model="H100"),)}, "1 has no RTX 4090"),
    ("gpuModel", {}, {"gpus": ()}, "1 has no RTX 4090"),
    ("gpuCount", {"gpu_models": ()}, {"gpus": ()}, "1 has fewer than 1 GPUs"),
    ("vram", {"min_vram_mib": 24_000}, {"gpus": (card(200, vram_mib=12_288),)}, "1 has less than 24,000 MiB of VRAM"),
    (
        "computeCapability",
        {"min_compute_capability": (8, 0)},
        {"gpus": (card(200, compute_capability=(7, 5)),)},
        "1 has a compute capability below 8.0",
    ),
    (
        "computeCapability",
        {"min_compute_capability": (8, 0)},
        {"gpus": (card(200, compute_capability=None),)},
        "1 has a compute capability below 8.0",
    ),
    (
        "interconnect",
        {"gpu_models": (), "interconnect": Interconnect.PCIE},
        {"interconnect": None},
        "1 does not connect GPUs with each other by pcie",
    ),
    ("cpu", {"cpu_cores": 8}, {"cpu_cores": 7}, "1 has fewer than 8 CPU cores"),
    ("memory", {"memory_mib": 8192}, {"ram_mib": 8191}, "1 has less than 8,192 MiB of RAM"),
    ("disk", {"disk_mib": 4096}, {"disk_mib": 4095}, "1 has less than 4,096 MiB of disk"),
    ("price", {"max_price": 100}, {"price_per_hour": 101}, "1 costs more than 100 QU per hour"),
    ("location", {"locations": ("de", "FR")}, {"location": "US"}, "1 is not in de or FR"),
    ("location", {"locations": ("DE",)}, {"location": None}, "1 is not in DE"),
    ("reliability", {"min_reliability": 0.9}, {"reliability": 0.89}, "1 has a reliability below 0.9"),
    (
        "isolation",
        {"isolation_level": IsolationLevel.BWRAP_CGROUP},
        {"isolation_level": IsolationLevel.BWRAP},
        "1 isolates jobs less than bwrap+cgroup",
    ),
    (
        "isolation",
        {"isolation_level": IsolationLevel.NONE},
        {"isolation_level": IsolationLevel.NONE},
        "1 has no sandbox, so only the owner's jobs run there",
    ),
    ("busy", {}, {"gpus": (card(200, allocated_milli=1),)}, "1 fits but is busy"),
    ("busy", {"cpu_cores": 2}, {"allocated_cpu": 15}, "1 fits but is busy"),
    ("busy", {"memory_mib": 2048}, {"allocated_memory_mib": 64_000}, "1 fits but is busy"),
    ("busy", {"disk_mib": 4096}, {"disk_mib": 5000, "allocated_disk_mib": 905}, "1 fits but is busy"),
]


@pytest.mark.parametrize(("constraint", "asked", "lacking", "message"), _CASES)
def test_the_offer_that_fails_is_counted(
    constraint: str, asked: dict[str, Any], lacking: dict[str, Any], message: str
) -> None:
    good = offer(1, trust=asked.get("trust", Trust.MEMBER), interconnect=Interconnect.NVLINK)
    expected = () if "machine-2" in asked.get("providers", ()) else (good,)

    free, report = explain([good, offer(2, **lacking)], request(**asked), NOW, Policy())

    assert free == expected
    assert (constraint, 1, message) in [(r.constraint, r.removed, r.message) for r in report.reasons]


def test_an_offer_that_fails_several_is_counted_once() -> None:
    bad = offer(1, status=ProviderStatus.OFFLINE, price_per_hour=9_999, location="US", gpus=0)
    _, report = explain([bad], request(locations=("DE",)), NOW, Policy())
    assert [(reason.constraint, reason.removed) for reason in report.reasons] == [("offline", 1)]


def test_enough_vram_must_be_on_enough_cards() -> None:
    mixed = offer(1, gpus=(card(100), card(101, vram_mib=8_000)))
    assert explain([mixed], request(min_vram_mib=20_000), NOW, Policy())[0] == (mixed,)
    free, report = explain([mixed], request(min_vram_mib=20_000, gpu_count=2), NOW, Policy())
    assert free == ()
    assert [reason.constraint for reason in report.reasons] == ["vram"]


def test_a_shunned_machine_comes_back_by_itself() -> None:
    resting = offer(1, shunned_until=NOW)
    assert explain([resting], request(), NOW - timedelta(microseconds=1), Policy())[0] == ()
    assert explain([resting], request(), NOW, Policy())[0] == (resting,)


def test_a_machine_without_a_sandbox_runs_its_owners_jobs_alone() -> None:
    bare = offer(1, isolation_level=IsolationLevel.NONE)
    asked = request(isolation_level=IsolationLevel.NONE)
    assert explain([bare], asked, NOW, Policy())[0] == ()
    own = offer(1, isolation_level=IsolationLevel.NONE, user_id=CONSUMER)
    assert explain([own], asked, NOW, Policy())[0] == (own,)


def test_a_job_without_gpus_asks_nothing_of_them() -> None:
    plain = offer(1, gpus=0)
    asked = request(gpu_count=0, min_vram_mib=1_000, min_compute_capability=(9, 0))
    assert explain([plain], asked, NOW, Policy())[0] == (plain,)


@pytest.mark.parametrize("count", [0, 1, 3, 8])
@pytest.mark.parametrize("share", [1, 333, 1000])
@pytest.mark.parametrize("cap", [0, 1, 99, 100, 101, 200_000_000_000_000])
def test_the_price_cap_is_that_of_pricing(count: int, share: int, cap: int) -> None:
    asked = request(gpu_count=count, gpu_share_milli=share, max_price=cap)
    highest = highest_unit_price(asked)
    assert hourly_price(price_per_hour=highest, gpu_count=count, share_milli=share) <= cap
    assert hourly_price(price_per_hour=highest + 1, gpu_count=count, share_milli=share) > cap


def test_user_ids_of_the_market_are_told_apart() -> None:
    bare = offer(1, isolation_level=IsolationLevel.NONE, user_id=UUID(int=77))
    asked = request(isolation_level=IsolationLevel.NONE, user_id=UUID(int=78))
    assert explain([bare], asked, NOW, Policy())[0] == ()
