"""Which of a request's conditions stand in the way on each offer: the least that has to be given up there.

What stands in the way of one request on one machine changes only with what is taken of that machine. So it is counted
anew for those that changed, as a number with a bit for each condition.
"""

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from itertools import chain, combinations
from typing import Final, NamedTuple

import numpy as np

from qubix.schemas.states import IsolationLevel
from qubix_platform.placement.compiling import compiled
from qubix_platform.placement.constraints import FIXED, ConstraintName, highest_unit_price
from qubix_platform.placement.matching import Matching, Room
from qubix_platform.placement.model import Request
from qubix_platform.placement.offers import Mask, Whole
from qubix_platform.placement.view import View

LEAST_PAINFUL_FIRST: Final = (
    ConstraintName.LOCATION,
    ConstraintName.RELIABILITY,
    ConstraintName.LABELS,
    ConstraintName.ANTI_AFFINITY,
    ConstraintName.PRICE,
    ConstraintName.GPU_MODEL,
    ConstraintName.GPU_COUNT,
    ConstraintName.VRAM,
    ConstraintName.COMPUTE_CAPABILITY,
    ConstraintName.INTERCONNECT,
    ConstraintName.CPU,
    ConstraintName.MEMORY,
    ConstraintName.DISK,
    ConstraintName.TRUST,
    ConstraintName.ISOLATION,
    ConstraintName.PROVIDERS,
    ConstraintName.AVOID,
)
"""The conditions that a consumer can give up."""
LEAST_MEMORY_MIB: Final = 64
LEAST_DISK_MIB: Final = 16
"""Less than these cannot be asked for."""

_BY_NAME: Final = {constraint.name: constraint for constraint in FIXED}
_OF_CARDS: Final = (ConstraintName.GPU_MODEL, ConstraintName.VRAM, ConstraintName.COMPUTE_CAPABILITY)
_ALONE: Final = (
    ConstraintName.LOCATION,
    ConstraintName.RELIABILITY,
    ConstraintName.TRUST,
    ConstraintName.PROVIDERS,
    ConstraintName.LABELS,
    ConstraintName.AVOID,
    ConstraintName.ANTI_AFFINITY,
    ConstraintName.INTERCONNECT,
)
_NOT_THE_CONSUMERS: Final = (
    ConstraintName.OFFLINE,
    ConstraintName.DRAINING,
    ConstraintName.PAUSED,
    ConstraintName.UNREACHABLE,
    ConstraintName.SHUNNED,
    ConstraintName.BROWSER,
    ConstraintName.OWNER,
    ConstraintName.SITE,
    ConstraintName.RESERVED,
    ConstraintName.DEADLINE,
)
# One condition more is worse than any other choice of as many.
_EACH: Final = 1_000
_NEVER: Final = 1_000_000_000
_BIT: Final = {name: 1 << place for place, name in enumerate(LEAST_PAINFUL_FIRST)}
_COUNT_BIT: Final = _BIT[ConstraintName.GPU_COUNT]
_PRICE_BIT: Final = _BIT[ConstraintName.PRICE]
_CPU_BIT: Final = _BIT[ConstraintName.CPU]
_MEMORY_BIT: Final = _BIT[ConstraintName.MEMORY]
_DISK_BIT: Final = _BIT[ConstraintName.DISK]


@dataclass(frozen=True, kw_only=True)
class Shortfall:
    """The conditions to give up for a place on an offer.

    Attributes:
        row: of the offer.
        conditions: the least painful first.
        cards: all cards that the request could run on without these conditions.
    """

    row: int
    conditions: tuple[ConstraintName, ...]
    cards: Mask


class _Asked(NamedTuple):
    """A request held against all offers, as far as what is taken does not matter.

    Attributes:
        possible: offers that take work, whatever is asked.
        alone: of each offer, the conditions that have nothing to do with cards and stand in the way.
        sets: for each choice of conditions on cards to give up, the cards that do then.
        given_up: these conditions.
        highest: at the place of each number of GPUs, the highest list price that will do.
        price: of each offer; none where its time is paid for.
    """

    cpu: int
    memory: int
    disk: int
    gpus: int
    share: int
    possible: Mask
    alone: Whole
    sets: Mask
    given_up: Whole
    highest: Whole
    price: Whole
    first: Whole


class _Standing(NamedTuple):
    """Of each offer the conditions to give up there, how much that hurts, and the choice of cards for it."""

    conditions: Whole
    pain: Whole
    chosen: Whole


class Shortfalls:
    """What one request falls short of on each offer.

    Args:
        matching: what is asked for, held against the offers.
        order: the rows of the table in the order in which they are tried.
        at: the instant, microseconds since 1970.
    """

    def __init__(self, matching: Matching, *, order: Whole, at: int) -> None:
        table, request = matching.table, matching.request
        view = View(table, request, at, matching.term)
        options = list(_card_options(view))
        price = table.price.copy()
        price[list(matching.term.prepaid)] = 0
        highest = [highest_unit_price(replace(request, gpu_count=count)) for count in range(request.gpu_count + 1)]
        self._order = order
        self._asked = _Asked(
            cpu=request.cpu_cores,
            memory=request.memory_mib,
            disk=request.disk_mib,
            gpus=request.gpu_count,
            share=request.gpu_share_milli,
            possible=_possible(view),
            alone=_alone(view),
            sets=np.array([cards for _, cards in options], bool).reshape(len(options), len(table.card_row)),
            given_up=np.array([_bits(conditions) for conditions, _ in options], np.int64),
            highest=np.array(highest, np.int64),
            price=price,
            first=np.append(table.first_card, len(table.card_row)),
        )
        self._standing = _nothing(len(table))

    def afresh(self) -> "Shortfalls":
        """The same request, for another part of the market's room: all offers have to be counted."""
        other = copy(self)
        other._standing = _nothing(len(self._order))
        return other

    def renew(self, changed: Whole, room: Room) -> bool:
        """Count anew what stands in the way on offers that changed; whether that is something else than before."""
        return bool(_renew(changed, self._asked, (room.cpu, room.memory, room.disk, room.cards), self._standing))

    def least(self, most: int, *, is_gang: bool) -> list[Shortfall]:
        """The best of all, then the best that does without one of its conditions, and so on.

        The fewest conditions win, of equally many those that hurt least to give up, then the order of the offers.

        Args:
            most: so many at most.
            is_gang: whether room for one is not enough: offers where nothing stands in the way are no help then.
        """
        rows = _least(self._order, self._standing, most, 1 if is_gang else 0)
        return [self._shortfall(int(row)) for row in rows]

    def _shortfall(self, row: int) -> Shortfall:
        bits = int(self._standing.conditions[row])
        return Shortfall(
            row=row,
            conditions=tuple(name for name in LEAST_PAINFUL_FIRST if bits & _BIT[name]),
            cards=self._asked.sets[self._standing.chosen[row]],
        )


def _nothing(offers: int) -> _Standing:
    return _Standing(
        conditions=np.zeros(offers, np.int64),
        pain=np.full(offers, _NEVER, np.int64),
        chosen=np.zeros(offers, np.int64),
    )


def _bits(conditions: Sequence[ConstraintName]) -> int:
    return sum(_BIT[condition] for condition in conditions)


def _possible(view: View) -> Mask:
    """Offers that take work."""
    possible = view.all_rows
    for name in (one for one in _NOT_THE_CONSUMERS if _BY_NAME[one].concerns(view.request)):
        possible = possible & _BY_NAME[name].passes(view)
    table = view.table
    own = table.owner == table.owner_coded(view.request.user_id)
    sandboxed: Mask = (table.isolation > IsolationLevel.NONE.rank) | own
    return possible & sandboxed


def _alone(view: View) -> Whole:
    """Where each condition stands in the way that has nothing to do with cards, nor with what is taken."""
    fails: Whole = np.zeros(len(view.table), np.int64)
    for name in (one for one in _ALONE if _BY_NAME[one].concerns(view.request)):
        fails |= np.where(_BY_NAME[name].passes(view), 0, _BIT[name])
    isolated = view.table.isolation >= view.request.isolation_level.rank
    return fails | np.where(isolated, 0, _BIT[ConstraintName.ISOLATION])


def _card_options(view: View) -> Iterator[tuple[tuple[ConstraintName, ...], Mask]]:
    """Conditions on cards to give up, and the cards that do then, the least painful first."""
    request = view.request
    given = [name for name in _OF_CARDS if request.gpu_count and _BY_NAME[name].concerns(request)]
    for conditions in chain.from_iterable(combinations(given, count) for count in range(len(given) + 1)):
        yield conditions, View(view.table, _without(request, conditions), view.at).eligible_cards


def _without(request: Request, conditions: Sequence[ConstraintName]) -> Request:
    return replace(
        request,
        gpu_models=() if ConstraintName.GPU_MODEL in conditions else request.gpu_models,
        min_vram_mib=0 if ConstraintName.VRAM in conditions else request.min_vram_mib,
        min_compute_capability=(
            None if ConstraintName.COMPUTE_CAPABILITY in conditions else request.min_compute_capability
        ),
    )


@compiled
def _pain(conditions: int) -> int:
    pain = 0
    place = 0
    while conditions:
        if conditions & 1:
            pain += _EACH + place
        conditions >>= 1
        place += 1
    return pain


@compiled
def _cheapest(row: int, asked: _Asked, cards: Whole) -> tuple[int, int, int]:
    """The least painful way to find cards on a machine: conditions, pain, and which choice of cards."""
    if asked.gpus == 0:
        dear = _PRICE_BIT if asked.price[row] > asked.highest[0] else 0
        return dear, _pain(dear), 0
    best, least, chosen = 0, _NEVER, 0
    for option in range(len(asked.given_up)):
        count = 0
        for card in range(asked.first[row], asked.first[row + 1]):
            if asked.sets[option, card] and cards[card] >= asked.share:
                count += 1
        count = min(count, asked.gpus)
        if count == 0:
            continue
        conditions = asked.given_up[option]
        if count < asked.gpus:
            conditions |= _COUNT_BIT
        if asked.price[row] > asked.highest[count]:
            conditions |= _PRICE_BIT
        pain = _pain(conditions)
        if pain < least:
            best, least, chosen = conditions, pain, option
    return best, least, chosen


@compiled
def _renew(changed: Whole, asked: _Asked, room: tuple[Whole, Whole, Whole, Whole], standing: _Standing) -> bool:
    cpu, memory, disk, cards = room
    is_other = False
    for row in changed:
        conditions, pain, chosen = 0, _NEVER, 0
        has_some = cpu[row] >= 1 and memory[row] >= LEAST_MEMORY_MIB and disk[row] >= LEAST_DISK_MIB
        if asked.possible[row] and has_some:
            conditions, pain, chosen = _cheapest(row, asked, cards)
        if pain != _NEVER:
            others = asked.alone[row]
            if cpu[row] < asked.cpu:
                others |= _CPU_BIT
            if memory[row] < asked.memory:
                others |= _MEMORY_BIT
            if disk[row] < asked.disk:
                others |= _DISK_BIT
            conditions |= others
            pain += _pain(others)
        if conditions != standing.conditions[row] or pain != standing.pain[row] or chosen != standing.chosen[row]:
            is_other = True
            standing.conditions[row] = conditions
            standing.pain[row] = pain
            standing.chosen[row] = chosen
    return is_other


@compiled
def _least(order: Whole, standing: _Standing, most: int, at_least: int) -> Whole:
    """The rows of the best shortfalls, none of which asks for all that another one asks for, and more."""
    found = np.zeros(most, np.int64)
    count = 0
    while count < most:
        best, least = -1, _NEVER
        for row in order:
            if standing.pain[row] >= least or standing.pain[row] < at_least:
                continue
            asks_more = False
            for before in found[:count]:
                both = standing.conditions[row] & standing.conditions[before]
                asks_more = asks_more or both == standing.conditions[before]
            if not asks_more:
                best, least = row, standing.pain[row]
        if best == -1:
            break
        found[count] = best
        count += 1
    return found[:count]
