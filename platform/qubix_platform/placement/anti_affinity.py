"""Jobs that are kept apart: where those of a group stand, and which machines that leaves to the others of it.

What two jobs of a group may not share is what either of them says: a machine in any case, its owner where one of them
says so, its site where one of them does.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from uuid import UUID

import numpy as np

from qubix.schemas.states import AffinityScope
from qubix_platform.placement.model import AntiAffinity
from qubix_platform.placement.offers import Mask, OfferTable


class _Stand(NamedTuple):
    """A job on a machine, a row of the table, and what it shares with no other of its group."""

    row: int
    scope: AffinityScope


class KeptApart:
    """Where the jobs of each user and group stand."""

    def __init__(self) -> None:
        self._stands: defaultdict[tuple[UUID, str], Counter[_Stand]] = defaultdict(Counter)

    def add(self, user_id: UUID, asked: AntiAffinity, *, row: int) -> None:
        """Take in that a job, or a worker of it, stands on a machine."""
        self._stands[user_id, asked.group][_Stand(row, asked.scope)] += 1

    def remove(self, user_id: UUID, asked: AntiAffinity, *, row: int) -> None:
        """Take in that it stands there no more."""
        known, stand = self._stands[user_id, asked.group], _Stand(row, asked.scope)
        known[stand] -= 1
        if not known[stand]:
            del known[stand]

    def of(self, user_id: UUID, group: str) -> Iterator[_Stand]:
        """Where the jobs of a user's group stand."""
        return iter(self._stands.get((user_id, group), ()))


def closed_rows(table: OfferTable, asked: AntiAffinity, stands: Iterable[_Stand]) -> frozenset[int]:
    """The rows that are closed to one more job of the group.

    Where jobs may not share a site, a machine of which nobody knows where it stands is closed to all of them: it might
    be at the site of another one, and whoever came to stand there would leave no place to those who follow.
    """
    closed: Mask = np.zeros(len(table), bool)
    if asked.scope is AffinityScope.SITE:
        closed |= ~table.has_site
    for stand in stands:
        scopes = {stand.scope, asked.scope}
        closed[stand.row] = True
        if AffinityScope.OWNER in scopes:
            closed |= table.owner == table.owner[stand.row]
        if AffinityScope.SITE in scopes:
            closed |= (table.site == table.site[stand.row]) | ~table.has_site | (not table.has_site[stand.row])
    return frozenset(np.flatnonzero(closed).tolist())
