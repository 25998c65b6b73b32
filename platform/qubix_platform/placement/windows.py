"""Machines whose time is reserved: what that leaves to whom.

A machine with a window is closed to everybody but the holder for jobs that could still run when it begins, by their
time limit. Within the window the holder's jobs that end with it, by their limit, are paid for already: the machine
costs nothing and comes first. Beyond that it is a machine like others to the holder.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple
from uuid import UUID

from qubix_platform.placement.model import ReservedWindow
from qubix_platform.placement.offers import OfferTable, microseconds


class Term(NamedTuple):
    """What windows mean to a job: the rows that are closed to it, and those that are paid for.

    `apart` are rows that others close to it which it is kept apart from; see `anti_affinity`.
    """

    closed: frozenset[int] = frozenset()
    prepaid: frozenset[int] = frozenset()
    apart: frozenset[int] = frozenset()


OPEN: Final = Term()


class Windows:
    """The reserved windows of a market.

    Args:
        table: the machines.
        reserved: windows that are not over.
        at: the instant of the decision, microseconds since 1970.
    """

    def __init__(self, table: OfferTable, reserved: Iterable[ReservedWindow], *, at: int) -> None:
        self._at = at
        self._of_row: defaultdict[int, list[_Window]] = defaultdict(list)
        for window in reserved:
            row = table.row_of.get(window.provider_id)
            if row is not None:
                begin, end = microseconds(window.starts_at), microseconds(window.ends_at)
                self._of_row[row].append(_Window(window.user_id, begin, end))
        self.rows: Final = frozenset(self._of_row)
        """The rows that have a window."""

    def term(self, user_id: UUID, *, end: int) -> Term:
        """What they mean to a job of a user that begins now and has to end by `end`."""
        if not self._of_row:
            return OPEN
        return Term(
            closed=frozenset(row for row in self._of_row if not self.is_open(row, user_id, begin=self._at, end=end)),
            prepaid=frozenset(row for row, windows in self._of_row.items() if self._pays(windows, user_id, end)),
        )

    def is_open(self, row: int, user_id: UUID, *, begin: int, end: int) -> bool:
        """Whether a machine is nobody else's at any time between these."""
        return not any(
            window.user_id != user_id and window.begin < end and begin < window.end
            for window in self._of_row.get(row, ())
        )

    def _pays(self, windows: list["_Window"], user_id: UUID, end: int) -> bool:
        return any(each.user_id == user_id and each.begin <= self._at and end <= each.end for each in windows)


class _Window(NamedTuple):
    """Whose, from when and until when, microseconds since 1970."""

    user_id: UUID
    begin: int
    end: int
