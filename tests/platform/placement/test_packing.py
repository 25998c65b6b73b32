"""Where offers stand equal, the place is taken that leaves the market most useful."""

from typing import Any

import numpy as np
import pytest

from qubix_platform.placement.decide import decide
from qubix_platform.placement.mix import Expected
from qubix_platform.placement.model import Candidate, Policy, Snapshot
from qubix_platform.placement.packing.prices import pattern_prices, scarcity_prices
from tests.platform.placement.market import NOW, card, job, offer


def _taken_by(offers: list[Candidate], *, mix: tuple[Expected, ...] | None = None, **asked: Any) -> tuple[str, int]:
    policy = Policy() if mix is None else Policy(mix=mix)
    (assignment,) = decide(Snapshot(jobs=(job(0, **asked),), providers=tuple(offers)), NOW, policy).assignments
    return assignment.worker_id, assignment.gpus[0].gpu_id if assignment.gpus else -1


def test_a_share_goes_to_the_card_that_is_in_use() -> None:
    used = offer(2, gpus=(card(200), card(201, allocated_milli=500)))
    assert _taken_by([offer(1, gpus=2), used], gpu_share_milli=500) == ("machine-2", 201)


def test_a_cheaper_machine_is_taken_however_badly_that_packs() -> None:
    used = offer(2, gpus=(card(200), card(201, allocated_milli=500)))
    assert _taken_by([offer(1, gpus=8, price_per_hour=99), used], gpu_share_milli=500)[0] == "machine-1"


def test_one_card_is_not_taken_out_of_eight() -> None:
    assert _taken_by([offer(1, gpus=8, cpu_cores=64), offer(2, gpus=1, cpu_cores=8)])[0] == "machine-2"


def test_the_models_that_some_need_are_left_to_them() -> None:
    mix = (
        Expected(weight=1, gpu_count=1, gpu_models=("RTX 3090",), cpu_cores=4),
        Expected(weight=1, gpu_count=1, cpu_cores=4),
    )
    scarce = offer(1, gpus=(card(100, model="RTX 3090"),))
    assert _taken_by([scarce, offer(2)], mix=mix, gpu_models=())[0] == "machine-2"


def test_processors_that_cards_will_need_are_left_to_them() -> None:
    busy = offer(1, gpus=1, cpu_cores=5)
    assert _taken_by([busy, offer(2, gpus=1, cpu_cores=64)], gpu_count=0, gpu_models=(), cpu_cores=4)[0] == "machine-2"


@pytest.mark.parametrize(("share", "best", "worse"), [(470, 530, 900), (500, 500, 990)])
def test_what_is_left_of_a_card_is_worth_what_can_be_made_of_it(share: int, best: int, worse: int) -> None:
    prices = pattern_prices(
        (
            Expected(weight=1, gpu_count=1, gpu_share_milli=470),
            Expected(weight=1, gpu_count=1, gpu_share_milli=530),
            Expected(weight=1, gpu_count=1, gpu_share_milli=500),
        )
    )
    assert prices[best] - prices[best - share] <= prices[worse] - prices[worse - share]
    assert prices[1000] > prices[460]


def test_scarcity_is_the_demand_that_has_few_places_over_the_cards_there_are() -> None:
    accepts = np.array([[True, True], [False, True]])  # the first group runs on the first kind alone
    prices = scarcity_prices(accepts=accepts, demand=np.array([1.0, 3.0]), cards=np.array([10, 30]))
    assert prices.tolist() == [1.0, 0.0]
