"""The arithmetic of packing.

A machine's *fragmentation* is how many thousandths of its free GPUs the expected requests could not use: for each, what
is left of cards too small for it, and what lies idle once the machine's processors are used up; all of it where the
request does not fit at all. The first part is that of "Beware of Fragmentation" (ATC'23); the processors are ours.
A machine is rated by how little its fragmentation grows, less what the place costs by two prices (`prices`).
"""

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from qubix_platform.placement.compiling import compiled

Integers = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

NOWHERE: Final = -1
GPU_MILLI: Final = 1000
# All four were chosen on four seeds of the openb trace and held on others, and on mixes of other kinds.
PROCESSOR_WEIGHT: Final = 0.4
"""How much of what the processors leave idle counts as fragmentation."""
STEPS: Final = 100.0
"""Ratings are whole numbers of this scale, so that small differences do not scatter work over machines."""
PATTERN_WEIGHT: Final = 1000.0
SCARCITY_WEIGHT: Final = 30.0
_UNFIT: Final = -1e18


class Demand(NamedTuple):
    """The expected requests, those alike but for their processors in one group.

    A kind of machine takes the groups `taken[kinds[kind]]` up to `taken[kinds[kind + 1]]`. The processors that the
    requests of a group ask for, ascending, are `cpu[first[group]]` up to `cpu[first[group + 1]]`. `weight` and `slope`
    are sums over all entries before the one of the same index: of the weights, which sum to one, and of weight over
    processors.
    """

    gpus: Integers
    share: Integers
    kinds: Integers
    taken: Integers
    first: Integers
    cpu: Integers
    weight: Reals
    slope: Reals


class Market(NamedTuple):
    """What is free: a row a machine; its cards, in thousandths, at `first[row]` up to `first[row + 1]`."""

    cpu: Integers
    memory: Integers
    disk: Integers
    cards: Integers
    first: Integers
    kind: Integers
    fragmentation: Reals


class Prices(NamedTuple):
    """`residual[r]` values r thousandths of a card that are left; `scarcity` values a card of a kind of machine."""

    residual: Reals
    scarcity: Reals


class Outlook(NamedTuple):
    """What is expected to come, and what that makes things worth."""

    demand: Demand
    prices: Prices


class Ask(NamedTuple):
    """One request: numbers, and the cards that it may run on."""

    cpu: int
    memory: int
    disk: int
    gpus: int
    share: int
    cards: Mask


class Ranking(NamedTuple):
    """The machines that fit a request, in order: equal `tiers` stand together, and of these the best rated is taken.

    `place[row]` is where a machine stands, or `NOWHERE`. `rating` and `card` (the best one for a share) are kept, and
    renewed for machines that changed, which are `stale` on the way.
    """

    rows: Integers
    tiers: Integers
    place: Integers
    rating: Reals
    card: Integers
    stale: Mask


class News(NamedTuple):
    """Rows of machines that changed since a request was last placed, and of those that come last for this job."""

    changed: Integers
    avoided: Integers


@compiled
def fragmentation(left: Integers, cpu: int, kind: int, demand: Demand) -> float:
    """Expected thousandths of free GPUs that are of no use, on a machine with these cards and processors left."""
    total = 0
    largest = 0
    whole = 0
    for free in left:
        total += free
        largest = max(largest, free)
        if free == GPU_MILLI:
            whole += 1
    useless = float(total)
    usable = 0
    before = 0
    for group in demand.taken[demand.kinds[kind] : demand.kinds[kind + 1]]:
        share = demand.share[group]
        if share > largest or (share == GPU_MILLI and demand.gpus[group] > whole):
            continue
        if share != before:
            before = share
            usable = 0
            for free in left:
                if free >= share:
                    usable += free
        # Requests for few processors can use all cards that are large enough, those for more as far as processors go.
        reach = cpu * demand.gpus[group] * share
        entry, last = demand.first[group], demand.first[group + 1]
        start = entry
        while entry < last and demand.cpu[entry] * usable <= reach and demand.cpu[entry] <= cpu:
            entry += 1
        middle = entry
        while entry < last and demand.cpu[entry] <= cpu:
            entry += 1
        bound = usable * (demand.weight[middle] - demand.weight[start])
        bound += reach * (demand.slope[entry] - demand.slope[middle])
        fitting = demand.weight[entry] - demand.weight[start]
        useless -= PROCESSOR_WEIGHT * bound + (1.0 - PROCESSOR_WEIGHT) * usable * fitting
    return useless


@compiled
def measure(rows: Integers, market: Market, demand: Demand) -> None:
    """Write the fragmentation of these machines."""
    for row in rows:
        left = market.cards[market.first[row] : market.first[row + 1]]
        market.fragmentation[row] = fragmentation(left, market.cpu[row], market.kind[row], demand)


@compiled
def _steps(growth: float) -> float:
    """A rating from 0 to 100 of how fragmentation changes: 50 where it does not, more where it shrinks."""
    return float(math.floor(STEPS / (1.0 + math.exp(growth / GPU_MILLI))))


@compiled
def _take(left: Integers, first: int, ask: Ask) -> bool:
    """Take the fullest cards that still fit, for a request of whole cards or of several; whether there are enough."""
    for _ in range(ask.gpus):
        best = NOWHERE
        for card in range(len(left)):
            fits = left[card] >= ask.share and ask.cards[first + card]
            if fits and (best == NOWHERE or left[card] < left[best]):
                best = card
        if best == NOWHERE:
            return False
        left[best] -= ask.share if ask.gpus == 1 else GPU_MILLI + 1  # not twice the same card
    if ask.gpus > 1:
        for card in range(len(left)):
            if left[card] < 0:
                left[card] += GPU_MILLI + 1 - ask.share
    return True


@compiled
def _has_earlier(left: Integers, card: int, first: int, ask: Ask) -> bool:
    """Whether an earlier card is as good, since as much of it is left."""
    found = False
    for other in range(card):
        found = found or (left[other] == left[card] and ask.cards[first + other])
    return found


@compiled
def _rate(row: int, ask: Ask, market: Market, outlook: Outlook) -> tuple[float, int]:
    """The rating of a machine with memory and disk for it, and the card for a share; `_UNFIT` where it has no room."""
    cpu = market.cpu[row] - ask.cpu
    if cpu < 0:
        return _UNFIT, NOWHERE
    first, kind, before = market.first[row], market.kind[row], market.fragmentation[row]
    left = market.cards[first : market.first[row + 1]].copy()
    cost = SCARCITY_WEIGHT * outlook.prices.scarcity[kind] * ask.gpus * ask.share / GPU_MILLI
    if ask.gpus != 1 or ask.share == GPU_MILLI:
        if not _take(left, first, ask):
            return _UNFIT, NOWHERE
        return _steps(fragmentation(left, cpu, kind, outlook.demand) - before) - cost, NOWHERE
    worth = outlook.prices.residual
    best, chosen = _UNFIT, NOWHERE
    for card in range(len(left)):
        free = left[card]
        if free < ask.share or not ask.cards[first + card] or _has_earlier(left, card, first, ask):
            continue
        left[card] = free - ask.share
        growth = fragmentation(left, cpu, kind, outlook.demand) - before
        rating = _steps(growth) - PATTERN_WEIGHT * (worth[free] - worth[free - ask.share])
        left[card] = free
        if rating > best:
            best, chosen = rating, card
    return best - cost, chosen


@compiled
def _are_alike(row: int, other: int, ask: Ask, market: Market) -> bool:
    """Whether a request finds the same on two machines of a kind that have the memory and the disk for it."""
    first, count = market.first[row], market.first[row + 1] - market.first[row]
    there = market.first[other]
    alike = market.cpu[row] == market.cpu[other] and count == market.first[other + 1] - there
    card = 0
    while alike and card < count:
        alike = market.cards[first + card] == market.cards[there + card]
        alike = alike and ask.cards[first + card] == ask.cards[there + card]
        card += 1
    return bool(alike)


@compiled
def _refresh(ask: Ask, ranking: Ranking, market: Market, outlook: Outlook, changed: Integers) -> None:
    """Rate the machines of these rows, which may repeat, anew."""
    for row in changed:
        if ranking.place[row] != NOWHERE:
            ranking.stale[ranking.place[row]] = True
    last = np.full(len(outlook.prices.scarcity), NOWHERE)  # rated, of each kind: many machines are in the same state
    for row in changed:
        at, kind = ranking.place[row], market.kind[row]
        if at == NOWHERE or not ranking.stale[at]:
            continue
        ranking.stale[at] = False
        if market.memory[row] < ask.memory or market.disk[row] < ask.disk:
            ranking.rating[at] = _UNFIT
        elif last[kind] != NOWHERE and _are_alike(row, last[kind], ask, market):
            ranking.rating[at] = ranking.rating[ranking.place[last[kind]]]
            ranking.card[at] = ranking.card[ranking.place[last[kind]]]
        else:
            rating, card = _rate(row, ask, market, outlook)
            ranking.rating[at] = rating
            ranking.card[at] = card
            last[kind] = row


@compiled
def _choose(ranking: Ranking, avoided: Integers) -> int:
    """Where in the ranking to go: the first tier with room, of it the best rated, the first of these; or `NOWHERE`."""
    best, chosen = _UNFIT, NOWHERE
    for at in range(len(ranking.rows)):
        if chosen != NOWHERE and ranking.tiers[at] != ranking.tiers[chosen]:
            break
        if ranking.rating[at] > best:
            is_avoided = False
            for row in avoided:
                is_avoided = is_avoided or row == ranking.rows[at]
            if not is_avoided:
                best, chosen = ranking.rating[at], at
    return chosen


@compiled
def _book(at: int, ask: Ask, ranking: Ranking, market: Market, demand: Demand) -> Integers:
    """Give the request its place, and return the cards that it takes."""
    row = ranking.rows[at]
    market.cpu[row] -= ask.cpu
    market.memory[row] -= ask.memory
    market.disk[row] -= ask.disk
    first = market.first[row]
    left = market.cards[first : market.first[row + 1]]
    before = left.copy()
    if ranking.card[at] != NOWHERE:
        left[ranking.card[at]] -= ask.share
    else:
        _take(left, first, ask)
    market.fragmentation[row] = fragmentation(left, market.cpu[row], market.kind[row], demand)
    cards: Integers = np.flatnonzero(before != left) + first
    return cards


@compiled
def place(ask: Ask, ranking: Ranking, market: Market, outlook: Outlook, news: News) -> tuple[int, Integers]:
    """Rate what changed, choose and book: the row and the cards, or `NOWHERE` and none."""
    _refresh(ask, ranking, market, outlook, news.changed)
    at = _choose(ranking, news.avoided)
    if at == NOWHERE and len(news.avoided) > 0:
        at = _choose(ranking, news.avoided[:0])
    if at == NOWHERE:
        return NOWHERE, ranking.rows[:0]
    return ranking.rows[at], _book(at, ask, ranking, market, outlook.demand)
