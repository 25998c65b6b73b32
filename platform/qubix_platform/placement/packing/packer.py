"""The state of a pass as the kernels want it."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from qubix_platform.placement import compiling
from qubix_platform.placement.matching import Matching, Room
from qubix_platform.placement.mix import Expected
from qubix_platform.placement.offers import OfferTable
from qubix_platform.placement.packing import kernels
from qubix_platform.placement.packing.kernels import NOWHERE, Ask, Market, News, Ranking
from qubix_platform.placement.packing.outlook import outlook

_NONE: Final = np.zeros(0, np.int64)
_ROOM_FOR_CHANGES: Final = 1024
_MOST_CHANGES: Final = 65_536


class Packer:
    """Places requests one after the other, and remembers how the machines rate for each.

    Args:
        table: the machines.
        room: what is free of them; placements are taken from it.
        mix: the requests to come.
    """

    def __init__(self, table: OfferTable, room: Room, mix: tuple[Expected, ...]) -> None:
        if len(table) >= compiling.MANY_MACHINES:
            compiling.use_compiler()
        self._outlook, kind = outlook(mix, table)
        self._market = Market(
            cpu=room.cpu,
            memory=room.memory,
            disk=room.disk,
            cards=room.cards,
            first=np.append(table.first_card, len(table.card_row)),
            kind=kind,
            fragmentation=np.zeros(len(table)),
        )
        self._changes = np.zeros(_ROOM_FOR_CHANGES, np.int64)  # rows, in the order of their changes
        self._changed = 0  # of these are in use
        self._rankings: dict[Matching, tuple[Ask, Ranking]] = {}
        self._seen: dict[Matching, int] = {}
        kernels.measure(np.arange(len(table)), self._market, self._outlook.demand)

    def place(self, matching: Matching, *, tried: Sequence[int] = ()) -> tuple[int, list[int]] | None:
        """Take room for a request.

        Args:
            matching: the request, with the machines that fit it in their order; the same object each time.
            tried: rows that come last.

        Returns:
            The row of the machine and its cards, or nothing where no machine has room.
        """
        known = self._rankings.get(matching)
        if known is None:
            known = self._rankings[matching] = self._ranked(matching)
        ask, ranking = known
        seen = self._seen.get(matching)
        changed = ranking.rows if seen is None else self._changes[seen : self._changed]
        news = News(changed, np.array(tried, np.int64) if tried else _NONE)
        self._seen[matching] = self._changed
        row, cards = kernels.place(ask, ranking, self._market, self._outlook, news)
        if row == NOWHERE:
            return None
        self._remember(row)
        return row, cards.tolist()

    def note(self, rows: Sequence[int]) -> None:
        """Take in that room of machines was taken, or given back, otherwise."""
        kernels.measure(np.array(rows, np.int64), self._market, self._outlook.demand)
        for row in rows:
            self._remember(row)

    def _ranked(self, matching: Matching) -> tuple[Ask, Ranking]:
        request, count = matching.request, len(matching.rows)
        ask = Ask(
            cpu=request.cpu_cores,
            memory=request.memory_mib,
            disk=request.disk_mib,
            gpus=request.gpu_count,
            share=request.gpu_share_milli,
            cards=matching.cards,
        )
        return ask, Ranking(
            rows=matching.rows,
            tiers=matching.tiers,
            place=matching.place,
            rating=np.zeros(count),
            card=np.full(count, NOWHERE, np.int64),
            stale=np.zeros(count, bool),
        )

    def _remember(self, row: int) -> None:
        if self._changed == _MOST_CHANGES:  # to rate all machines anew is cheaper by now
            self._rankings.clear()
            self._seen.clear()
            self._changed = 0
        if self._changed == len(self._changes):
            self._changes = np.append(self._changes, np.zeros_like(self._changes))
        self._changes[self._changed] = row
        self._changed += 1
