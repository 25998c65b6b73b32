"""The market benchmark on offers of its own."""

from pathlib import Path

import pytest

from benchmarks.market.errors import OffersUnreadable
from benchmarks.market.offers import Sale, draw_jobs, machines, read_offers
from benchmarks.market.run import JOBS, compare, interval, measure

_FILE = """# a comment
RTX4090,1,24564,0.40,DE
RTX4090,2,49128,0.70,US
RTX3090,4,98304,0.67,CA
A100_PCIE,1,81920,0.87,US
H100_SXM,8,652472,16.00,VN
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "offers.csv"
    path.write_text(_FILE)
    return path


def test_an_offer_is_sold_whole_or_by_the_gpu(file: Path) -> None:
    listed = read_offers(file)
    whole, single = machines(listed, Sale.WHOLE)[1], machines(listed, Sale.BY_GPU)[1]
    assert [gpu.vram_mib for gpu in whole.gpus] == [49_128]
    assert [gpu.vram_mib for gpu in single.gpus] == [24_564, 24_564]
    assert (whole.price_per_hour, single.price_per_hour) == (700_000, 350_000)


@pytest.mark.parametrize("sale", Sale)
def test_matched_together_the_same_jobs_never_cost_more(file: Path, sale: Sale) -> None:
    listed = read_offers(file)
    for seed in range(10):
        drawn = compare(listed, sale, jobs=5, seed=seed)
        assert drawn.together <= drawn.in_turn
        assert drawn.saved_percent >= 0
        assert drawn.served


def test_demand_is_drawn_the_same_for_the_same_seed(file: Path) -> None:
    listed = read_offers(file)
    one, same, other = (draw_jobs(listed, Sale.WHOLE, count=8, seed=seed) for seed in (1, 1, 2))
    assert one == same != other


def test_an_interval_is_around_the_mean() -> None:
    low, high = interval([1.0, 2.0, 3.0] * 20)
    assert 1.5 < low < 2.0 < high < 2.5


def test_a_report_has_both_sales_and_the_aim(file: Path) -> None:
    section = measure(file, draws=2)
    assert len(section.tables[0].rows) == len(Sale) * len(JOBS)
    assert [aim.name for aim in section.aims] == ["30 jobs, whole offers, cheaper together by"]


@pytest.mark.parametrize(("text", "obstacle"), [(None, "no such file"), ("RTX4090,one,2,3,DE\n", "is no offer")])
def test_a_file_that_is_missing_or_something_else_is_refused(tmp_path: Path, text: str | None, obstacle: str) -> None:
    path = tmp_path / "offers.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(OffersUnreadable, match=obstacle):
        read_offers(path)
