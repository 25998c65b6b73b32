"""Two prices that the expected requests put on a place, beyond what a placement breaks at once.

- *Pattern prices* value what is left of a card: shares of 0.47 leave 0.53, which a share of 0.5 can use, and one of 0.6
  cannot. They are the duals of a linear programme that fills cards with patterns of the expected shares (each pattern
  sums to at most one card) as well as the mix allows. Models are left aside.
- *Scarcity prices* value a kind of machine by the demand of those who run on few kinds, over its cards.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from qubix.schemas.resources import WHOLE_GPU_MILLI
from qubix_platform.placement.mix import Expected
from qubix_platform.placement.packing.kernels import Integers, Mask, Reals

# Residuals are priced on a grid of hundredths: a share counts as the next larger one of it.
_GRID: Final = 10
_LEVELS: Final = WHOLE_GPU_MILLI // _GRID
# Demand over capacity: a mix that fills cards without a rest would leave them worth nothing.
_DEMAND: Final = 1.02
# Equal prices have to be equal numbers, in whichever order they were summed up.
_DIGITS: Final = 6


@lru_cache(maxsize=16)
def pattern_prices(mix: tuple[Expected, ...]) -> Reals:
    """What r thousandths of a card are worth, in cards, for each r from 0 to 1000. The array is not to be changed."""
    wanted: defaultdict[int, float] = defaultdict(float)
    for one in mix:
        if one.gpu_count:
            wanted[-(-one.gpu_share_milli // _GRID)] += one.weight * one.gpu_count
    shares = sorted(wanted)
    levels = _dual(shares, [wanted[share] for share in shares]) if shares else np.zeros(_LEVELS + 1)
    prices: Reals = np.round(np.repeat(levels, _GRID)[: WHOLE_GPU_MILLI + 1], _DIGITS)
    prices.setflags(write=False)  # in every case, since to the compiler it is of another type
    return prices


def _dual(shares: Sequence[int], wanted: Sequence[float]) -> Reals:
    """Values of the levels 0 to 100 of a card, for a little more demand than fills it.

    Minimise V(1) + Σ demand · (share − worth) where V(r) ≥ V(r − share) + worth(share) and V does not fall.
    """
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    demand = np.array(wanted) / np.dot(shares, wanted) * _LEVELS * _DEMAND
    entries: list[tuple[int, int, float]] = []
    row = 0
    for column, share in enumerate(shares, start=_LEVELS + 1):
        for level in range(share, _LEVELS + 1):
            entries += [(row, level - share, 1.0), (row, column, 1.0), (row, level, -1.0)]
            row += 1
    for level in range(1, _LEVELS + 1):
        entries += [(row, level - 1, 1.0), (row, level, -1.0)]
        row += 1
    rows, columns, values = zip(*entries, strict=True)
    cost = np.zeros(_LEVELS + 1 + len(shares))
    cost[_LEVELS] = 1.0
    cost[_LEVELS + 1 :] = -demand
    found = linprog(
        cost,
        A_ub=coo_array((values, (rows, columns)), shape=(row, len(cost))).tocsr(),
        b_ub=np.zeros(row),
        bounds=[(0, 0), *[(0, None)] * _LEVELS, *[(None, share / _LEVELS) for share in shares]],
        method="highs-ds",
    )
    # Giving every level the worth 0 is a solution, and none is below −1: it cannot be infeasible or unbounded.
    levels: Reals = np.repeat(found.x[: _LEVELS + 1], 1)
    return levels


def scarcity_prices(*, accepts: Mask, demand: Reals, cards: Integers) -> Reals:
    """For each kind of machine, the cards' worth of demand that runs on few kinds, over the cards that there are.

    Args:
        accepts: for each kind and expected request, whether it runs there.
        demand: for each request, GPUs asked for, in any unit: it is taken as enough to fill the market.
        cards: for each kind, cards in the market.
    """
    total, reach = demand.sum(), accepts.T @ cards
    bound = (reach > 0) & (reach < cards.sum())
    if not bound.any() or total == 0:
        return np.zeros(len(cards))
    filling = demand[bound] * (cards.sum() / total)
    prices: Reals = np.round(accepts[:, bound] @ (filling / reach[bound]), _DIGITS)
    prices[cards == 0] = 0
    return prices
