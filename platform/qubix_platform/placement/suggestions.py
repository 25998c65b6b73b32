"""The smallest changes of a request that would let it run, found offer by offer.

For each offer that takes work at all it is worked out which of the request's conditions stand in the way there, with
what is free now. The fewest conditions win, of equally many those that hurt least to give up, then the order in which
offers are tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qubix.schemas.resources import WHOLE_GPU_MILLI
from qubix_platform.placement.matching import Matching, Room, match
from qubix_platform.placement.model import Policy, Request
from qubix_platform.placement.offers import OfferTable
from qubix_platform.placement.shortfalls import Shortfall, shortfalls
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


def suggest(matching: Matching, room: Room, *, at: int, policy: Policy) -> tuple[Suggestion, ...]:
    """Changes that let the request run now, the smallest first; where there are none, changes with which it would fit.

    A request that fits offers which are busy is only helped by a change that lets it run now.
    """
    now = _suggestions(matching, room, at=at, policy=policy)
    if now or len(matching.rows):
        return now
    return _suggestions(matching, _empty(matching.table), at=at, policy=policy, free=room)


def _suggestions(
    matching: Matching, room: Room, *, at: int, policy: Policy, free: Room | None = None
) -> tuple[Suggestion, ...]:
    request, table = matching.request, matching.table
    order = table.order(policy.order_for(request), sparing_gpus=request.gpu_count == 0).rows
    found: list[Suggestion] = []
    for shortfall in _distinct(shortfalls(matching, room, order=order, at=at)):
        changed = tighten(request, _choice(table, request, room, shortfall), shortfall.conditions)
        checked = match(table, changed, at=at, policy=policy, term=matching.term)
        found.append(
            Suggestion(
                request=changed,
                changes=tuple(describe(condition, request, changed) for condition in shortfall.conditions),
                fitting=len(checked.rows),
                free=len(checked.free_rows(free or room)),
            )
        )
    return tuple(found)


def _distinct(found: Sequence[Shortfall]) -> list[Shortfall]:
    """The best of all, then the best that does without one of its conditions, and so on."""
    chosen: list[Shortfall] = []
    for shortfall in sorted(found, key=lambda one: one.pain):
        if len(chosen) < MOST and not any(set(one.conditions) <= set(shortfall.conditions) for one in chosen):
            chosen.append(shortfall)
    return chosen


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
    )


def _empty(table: OfferTable) -> Room:
    """The market as if nothing were taken of it."""
    room = Room(table)
    room.cpu[:] = table.cpu
    room.memory[:] = table.memory
    room.cards[:] = np.full(len(table.card_row), WHOLE_GPU_MILLI)
    return room
