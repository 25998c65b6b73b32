"""The smallest changes of a request that would let it run, found offer by offer.

For each offer that takes work at all it is worked out which of the request's conditions stand in the way there, with
what is free now. The fewest conditions win, of equally many those that hurt least to give up, then the order in which
offers are tried.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from qubix.schemas.resources import WHOLE_GPU_MILLI
from qubix_platform.placement.matching import Matching, Room, match
from qubix_platform.placement.model import Policy, Request
from qubix_platform.placement.offers import OfferTable
from qubix_platform.placement.shortfalls import Shortfall, Shortfalls
from qubix_platform.placement.tightening import Choice, describe, tighten

MOST = 3
"""Suggestions for one request, each over other conditions."""


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A changed request that fits `fitting` offers, of which `free` could take it now."""

    request: Request
    changes: tuple[str, ...]
    fitting: int
    free: int

    @property
    def text(self) -> str:
        """The suggestion as a sentence: "raise maxPrice by 150 to 450 QU per hour: 3 offers would take it now"."""
        count = self.free or self.fitting
        offers = "1 offer" if count == 1 else f"{count:,} offers"
        changes = " and ".join(filter(None, (", ".join(self.changes[:-1]), self.changes[-1])))
        return f"{changes}: {offers} would {'take it now' if self.free else 'fit, though busy now'}"


@dataclass(frozen=True, kw_only=True)
class Change:
    """A changed request with which an offer, the row of which it is, would do."""

    request: Request
    changes: tuple[str, ...]
    row: int

    def suggestion(self, *, fitting: int, free: int) -> Suggestion:
        """The change, once it is known on how many offers it fits and how many of them are free."""
        return Suggestion(request=self.request, changes=self.changes, fitting=fitting, free=free)


def suggest(matching: Matching, room: Room, *, at: int, policy: Policy) -> tuple[Suggestion, ...]:
    """Changes that let the request run now, the smallest first; where there are none, changes with which it would fit.

    A request that fits offers which are busy is only helped by a change that lets it run now.
    """
    now = _suggestions(matching, room, at=at, policy=policy, free=room)
    if now or len(matching.rows):
        return now
    return _suggestions(matching, idle(matching.table), at=at, policy=policy, free=room)


def shortfalls(matching: Matching, *, at: int, policy: Policy) -> Shortfalls:
    """What a request falls short of, not counted yet on any offer."""
    request = matching.request
    order = matching.table.order(policy.order_for(request), sparing_gpus=request.gpu_count == 0).rows
    return Shortfalls(matching, order=order, at=at)


def changed(matching: Matching, found: Iterable[Shortfall], room: Room) -> list[Change]:
    """The request changed as little as it takes for each of the shortfalls."""
    request = matching.request
    changes = []
    for shortfall in found:
        after = tighten(request, _choice(matching.table, request, room, shortfall), shortfall.conditions)
        said = tuple(describe(condition, request, after) for condition in shortfall.conditions)
        changes.append(Change(request=after, changes=said, row=shortfall.row))
    return changes


def idle(table: OfferTable) -> Room:
    """The market as if nothing were taken of it."""
    room = Room(table)
    room.cpu[:] = table.cpu
    room.memory[:] = table.memory
    room.disk[:] = table.disk
    room.cards[:] = np.full(len(table.card_row), WHOLE_GPU_MILLI)
    return room


def _suggestions(matching: Matching, room: Room, *, at: int, policy: Policy, free: Room) -> tuple[Suggestion, ...]:
    table = matching.table
    standing = shortfalls(matching, at=at, policy=policy)
    standing.renew(np.arange(len(table)), room)
    found = []
    for change in changed(matching, standing.least(MOST, is_gang=False), room):
        checked = match(table, change.request, at=at, policy=policy, term=matching.term)
        found.append(change.suggestion(fitting=len(checked.rows), free=len(checked.free_rows(free))))
    return tuple(found)


def _choice(table: OfferTable, request: Request, room: Room, shortfall: Shortfall) -> Choice:
    """What the request could have of the offer: of the cards those first that are nearest to what it asks for."""
    row = shortfall.row
    first = int(table.first_card[row])
    asked = set(table.models_coded(request.gpu_models))
    cards = [
        card
        for card in range(first, first + len(table.candidates[row].gpus))
        if shortfall.cards[card] and room.cards[card] >= request.gpu_share_milli
    ]
    cards.sort(key=lambda card: (int(table.card_model[card]) not in asked, -int(table.card_vram[card]), card))
    return Choice(
        offer=table.candidates[row],
        gpus=tuple(table.card_gpu[card] for card in cards[: request.gpu_count]),
        cpu_cores=int(room.cpu[row]),
        memory_mib=int(room.memory[row]),
        disk_mib=int(room.disk[row]),
    )
