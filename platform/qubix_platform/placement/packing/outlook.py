"""The expected requests, and what they make of a market's machines, as the kernels want it."""

from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np

from qubix_platform.placement.model import Expected
from qubix_platform.placement.offers import OfferTable
from qubix_platform.placement.packing.kernels import NOWHERE, Demand, Integers, Mask, Outlook, Prices, Reals
from qubix_platform.placement.packing.prices import pattern_prices, scarcity_prices


def outlook(mix: tuple[Expected, ...], table: OfferTable) -> tuple[Outlook, Integers]:
    """The demand and the prices that it sets in this market, and the kind of each machine."""
    kind, kinds = _kinds(table)
    demand, accepts, wanted = _grouped(mix, kinds, table)
    cards = np.bincount(kind[table.card_row], minlength=len(kinds)).astype(np.int64)
    scarcity = scarcity_prices(accepts=accepts, demand=wanted, cards=cards)
    return Outlook(demand, Prices(residual=pattern_prices(mix), scarcity=scarcity)), kind


def _kinds(table: OfferTable) -> tuple[Integers, list[tuple[int, int]]]:
    """The kind of each machine, and the kinds: model and VRAM of its first card; the last kind has none."""
    has_cards = np.bincount(table.card_row, minlength=len(table)) > 0
    first = table.first_card[has_cards]
    pairs = np.stack([table.card_model[first], table.card_vram[first]], axis=1)
    found, places = np.unique(pairs, axis=0, return_inverse=True)
    kind = np.full(len(table), len(found), np.int64)
    kind[has_cards] = places.reshape(-1)
    return kind, [*((int(model), int(vram)) for model, vram in found), (NOWHERE, 0)]


def _grouped(
    mix: Sequence[Expected], kinds: Sequence[tuple[int, int]], table: OfferTable
) -> tuple[Demand, Mask, Reals]:
    """The mix for the kernels, which kind accepts which group, and the GPUs that each group asks for."""

    def group(one: Expected) -> tuple[int, int, tuple[str, ...], int]:
        return one.gpu_count, one.gpu_share_milli, one.gpu_models, one.min_vram_mib

    total = sum(one.weight for one in mix) or 1.0
    wanting = sorted((one for one in mix if one.gpu_count), key=lambda one: (group(one), one.cpu_cores))
    groups = [(key, list(members)) for key, members in groupby(wanting, key=group)]
    accepts: Mask = np.zeros((len(kinds), len(groups)), bool)
    for at, ((_, _, models, vram), _) in enumerate(groups):
        codes = set(table.models_coded(models))
        accepts[:, at] = [model != NOWHERE and (not models or model in codes) and has >= vram for model, has in kinds]
    weights = [one.weight / total for one in wanting]
    demand = Demand(
        gpus=np.array([key[0] for key, _ in groups], np.int64),
        share=np.array([key[1] for key, _ in groups], np.int64),
        kinds=_starts(accepts.sum(axis=1)),
        taken=np.nonzero(accepts)[1].astype(np.int64),
        first=_starts([len(members) for _, members in groups]),
        cpu=np.array([one.cpu_cores for one in wanting], np.int64),
        weight=np.cumsum([0.0, *weights]),
        slope=np.cumsum([0.0, *(weight / one.cpu_cores for weight, one in zip(weights, wanting, strict=True))]),
    )
    wanted = [key[0] * key[1] * sum(one.weight for one in members) for key, members in groups]
    return demand, accepts, np.array(wanted, np.float64)


def _starts(lengths: Iterable[int]) -> Integers:
    """Where each of several lists starts that stand one after the other, and where the last ends."""
    return np.cumsum([0, *lengths], dtype=np.int64)
