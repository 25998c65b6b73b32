"""Who may be asked to make room, machine by machine, and on which machines that could be enough for a request."""

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple
from uuid import UUID

import numpy as np

from qubix_platform.placement.matching import NOWHERE, Matching, Room
from qubix_platform.placement.offers import Mask, OfferTable, Whole
from qubix_platform.placement.preempting import Evictable

_NOBODY: Final = 2**62


class Free(NamedTuple):
    """So much of each machine and of each card."""

    cpu: Whole
    memory: Whole
    disk: Whole
    cards: Whole


class Leavers:
    """Spot attempts that may be asked to make room, kept up to date attempt by attempt."""

    def __init__(self, table: OfferTable) -> None:
        self._table = table
        self._on: dict[int, dict[UUID, Evictable]] = {}
        self._least: Whole = np.full(len(table), _NOBODY, np.int64)
        self._held = Free(
            cpu=np.zeros(len(table), np.int64),
            memory=np.zeros(len(table), np.int64),
            disk=np.zeros(len(table), np.int64),
            cards=np.zeros(len(table.card_row), np.int64),
        )

    def __iter__(self) -> Iterator[int]:
        """The rows where there is somebody."""
        return iter(self._on)

    def on(self, row: int) -> Collection[Evictable]:
        """Those on a machine."""
        there = self._on.get(row)
        return () if there is None else there.values()

    def least(self, row: int) -> int:
        """The least that anybody there pays, QU per hour."""
        return int(self._least[row])

    def add(self, row: int, one: Evictable) -> None:
        """One may be asked now."""
        there = self._on.setdefault(row, {})
        there[one.attempt_id] = one
        self._count(row, one, sign=1)
        self._least[row] = min(self._least[row], one.price_per_hour)

    def remove(self, row: int, attempt_id: UUID) -> None:
        """One may not be asked any more, if it was among them."""
        there = self._on.get(row, {})
        one = there.pop(attempt_id, None)
        if one is None:
            return
        self._count(row, one, sign=-1)
        self._least[row] = min((other.price_per_hour for other in there.values()), default=_NOBODY)
        if not there:
            del self._on[row]

    def promising(self, matching: Matching, room: Room, released: Free) -> list[int]:
        """The rows where a request might have room if all of them left: those first where somebody pays least.

        Nowhere else does it help to ask anybody.

        Args:
            matching: the request.
            room: what is free now.
            released: what will have become free by itself, maybe of some of them too.
        """
        request, held = matching.request, self._held
        might: Mask = (self._least != _NOBODY) & (matching.place != NOWHERE)
        might &= room.cpu + released.cpu + held.cpu >= request.cpu_cores
        might &= room.memory + released.memory + held.memory >= request.memory_mib
        might &= room.disk + released.disk + held.disk >= request.disk_mib
        if request.gpu_count:
            usable = matching.cards & (room.cards + released.cards + held.cards >= request.gpu_share_milli)
            might &= self._table.cards_per_row(usable) >= request.gpu_count
        rows = np.flatnonzero(might)
        found: list[int] = rows[np.argsort(self._least[rows], kind="stable")].tolist()
        return found

    def _count(self, row: int, one: Evictable, *, sign: int) -> None:
        self._held.cpu[row] += sign * one.amount.cpu
        self._held.memory[row] += sign * one.amount.memory
        self._held.disk[row] += sign * one.amount.disk
        for card, milli in one.amount.cards.items():
            self._held.cards[card] += sign * milli
