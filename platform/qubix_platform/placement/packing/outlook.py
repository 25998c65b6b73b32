"""The expected requests, and what they make of a market's machines, as the kernels want it."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final, NamedTuple

import numpy as np

from qubix.schemas.resources import WHOLE_GPU_MILLI
from qubix_platform.placement.compiling import MANY_MACHINES
from qubix_platform.placement.mix import Expected
from qubix_platform.placement.offers import OfferTable
from qubix_platform.placement.packing.kernels import Demand, Integers, Mask, Outlook, Prices, Reals
from qubix_platform.placement.packing.prices import pattern_prices, scarcity_prices

# How much of a kind's price is for what runs on few models, and how much for what runs on few machines, be it for
# their models, their number of cards or their processors.
_OF_MODELS: Final = 1.5
_OF_MACHINES: Final = 0.5


class _Kind(NamedTuple):
    """Machines that are alike when nothing of them is taken, but for their memory and disk."""

    model: int
    vram: int
    cards: int
    cpu: int


def outlook(mix: tuple[Expected, ...], table: OfferTable) -> tuple[Outlook, Integers]:
    """The demand and the prices that it sets in this market, and the kind of each machine."""
    wanted = sorted((one for one in mix if one.gpu_count), key=lambda one: (_group(one), one.cpu_cores))
    total = sum(one.weight for one in mix) or 1.0
    kind, kinds = _kinds(table)
    models = np.array([_runs_on(one, kinds, table) for one in wanted], bool).reshape(len(wanted), len(kinds)).T
    cards = np.bincount(kind[table.card_row], minlength=len(kinds)).astype(np.int64)
    found = Outlook(
        demand=_demand(wanted, total=total, accepts=models & _fits_cards(wanted, kinds)),
        prices=Prices(residual=_residual(mix, table), scarcity=_scarcity(wanted, kinds, models=models, cards=cards)),
    )
    return found, kind


def _residual(mix: tuple[Expected, ...], table: OfferTable) -> Reals:
    if len(table) < MANY_MACHINES:
        return np.zeros(WHOLE_GPU_MILLI + 1)
    return pattern_prices(mix)


def _group(one: Expected) -> tuple[int, int, tuple[str, ...], int]:
    return one.gpu_count, one.gpu_share_milli, one.gpu_models, one.min_vram_mib


def _kinds(table: OfferTable) -> tuple[Integers, list[_Kind]]:
    """The kind of each machine, by its first card, and the kinds; the last one has no card."""
    count = np.bincount(table.card_row, minlength=len(table))
    has_cards = count > 0
    first = table.first_card[has_cards]
    facts = [table.card_model[first], table.card_vram[first], count[has_cards], table.cpu[has_cards]]
    found, places = np.unique(np.stack(facts, axis=1), axis=0, return_inverse=True)
    kind = np.full(len(table), len(found), np.int64)
    kind[has_cards] = places.reshape(-1)
    return kind, [*(_Kind(*facts) for facts in found.tolist()), _Kind(model=-1, vram=-1, cards=0, cpu=0)]


def _runs_on(one: Expected, kinds: Sequence[_Kind], table: OfferTable) -> list[bool]:
    codes = set(table.models_coded(one.gpu_models))
    return [
        kind.cards > 0 and kind.vram >= one.min_vram_mib and (not one.gpu_models or kind.model in codes)
        for kind in kinds
    ]


def _fits_cards(wanted: Sequence[Expected], kinds: Sequence[_Kind]) -> Mask:
    cards = np.array([kind.cards for kind in kinds], np.int64)
    fits: Mask = cards[:, None] >= np.array([one.gpu_count for one in wanted], np.int64)
    return fits


def _demand(wanted: Sequence[Expected], *, total: float, accepts: Mask) -> Demand:
    groups = [(key, len(list(members))) for key, members in groupby(wanted, key=_group)]
    first = _starts(length for _, length in groups)
    takes = accepts[:, first[:-1]]  # all of a group run on the same kinds
    weights = [one.weight / total for one in wanted]
    return Demand(
        gpus=np.array([key[0] for key, _ in groups], np.int64),
        share=np.array([key[1] for key, _ in groups], np.int64),
        kinds=_starts(takes.sum(axis=1)),
        taken=np.nonzero(takes)[1].astype(np.int64),
        first=first,
        cpu=np.array([one.cpu_cores for one in wanted], np.int64),
        weight=np.cumsum([0.0, *weights]),
        slope=np.cumsum([0.0, *(weight / one.cpu_cores for weight, one in zip(weights, wanted, strict=True))]),
    )


def _scarcity(wanted: Sequence[Expected], kinds: Sequence[_Kind], *, models: Mask, cards: Integers) -> Reals:
    gpus = np.array([one.weight * one.gpu_count * one.gpu_share_milli for one in wanted], np.float64)
    cpu = np.array([kind.cpu for kind in kinds], np.int64)[:, None]
    fits = models & _fits_cards(wanted, kinds) & (cpu >= np.array([one.cpu_cores for one in wanted], np.int64))
    of_models = scarcity_prices(accepts=models, demand=gpus, cards=cards)
    of_machines = scarcity_prices(accepts=fits, demand=gpus, cards=cards)
    return _OF_MODELS * of_models + _OF_MACHINES * of_machines


def _starts(lengths: Iterable[int]) -> Integers:
    """Where each of several lists starts that stand one after the other, and where the last ends."""
    return np.cumsum([0, *lengths], dtype=np.int64)
