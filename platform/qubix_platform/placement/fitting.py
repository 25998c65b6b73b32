"""On how many of the machines that fit a request there is room, counted anew only for machines that changed."""

from typing import Final, NamedTuple

import numpy as np

from qubix_platform.placement.compiling import compiled
from qubix_platform.placement.matching import Matching, Room
from qubix_platform.placement.offers import Mask, OfferTable, Whole

_FIRST: Final = 16


class _Requests(NamedTuple):
    """A row a request: the machines that fit it, the cards that do, and how much it asks for."""

    rows: Mask
    cards: Mask
    amounts: Whole  # processors, memory, disk, share, cards


class _Counted(NamedTuple):
    """Where each request has room, and on how many machines."""

    has_room: Mask
    counts: Whole


class Requests:
    """Requests that are counted together, each under a number."""

    def __init__(self, table: OfferTable) -> None:
        self.table = table
        self.first = np.append(table.first_card, len(table.card_row))
        self.columns = self._empty(_FIRST)
        self._numbers: dict[Matching, int] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, matching: Matching) -> int:
        """The number of a request."""
        known = self._numbers.get(matching)
        if known is not None:
            return known
        number = self._numbers[matching] = len(self._numbers)
        if number == len(self.columns.amounts):
            old, self.columns = self.columns, self._empty(2 * number)
            for before, after in zip(old, self.columns, strict=True):
                after[:number] = before
        request = matching.request
        self.columns.rows[number, matching.rows] = True
        self.columns.cards[number] = matching.cards
        self.columns.amounts[number] = (
            request.cpu_cores,
            request.memory_mib,
            request.disk_mib,
            request.gpu_share_milli,
            request.gpu_count,
        )
        return number

    def _empty(self, size: int) -> _Requests:
        return _Requests(
            rows=np.zeros((size, len(self.table)), bool),
            cards=np.zeros((size, len(self.table.card_row)), bool),
            amounts=np.zeros((size, 5), np.int64),
        )


class Part:
    """A part of the market's room as it was seen last, and what was counted of it.

    Attributes:
        number: of the part.
        changes: rows, in the order of their changes; they may repeat.
    """

    def __init__(self, requests: Requests, *, number: int) -> None:
        self.number = number
        table = requests.table
        self.room = Room(table)
        self.changes: list[int] = []
        self._requests = requests
        self._counted = _Counted(np.zeros((0, len(table)), bool), np.zeros(0, np.int64))
        self._known = 0

    def see(self, room: Room) -> None:
        """Take in the room as it is now, and count."""
        changed = self.room.take_over(
            cpu=room.cpu, memory=room.memory, disk=room.disk, cards=room.cards, table=self._requests.table
        )
        self.changes += changed
        self._count(np.array(changed, np.int64), first=0, last=self._known)

    def count(self, matching: Matching) -> int:
        """On how many of the machines that fit a request it has room."""
        number = self._requests.number(matching)
        if number >= self._known:
            known = self._known
            self._grow(len(self._requests))
            self._count(np.arange(len(self._requests.table)), first=known, last=self._known)
        return int(self._counted.counts[number])

    def _grow(self, requests: int) -> None:
        if requests > len(self._counted.counts):
            size = max(_FIRST, 2 * requests)
            counted = _Counted(np.zeros((size, len(self._requests.table)), bool), np.zeros(size, np.int64))
            for before, after in zip(self._counted, counted, strict=True):
                after[: self._known] = before[: self._known]
            self._counted = counted
        self._known = requests

    def _count(self, changed: Whole, *, first: int, last: int) -> None:
        if len(changed) and last > first:
            room = self.room.cpu, self.room.memory, self.room.disk, self.room.cards
            _count((first, last), changed, self._requests.columns, self._requests.first, room, self._counted)


@compiled
def _count(  # noqa: PLR0917  # the compiler knows arguments by their place
    numbers: tuple[int, int],
    changed: Whole,
    requests: _Requests,
    first: Whole,
    room: tuple[Whole, Whole, Whole, Whole],
    counted: _Counted,
) -> None:
    cpu, memory, disk, left = room
    for number in range(numbers[0], numbers[1]):
        least_cpu, least_memory, least_disk, share, gpus = requests.amounts[number]
        for row in changed:
            if not requests.rows[number, row]:
                continue
            has_room = cpu[row] >= least_cpu and memory[row] >= least_memory and disk[row] >= least_disk
            if has_room and gpus > 0:
                found = 0
                for card in range(first[row], first[row + 1]):
                    if requests.cards[number, card] and left[card] >= share:
                        found += 1
                has_room = found >= gpus
            if has_room != counted.has_room[number, row]:
                counted.has_room[number, row] = has_room
                counted.counts[number] += 1 if has_room else -1
