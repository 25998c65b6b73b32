"""Which of a request's conditions stand in the way on each offer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations
from typing import Final

import numpy as np

from qubix.schemas.states import IsolationLevel
from qubix_platform.placement.constraints import FIXED, ConstraintName, View, highest_unit_price
from qubix_platform.placement.matching import Matching, Room
from qubix_platform.placement.model import Request
from qubix_platform.placement.offers import Mask, OfferTable, Whole

LEAST_PAINFUL_FIRST: Final = (
    ConstraintName.LOCATION,
    ConstraintName.RELIABILITY,
    ConstraintName.LABELS,
    ConstraintName.PRICE,
    ConstraintName.GPU_MODEL,
    ConstraintName.GPU_COUNT,
    ConstraintName.VRAM,
    ConstraintName.COMPUTE_CAPABILITY,
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
    ConstraintName.DISK,
    ConstraintName.TRUST,
    ConstraintName.PROVIDERS,
    ConstraintName.LABELS,
    ConstraintName.AVOID,
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


@dataclass(frozen=True, kw_only=True)
class Shortfall:
    """The conditions to give up for a place on an offer.

    Attributes:
        row: of the offer.
        conditions: the least painful first.
        cards: all cards that the request could run on without these conditions.
        pain: of giving them up; only for comparisons.
    """

    row: int
    conditions: tuple[ConstraintName, ...]
    cards: Mask
    pain: int


def shortfalls(matching: Matching, room: Room, *, order: Whole, at: int) -> list[Shortfall]:
    """For each set of conditions that is the least to give up on some offers, the first of these offers.

    An offer where nothing that the consumer can change would help is left out.

    Args:
        matching: what is asked for, held against the offers.
        room: what may be counted on.
        order: the rows of the table in the order in which they are tried.
        at: the instant, microseconds since 1970.
    """
    table, request = matching.table, matching.request
    view = View(table, request, at, matching.term)
    possible = _possible(view, room)
    options = list(_card_options(view, room))
    least = np.full(len(table), _NEVER)
    chosen = np.full(len(table), _NEVER)
    for number, option in enumerate(options):
        pain = _pain(option.conditions) + _pain([ConstraintName.PRICE]) * option.is_too_dear(table)
        better = option.rows & possible & (pain < least)
        least[better] = pain[better]
        chosen[better] = number
    alone = _alone(view, room)
    situation = chosen.copy()  # equal numbers for equal sets of conditions
    for fails in alone.values():
        situation = situation * 2 + fails
    found = order[chosen[order] != _NEVER]
    _, firsts = np.unique(np.stack([situation[found], least[found]]), axis=1, return_index=True)
    return [_shortfall(int(row), alone, options[chosen[row]], table) for row in found[np.sort(firsts)]]


@dataclass(frozen=True, kw_only=True)
class _CardOption:
    """A way to find enough cards: the conditions on cards to give up, and where that gives enough of them."""

    conditions: tuple[ConstraintName, ...]
    request: Request
    cards: Mask
    rows: Mask

    def is_too_dear(self, table: OfferTable) -> Mask:
        """Which offers cost more than the request wants to pay."""
        dear: Mask = table.price > highest_unit_price(self.request)
        return dear


def _pain(conditions: Sequence[ConstraintName]) -> int:
    return sum(_EACH + LEAST_PAINFUL_FIRST.index(condition) for condition in conditions)


def _possible(view: View, room: Room) -> Mask:
    """Offers that take work, and of which some processors, memory and disk could be had."""
    possible = view.all_rows
    for name in (one for one in _NOT_THE_CONSUMERS if _BY_NAME[one].concerns(view.request)):
        possible = possible & _BY_NAME[name].passes(view)
    table = view.table
    own = table.owner == table.owner_coded(view.request.user_id)
    sandboxed: Mask = (table.isolation > IsolationLevel.NONE.rank) | own
    enough = (room.cpu >= 1) & (room.memory >= LEAST_MEMORY_MIB) & (table.disk >= LEAST_DISK_MIB)
    return possible & sandboxed & enough


def _alone(view: View, room: Room) -> dict[ConstraintName, Mask]:
    """Where each condition that has nothing to do with cards stands in the way."""
    request = view.request
    fails = {name: ~_BY_NAME[name].passes(view) for name in _ALONE if _BY_NAME[name].concerns(request)}
    fails[ConstraintName.ISOLATION] = view.table.isolation < request.isolation_level.rank
    fails[ConstraintName.CPU] = room.cpu < request.cpu_cores
    fails[ConstraintName.MEMORY] = room.memory < request.memory_mib
    return fails


def _card_options(view: View, room: Room) -> Iterator[_CardOption]:
    """From the least painful on: with all cards asked for, and with as many as there are."""
    request = view.request
    if request.gpu_count == 0:
        yield _CardOption(conditions=(), request=request, cards=view.eligible_cards, rows=view.all_rows)
        return
    free: Mask = room.cards >= request.gpu_share_milli
    given = [name for name in _OF_CARDS if _BY_NAME[name].concerns(request)]
    for conditions in chain.from_iterable(combinations(given, count) for count in range(len(given) + 1)):
        cards = View(view.table, _without(request, conditions), view.at).eligible_cards
        counts = view.table.cards_per_row(cards & free)
        yield _CardOption(conditions=conditions, request=request, cards=cards, rows=counts >= request.gpu_count)
        for count in range(request.gpu_count - 1, 0, -1):
            fewer = replace(request, gpu_count=count)
            found = (*conditions, ConstraintName.GPU_COUNT)
            yield _CardOption(conditions=found, request=fewer, cards=cards, rows=counts == count)


def _without(request: Request, conditions: Sequence[ConstraintName]) -> Request:
    return replace(
        request,
        gpu_models=() if ConstraintName.GPU_MODEL in conditions else request.gpu_models,
        min_vram_mib=0 if ConstraintName.VRAM in conditions else request.min_vram_mib,
        min_compute_capability=(
            None if ConstraintName.COMPUTE_CAPABILITY in conditions else request.min_compute_capability
        ),
    )


def _shortfall(row: int, alone: dict[ConstraintName, Mask], option: _CardOption, table: OfferTable) -> Shortfall:
    given_up = {*option.conditions, *(name for name, fails in alone.items() if fails[row])}
    if option.is_too_dear(table)[row]:
        given_up.add(ConstraintName.PRICE)
    conditions = tuple(name for name in LEAST_PAINFUL_FIRST if name in given_up)
    return Shortfall(row=row, conditions=conditions, cards=option.cards, pain=_pain(conditions))
