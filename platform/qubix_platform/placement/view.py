"""A request held against the market: what of it the constraints look at, worked out once."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qubix_platform.placement.model import Request
from qubix_platform.placement.offers import Mask, OfferTable, Whole, capability_number
from qubix_platform.placement.windows import OPEN, Term


@dataclass(frozen=True)
class View:
    """A request held against the table at an instant (microseconds since 1970), and what windows mean to it."""

    table: OfferTable
    request: Request
    at: int
    term: Term = OPEN

    @cached_property
    def all_rows(self) -> Mask:
        """Every machine."""
        return np.ones(len(self.table), bool)

    @cached_property
    def cards_of_model(self) -> Mask:
        """Cards of one of the models asked for; all where none was named."""
        if not self.request.gpu_models:
            return np.ones(len(self.table.card_row), bool)
        return self.table.cards_of(self.table.models_coded(self.request.gpu_models))

    @cached_property
    def cards_with_vram(self) -> Mask:
        """Of these, cards with the VRAM."""
        if self.request.min_vram_mib == 0:
            return self.cards_of_model
        return self.cards_of_model & (self.table.card_vram >= self.request.min_vram_mib)

    @cached_property
    def eligible_cards(self) -> Mask:
        """Of these, cards with the compute capability: what the job may run on, taken or not."""
        if self.request.min_compute_capability is None:
            return self.cards_with_vram
        least = capability_number(self.request.min_compute_capability)
        return self.cards_with_vram & (self.table.card_capability >= least)

    @cached_property
    def count_of_model(self) -> Whole:
        """How many cards of one of the models asked for each machine has."""
        return self.table.cards_per_row(self.cards_of_model)

    def has_enough(self, cards: Mask, count: int) -> Mask:
        """Machines with at least `count` of these cards. A job without GPUs has enough anywhere."""
        if self.request.gpu_count == 0:
            return self.all_rows
        counts = self.count_of_model if cards is self.cards_of_model else self.table.cards_per_row(cards)
        enough: Mask = counts >= count
        return enough
