"""One request held against every offer: which fit, which are free, and on which cards it would run."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from qubix_platform.placement.constraints import FIXED, ConstraintName
from qubix_platform.placement.model import GpuShare, Policy, Request
from qubix_platform.placement.offers import Mask, OfferTable, Whole
from qubix_platform.placement.view import View
from qubix_platform.placement.windows import OPEN, Term

NOWHERE: Final = -1


class Room:
    """What is still free while decisions are made: a copy of the table's columns that placements are taken from."""

    def __init__(self, table: OfferTable) -> None:
        self.cpu: Whole = table.free_cpu.copy()
        self.memory: Whole = table.free_memory.copy()
        self.disk: Whole = table.free_disk.copy()
        self.cards: Whole = table.card_free.copy()

    def take(self, *, row: int, request: Request, cards: list[int]) -> None:
        """Book the request on a machine and its cards."""
        self.cpu[row] -= request.cpu_cores
        self.memory[row] -= request.memory_mib
        self.disk[row] -= request.disk_mib
        for card in cards:
            self.cards[card] -= request.gpu_share_milli

    def take_over(self, *, cpu: Whole, memory: Whole, disk: Whole, cards: Whole, table: OfferTable) -> list[int]:
        """Become what these columns say; the rows where that is something else than before."""
        changed = (self.cpu != cpu) | (self.memory != memory) | (self.disk != disk)
        changed[table.card_row[self.cards != cards]] = True
        rows: list[int] = np.flatnonzero(changed).tolist()
        if rows:
            self.cpu[:] = cpu
            self.memory[:] = memory
            self.disk[:] = disk
            self.cards[:] = cards
        return rows

    def give(self, *, row: int, request: Request, cards: Sequence[int]) -> None:
        """Give back what was booked."""
        self.cpu[row] += request.cpu_cores
        self.memory[row] += request.memory_mib
        self.disk[row] += request.disk_mib
        for card in cards:
            self.cards[card] += request.gpu_share_milli


@dataclass(frozen=True, eq=False)
class Matching:
    """The offers that fit a request, free or not. One is only ever equal to itself.

    Attributes:
        rows: rows of the table that fit, in the order in which they are tried.
        tiers: of each of these; rows of an equal tier are as good as each other for the consumer.
        cards: the cards that the job may run on.
        rejected: how many offers each constraint removed; an offer counts for the first that it fails.
        term: what reserved windows mean to it.
    """

    table: OfferTable
    request: Request
    rows: Whole
    tiers: Whole
    cards: Mask
    rejected: tuple[tuple[ConstraintName, int], ...]
    term: Term = OPEN

    @cached_property
    def place(self) -> Whole:
        """Of each row of the table where it stands among those that fit, or `NOWHERE`."""
        place = np.full(len(self.table), NOWHERE, np.int64)
        place[self.rows] = np.arange(len(self.rows))
        return place

    @cached_property
    def has_equals(self) -> bool:
        """Whether some of the rows are as good as each other."""
        return bool((self.tiers[1:] == self.tiers[:-1]).any())

    @cached_property
    def lowest_price(self) -> int:
        """Of the machines that fit, QU per hour and GPU; there has to be one."""
        return int(self.table.price[self.rows].min())

    def free_rows(self, room: Room) -> Whole:
        """The rows that fit and have room now, in order."""
        rows, request = self.rows, self.request
        free = (room.cpu[rows] >= request.cpu_cores) & (room.memory[rows] >= request.memory_mib)
        free &= room.disk[rows] >= request.disk_mib
        if request.gpu_count:
            usable = self.cards & (room.cards >= request.gpu_share_milli)
            free &= self.table.cards_per_row(usable)[rows] >= request.gpu_count
        return rows[free]

    def choose_cards(self, row: int, room: Room) -> list[int]:
        """The cards of a machine that has room: the fullest that still fit, so that whole ones stay whole."""
        if self.request.gpu_count == 0:
            return []
        first = int(self.table.first_card[row])
        mine = range(first, first + len(self.table.candidates[row].gpus))
        share = self.request.gpu_share_milli
        usable = [card for card in mine if self.cards[card] and room.cards[card] >= share]
        return sorted(usable, key=lambda card: (int(room.cards[card]), card))[: self.request.gpu_count]

    def shares(self, cards: Sequence[int]) -> tuple[GpuShare, ...]:
        """The chosen cards as shares for an assignment, by index."""
        gpus = sorted((self.table.card_gpu[card] for card in cards), key=lambda gpu: gpu.index)
        return tuple(GpuShare(gpu_id=gpu.id, index=gpu.index, milli=self.request.gpu_share_milli) for gpu in gpus)


def match(table: OfferTable, request: Request, *, at: int, policy: Policy, term: Term = OPEN) -> Matching:
    """Hold a request against every offer.

    Args:
        table: the candidates.
        request: what the job asks for.
        at: the instant, microseconds since 1970.
        policy: decides the order of the offers that fit.
        term: what reserved windows mean to it; machines that are paid for come first.
    """
    view = View(table, request, at, term)
    standing = view.all_rows
    rejected: list[tuple[ConstraintName, int]] = []
    left = len(table)
    for constraint in FIXED:
        if not constraint.concerns(request):
            continue
        standing = standing & constraint.passes(view)
        remaining = int(np.count_nonzero(standing))
        if remaining < left:
            rejected.append((constraint.name, left - remaining))
        left = remaining
    order = table.order(policy.order_for(request), sparing_gpus=request.gpu_count == 0)
    fitting = standing[order.rows]
    rows, tiers = order.rows[fitting], order.tiers[fitting]
    if term.prepaid:
        first = np.isin(rows, list(term.prepaid))
        rows = np.concatenate((rows[first], rows[~first]))
        tiers = np.concatenate((np.zeros_like(tiers[first]), tiers[~first] + 1))
    return Matching(table, request, rows, tiers, view.eligible_cards, tuple(rejected), term)
