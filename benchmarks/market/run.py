"""The same jobs and offers, taken in turn and matched together."""

import statistics
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.figures import percentile
from benchmarks.machine import load
from benchmarks.market.offers import NOW, Listed, Sale, draw_jobs, machines, read_offers
from benchmarks.report import Aim, Section, Table
from qubix_platform.placement.decide import decide
from qubix_platform.placement.model import Decisions, Policy, Snapshot

JOBS: Final = (10, 20, 30, 45, 60)
_AIMED_JOBS: Final = 30
_AIMED_PERCENT: Final = 5.0
_RESAMPLES: Final = 2_000
_CONFIDENCE: Final = 95.0


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One draw of jobs: QU per hour in sum when taken in turn and when matched together, jobs served, seconds."""

    in_turn: int
    together: int
    served: int
    seconds: float

    @property
    def saved_percent(self) -> float:
        """How much less it costs together."""
        return (1 - self.together / self.in_turn) * 100 if self.in_turn else 0.0


def measure(file: Path, *, draws: int) -> Section:
    """Draw demand of several sizes, and decide on each both ways.

    Raises:
        OffersUnreadable: the file is missing, or is something else.
    """
    offers = read_offers(file)
    began = load()
    compare(offers, Sale.WHOLE, jobs=2, seed=0)  # loads and compiles
    found = {
        (sale, count): [compare(offers, sale, jobs=count, seed=seed) for seed in range(draws)]
        for sale in Sale
        for count in JOBS
    }
    aimed = statistics.fmean(drawn.saved_percent for drawn in found[Sale.WHOLE, _AIMED_JOBS])
    return Section(
        name="market",
        tables=[_table(found, offers=len(offers))],
        aims=[
            Aim(
                name=f"{_AIMED_JOBS} jobs, {Sale.WHOLE}, cheaper together by",
                measured=aimed,
                kind="at least",
                bound=_AIMED_PERCENT,
                unit="%",
            )
        ],
        data={
            "savedPercent": {
                str(count): [round(drawn.saved_percent, 3) for drawn in all_drawn] for count, all_drawn in found.items()
            },
            "loadBefore": began,
            "loadAfter": load(),
        },
    )


def compare(offers: Sequence[Listed], sale: Sale, *, jobs: int, seed: int) -> Drawn:
    """One draw, both ways, and what the jobs cost that are served in both.

    Matched together all are that are served in turn; some more may be, where others leave a machine that those need.
    """
    market = Snapshot(jobs=draw_jobs(offers, sale, count=jobs, seed=seed), providers=machines(offers, sale))
    in_turn = decide(market, NOW, Policy(together=False))
    before = time.process_time()
    together = decide(market, NOW, Policy())
    seconds = time.process_time() - before
    served = _served(in_turn)
    assert served <= _served(together)
    return Drawn(in_turn=_cost(in_turn, served), together=_cost(together, served), served=len(served), seconds=seconds)


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The bootstrapped confidence interval of the mean."""
    random = Random(0)
    means = [statistics.fmean(random.choices(values, k=len(values))) for _ in range(_RESAMPLES)]
    tail = (100 - _CONFIDENCE) / 2
    return percentile(means, tail), percentile(means, 100 - tail)


def _served(decisions: Decisions) -> set[object]:
    return {assignment.job_id for assignment in decisions.assignments}


def _cost(decisions: Decisions, served: Collection[object]) -> int:
    return sum(one.price_per_hour for one in decisions.assignments if one.job_id in served)


def _table(found: dict[tuple[Sale, int], list[Drawn]], *, offers: int) -> Table:
    rows = []
    for (sale, count), drawn in found.items():
        saved = [one.saved_percent for one in drawn]
        low, high = interval(saved)
        rows.append(
            (
                f"{count}, {sale}",
                f"{statistics.fmean(one.served for one in drawn):.1f}",
                f"{statistics.fmean(saved):.2f}",
                f"{low:.2f} to {high:.2f}",
                f"{statistics.median(one.seconds for one in drawn) * 1000:.0f}",
            )
        )
    return Table(
        title=f"{offers} offers: what jobs matched together pay less than jobs that take the cheapest in turn",
        columns=(
            "jobs, sold as",
            "served, both ways",
            "saved %, mean",
            f"{_CONFIDENCE:.0f} % of the mean",
            "pass, CPU ms",
        ),
        rows=rows,
        note=f"{len(next(iter(found.values())))} draws of demand each; the interval is bootstrapped.",
    )
