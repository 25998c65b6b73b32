"""What becomes free on each machine and when, in columns, to find the first that will have room for a request."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

import numpy as np

from qubix_platform.placement.amounts import Amount
from qubix_platform.placement.compiling import compiled
from qubix_platform.placement.leavers import Free
from qubix_platform.placement.matching import NOWHERE, Matching, Room
from qubix_platform.placement.offers import Mask, OfferTable, Whole

_SLOTS: Final = 4
_NEVER: Final = 2**62


@dataclass(frozen=True, kw_only=True)
class Release:
    """What becomes free on a machine at the latest at an instant, microseconds since 1970.

    `attempt_id` is of what runs there now; none of what this pass placed there.
    """

    at: int
    amount: Amount
    attempt_id: UUID | None = None


class _Columns(NamedTuple):
    """Of each machine its releases, the first before the others, each with all that is free by then."""

    counts: Whole
    at: Whole
    cpu: Whole
    memory: Whole
    disk: Whole
    cards: Whole  # a row a card


class _Wanted(NamedTuple):
    """A request, and the machines that it may wait for: where each stands in the order in which they are tried."""

    place: Whole
    left_out: Mask
    cards: Mask
    cpu: int
    memory: int
    disk: int
    gpus: int
    share: int


class _Free(NamedTuple):
    """What is free now."""

    cpu: Whole
    memory: Whole
    disk: Whole
    cards: Whole
    first: Whole


class Releases:
    """What becomes free, machine by machine."""

    def __init__(self, table: OfferTable) -> None:
        self._table = table
        self._of: dict[int, list[Release]] = {}
        self._first = np.append(table.first_card, len(table.card_row))
        self._columns = self._empty(_SLOTS)
        self._by_time: Whole | None = None
        self._freed: tuple[int, Free] | None = None

    def on(self, row: int) -> list[Release]:
        """What becomes free on a machine, the first before the others."""
        return self._of.get(row, [])

    def write(self, row: int, releases: Iterable[Release]) -> None:
        """Take in all that becomes free on a machine."""
        found = sorted(releases, key=lambda release: release.at)
        self._of[row] = found
        self._by_time = self._freed = None
        if len(found) > self._columns.at.shape[1]:
            self._grow(len(found))
        columns, first = self._columns, int(self._first[row])
        last = int(self._first[row + 1])
        columns.counts[row] = len(found)
        cpu = memory = disk = 0
        cards = dict.fromkeys(range(first, last), 0)
        for slot, release in enumerate(found):
            cpu, memory = cpu + release.amount.cpu, memory + release.amount.memory
            disk += release.amount.disk
            for card, milli in release.amount.cards.items():
                cards[card] += milli
            columns.at[row, slot] = release.at
            columns.cpu[row, slot] = cpu
            columns.memory[row, slot] = memory
            columns.disk[row, slot] = disk
            columns.cards[first:last, slot] = list(cards.values())

    def freed(self, by: int) -> Free:
        """What will have become free on each machine until an instant."""
        if self._freed is None or self._freed[0] != by:
            columns = self._columns
            slots = np.arange(columns.at.shape[1])
            counts = ((columns.at <= by) & (slots < columns.counts[:, None])).sum(axis=1)
            rows, of_card = np.arange(len(counts)), counts[self._table.card_row]
            free = Free(
                np.where(counts > 0, columns.cpu[rows, counts - 1], 0),
                np.where(counts > 0, columns.memory[rows, counts - 1], 0),
                np.where(counts > 0, columns.disk[rows, counts - 1], 0),
                np.where(of_card > 0, columns.cards[np.arange(len(of_card)), of_card - 1], 0),
            )
            self._freed = by, free
        return self._freed[1]

    def earliest(self, matching: Matching, room: Room, *, left_out: Mask, at: int) -> tuple[int, int] | None:
        """The row where the request has room first, and when; of equal instants the one that is tried first.

        Args:
            matching: the request.
            room: what is free now.
            left_out: rows that are not looked at.
            at: the instant of the decision: what was due before is due now.
        """
        request = matching.request
        wanted = _Wanted(
            place=matching.place,
            left_out=left_out,
            cards=matching.cards,
            cpu=request.cpu_cores,
            memory=request.memory_mib,
            disk=request.disk_mib,
            gpus=request.gpu_count,
            share=request.gpu_share_milli,
        )
        free = _Free(cpu=room.cpu, memory=room.memory, disk=room.disk, cards=room.cards, first=self._first)
        if self._by_time is None:
            occupied = np.flatnonzero(self._columns.counts)
            self._by_time = occupied[np.argsort(self._columns.at[occupied, 0], kind="stable")]
        row, starts_at = _earliest(self._by_time, wanted, free, self._columns, at)
        return None if starts_at == _NEVER else (int(row), int(starts_at))

    def _empty(self, slots: int) -> _Columns:
        rows, cards = len(self._table), len(self._table.card_row)
        return _Columns(
            counts=np.zeros(rows, np.int64),
            at=np.zeros((rows, slots), np.int64),
            cpu=np.zeros((rows, slots), np.int64),
            memory=np.zeros((rows, slots), np.int64),
            disk=np.zeros((rows, slots), np.int64),
            cards=np.zeros((cards, slots), np.int64),
        )

    def _grow(self, slots: int) -> None:
        old, new = self._columns, self._empty(max(slots, 2 * self._columns.at.shape[1]))
        new.counts[:] = old.counts
        for before, after in zip(old[1:], new[1:], strict=True):
            after[:, : before.shape[1]] = before
        self._columns = new


@compiled
def _has_room(wanted: _Wanted, free: _Free, columns: _Columns, row: int, slot: int) -> bool:
    """Whether a machine has room for a request once everything up to a release is free."""
    if free.cpu[row] + columns.cpu[row, slot] < wanted.cpu:
        return False
    if free.memory[row] + columns.memory[row, slot] < wanted.memory:
        return False
    if free.disk[row] + columns.disk[row, slot] < wanted.disk:
        return False
    found = 0
    for card in range(free.first[row], free.first[row + 1]):
        if wanted.cards[card] and free.cards[card] + columns.cards[card, slot] >= wanted.share:
            found += 1
    return bool(found >= wanted.gpus)


@compiled
def _earliest(by_time: Whole, wanted: _Wanted, free: _Free, columns: _Columns, now: int) -> tuple[int, int]:
    """The row that has room first, and when; `by_time` are the rows by their first release."""
    best, best_at = -1, _NEVER
    for row in by_time:
        if max(columns.at[row, 0], now) > best_at:
            break  # no machine has room before its first release
        place, count = wanted.place[row], columns.counts[row]
        if place == NOWHERE or wanted.left_out[row]:
            continue
        is_tried_first = best == -1 or place < wanted.place[best]
        while count > 0 and max(columns.at[row, count - 1], now) >= best_at + is_tried_first:
            count -= 1
        # What is not enough by then is not enough before.
        if count == 0 or not _has_room(wanted, free, columns, row, count - 1):
            continue
        slot = 0
        while not _has_room(wanted, free, columns, row, slot):
            slot += 1
        best, best_at = row, max(columns.at[row, slot], now)
    return best, best_at
