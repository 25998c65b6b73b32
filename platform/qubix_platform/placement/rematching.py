"""Jobs of one pass matched to offers together, so that they cost their owners less in sum.

Placed one after the other, a job that would run anywhere takes the cheap card that another one needs, and that one pays
for a dear card instead. So the jobs of a pass that take the same of a machine are matched anew among the places that
they have and those that are free: a min-cost assignment. The same jobs are served as before, each within its price cap;
some pay more than if they were alone, others less by more than that.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from qubix.schemas.states import Preference
from qubix_platform.placement.matching import Room
from qubix_platform.placement.model import OfferOrder, Request
from qubix_platform.placement.offers import Mask, OfferTable, Whole
from qubix_platform.placement.placing import Placed

_ROUNDS: Final = 3
"""What one group of jobs leaves may help another."""
_MOST: Final = 256
"""Jobs that are matched together; of more alike the first so many."""

_Shape = tuple[int, int, int, int, int]


def rematch(placed: Sequence[Placed], room: Room, *, fixed: Collection[int] = ()) -> list[Placed]:
    """The same jobs on machines that cost less in sum, where there are such; `room` is changed with them.

    On the rows `fixed` everything stays as it is.
    """
    found = list(placed)
    if all(_has_lowest_price(one) for one in found):
        return found
    left_out = _left_out(placed[0].matching.table, fixed)
    groups = _alike(found, left_out)
    for _ in range(_ROUNDS):
        changes = [_improve([found[at] for at in group], room, left_out) for group in groups]
        for group, members in zip(groups, changes, strict=True):
            for at, member in zip(group, members or (), strict=False):
                found[at] = member
        if not any(changes):
            break
    return found


def _has_lowest_price(one: Placed) -> bool:
    """Whether no machine that fits the job, free or not, costs less than the one that it has."""
    return bool(one.matching.table.price[one.row] <= one.matching.lowest_price)


def _alike(placed: Sequence[Placed], left_out: Mask) -> list[list[int]]:
    """Which of the jobs take the same of a machine; those on machines of mixed cards are left where they are."""
    groups: defaultdict[_Shape, list[int]] = defaultdict(list)
    for at, one in enumerate(placed):
        shape = _shape(one.matching.request)
        # Jobs without a GPU go by something else than the price first: whether they leave GPUs free.
        # Who prefers something else to the lowest price has it, and who bids pays the bid anywhere.
        request = one.matching.request
        # The workers of a gang stay together; those that are kept apart, and from their standby, do so where they are.
        is_free = request.anti_affinity is None and not one.job.wants_standby
        is_alone = one.job.workers == 1 and not request.is_spot and is_free
        is_by_price = request.gpu_count > 0 and request.prefer is Preference.CHEAPEST and is_alone
        if is_by_price and not left_out[one.row] and len(groups[shape]) < _MOST:
            groups[shape].append(at)
    return [group for group in groups.values() if len(group) > 1]


def _shape(request: Request) -> _Shape:
    return request.gpu_count, request.gpu_share_milli, request.cpu_cores, request.memory_mib, request.disk_mib


def _left_out(table: OfferTable, fixed: Collection[int]) -> Mask:
    """Machines whose cards are not all alike, since not every place on them would do, and those that are fixed."""
    facts = np.stack([table.card_model, table.card_vram, table.card_capability])
    differs = (facts[:, 1:] != facts[:, :-1]).any(axis=0) & (table.card_row[1:] == table.card_row[:-1])
    mixed: Mask = np.zeros(len(table), bool)
    mixed[table.card_row[1:][differs]] = True
    mixed[list(fixed)] = True
    return mixed


def _improve(members: Sequence[Placed], room: Room, left_out: Mask) -> list[Placed] | None:
    """Other places for the members, or nothing where no others cost less. Their places count as free meanwhile."""
    for one in members:
        _give(one, room, sign=1)
    rows = _assign(members, room, left_out)
    moved = []
    for one, row in zip(members, rows or (), strict=False):
        moved.append(replace(one, row=row, cards=tuple(one.matching.choose_cards(row, room))))
        _give(moved[-1], room, sign=-1)
    if rows is None:
        for one in members:
            _give(one, room, sign=-1)
    return moved or None


def _give(one: Placed, room: Room, *, sign: int) -> None:
    request = one.matching.request
    room.cpu[one.row] += sign * request.cpu_cores
    room.memory[one.row] += sign * request.memory_mib
    room.disk[one.row] += sign * request.disk_mib
    room.cards[list(one.cards)] += sign * request.gpu_share_milli


def _places(table: OfferTable, request: Request, room: Room, left_out: Mask) -> Whole:
    """How many such requests each machine has room for, were all its cards to do."""
    places: Whole = np.minimum(room.cpu // max(request.cpu_cores, 1), room.memory // max(request.memory_mib, 1))
    if request.disk_mib:
        places = np.minimum(places, room.disk // request.disk_mib)
    share = request.gpu_share_milli
    each = room.cards // share if request.gpu_count == 1 else room.cards >= share
    fitting = np.bincount(table.card_row, weights=each, minlength=len(table)).astype(np.int64)
    places = np.minimum(places, fitting // request.gpu_count)
    places[left_out] = 0
    return np.maximum(places, 0)


def _assign(members: Sequence[Placed], room: Room, left_out: Mask) -> list[int] | None:
    """A row for each member, at the least price in sum, or nothing where they have that already."""
    table = members[0].matching.table
    places = np.minimum(_places(table, members[0].matching.request, room, left_out), len(members))
    usable = [_usable(one, places) for one in members]
    before = sum(int(table.price[one.row]) for one in members)
    if before == sum(int(table.price[rows].min()) for rows in usable):
        return None
    # Among so many places as there are members, and the cheapest for each, there is always one for it.
    nearest = {row for rows in usable for row in _cheapest(rows, places, len(members), table)}
    order = table.order(OfferOrder.PRICE, sparing_gpus=False).rows  # whatever the order in which the market is listed
    rows = order[np.isin(order, list(nearest | {one.row for one in members}))]
    chosen = _least(members, usable, np.repeat(rows, places[rows]), table)
    return chosen if sum(int(table.price[row]) for row in chosen) < before else None


def _usable(one: Placed, places: Whole) -> Whole:
    """The rows with places that would do for a job: also the one that it has, whatever happened to it there before."""
    table, rows = one.matching.table, one.matching.rows
    tried = [row for provider in one.job.tried if (row := table.row_of.get(provider)) is not None and row != one.row]
    fits: Mask = (places[rows] > 0) & ~np.isin(rows, tried)
    return rows[fits]


def _cheapest(rows: Whole, places: Whole, count: int, table: OfferTable) -> list[int]:
    """The first rows, by price, with so many places altogether."""
    by_price = rows[np.argsort(table.price[rows], kind="stable")]
    enough = int(np.searchsorted(np.cumsum(places[by_price]), count)) + 1
    found: list[int] = by_price[:enough].tolist()
    return found


def _least(members: Sequence[Placed], usable: Sequence[Whole], columns: Whole, table: OfferTable) -> list[int]:
    """The min-cost assignment of members to columns, each a place on that row; of equal ones one that moves fewer."""
    # Loaded here: it takes a while, and most passes have nothing to match.
    from scipy.optimize import linear_sum_assignment

    costs = np.full((len(members), len(columns)), np.inf)
    for at, (one, rows) in enumerate(zip(members, usable, strict=True)):
        fits = np.isin(columns, rows)
        # Whole numbers, and so exact where prices are below some 10^13 QU. The caller counts again in whole numbers.
        costs[at, fits] = 2.0 * table.price[columns[fits]] + (columns[fits] != one.row)
    _, chosen = linear_sum_assignment(costs)
    return [int(columns[column]) for column in chosen]
