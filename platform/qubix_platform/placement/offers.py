"""The candidates as NumPy columns, one row a machine and one entry a card, to hold a job against all at once."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Final, NamedTuple
from uuid import UUID

import numpy as np
import numpy.typing as npt

from qubix.schemas.resources import WHOLE_GPU_MILLI
from qubix.schemas.states import IsolationLevel, ProviderStatus, ProviderType, Trust
from qubix_platform.placement.gpu_names import model_key
from qubix_platform.placement.model import Candidate, GpuState, OfferOrder

Mask = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER: Final = -1
MICROSECONDS: Final = 1_000_000
"""In a second."""
UNKNOWN_CAPABILITY: Final = -1
_TAKEN: Final = frozenset({"allocated_cpu", "allocated_memory_mib", "allocated_disk_mib", "gpus"})
_LASTING: Final = attrgetter(*(each.name for each in fields(Candidate) if each.name not in _TAKEN))
_LASTING_OF_CARD: Final = attrgetter(*(each.name for each in fields(GpuState) if each.name != "allocated_milli"))
_LEAST_TFLOPS: Final = 1e-6
"""Less was not measured, whatever the database says."""


@dataclass(frozen=True)
class Order:
    """Machines in the order in which they are tried; where `tiers` are equal, one is as good as the other."""

    rows: Whole
    tiers: Whole


def microseconds(at: datetime) -> int:
    """An instant as a whole number that compares exactly."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def capability_number(capability: tuple[int, int] | None) -> int:
    """A compute capability as one number that compares; below all others where it is unknown."""
    return UNKNOWN_CAPABILITY if capability is None else capability[0] * 100 + capability[1]


class OfferTable:
    """Candidates as columns. `rows[i]` describes `candidates[i]`; the cards of a machine stand together, by index."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        count = len(candidates)
        self.candidates = list(candidates)
        self.row_of: dict[UUID, int] = {candidate.provider_id: row for row, candidate in enumerate(candidates)}
        self.row_of_worker: dict[str, int] = {candidate.worker_id: row for row, candidate in enumerate(candidates)}
        self.offline: Mask = np.zeros(count, bool)
        self.draining: Mask = np.zeros(count, bool)
        self.paused: Mask = np.zeros(count, bool)
        self.unreachable: Mask = np.zeros(count, bool)
        self.browser: Mask = np.zeros(count, bool)
        self.member: Mask = np.zeros(count, bool)
        self.shunned_until: Whole = np.zeros(count, np.int64)
        self.price: Whole = np.zeros(count, np.int64)
        self.cpu: Whole = np.zeros(count, np.int64)
        self.memory: Whole = np.zeros(count, np.int64)
        self.disk: Whole = np.zeros(count, np.int64)
        self.free_cpu: Whole = np.zeros(count, np.int64)
        self.free_memory: Whole = np.zeros(count, np.int64)
        self.free_disk: Whole = np.zeros(count, np.int64)
        self.isolation: Whole = np.zeros(count, np.int64)
        self.interconnect: Whole = np.zeros(count, np.int64)
        self.location: Whole = np.zeros(count, np.int64)
        self.owner: Whole = np.zeros(count, np.int64)
        self.site: Whole = np.zeros(count, np.int64)
        self.has_site: Mask = np.zeros(count, bool)
        self.reliability: npt.NDArray[np.float64] = np.zeros(count, np.float64)
        self.tflops: npt.NDArray[np.float64] = np.zeros(count, np.float64)
        self._locations: dict[str, int] = {}
        self._owners: dict[UUID, int] = {}
        self._sites: dict[str, int] = {}
        self._models: dict[str, int] = {}
        self._orders: dict[OfferOrder, tuple[Order, Order]] = {}
        self._owners_of_unsandboxed: tuple[int, frozenset[UUID]] | None = None
        self.facts = 0
        """How often anything of a machine has changed but what is taken of it."""
        for row in range(count):
            self._describe(row)
        self._lay_out_cards()

    def __len__(self) -> int:
        return len(self.candidates)

    def replace(self, candidate: Candidate) -> bool:
        """Take in a candidate that changed, in place.

        Returns:
            False where the table cannot: the machine is new, has another worker id, or has other cards than before.
        """
        row = self.row_of.get(candidate.provider_id)
        if row is None:
            return False
        old = self.candidates[row]
        if old.worker_id != candidate.worker_id or len(old.gpus) != len(candidate.gpus):
            return False
        self.candidates[row] = candidate
        if _idle(old) != _idle(candidate):
            self.facts += 1
        if _ordered_by(old) != _ordered_by(candidate):
            self._orders.clear()
        self._describe(row)
        first = int(self.first_card[row])
        for card, gpu in enumerate(_by_index(candidate.gpus), start=first):
            self._describe_card(card, gpu)
        return True

    def has_unsandboxed(self, user_id: UUID) -> bool:
        """Whether a user has a machine without a sandbox, where only their own jobs run."""
        return user_id in self._unsandboxed()

    def order(self, order: OfferOrder, *, sparing_gpus: bool) -> Order:
        """The rows in the order in which they are tried; with `sparing_gpus` machines without a GPU come first."""
        if order not in self._orders:
            self._orders[order] = self._sorted(order)
        plain, sparing = self._orders[order]
        return sparing if sparing_gpus else plain

    def models_coded(self, names: Sequence[str]) -> list[int]:
        """The codes in `card_model` of GPUs with these names; names that no machine has are left out."""
        return [self._models[key] for name in names if (key := model_key(name)) in self._models]

    def cards_of(self, models: Sequence[int]) -> Mask:
        """The cards of these models, by their codes."""
        wanted: Mask = np.zeros(len(self._models), bool)
        wanted[list(models)] = True
        return wanted[self.card_model]

    def locations_coded(self, locations: Sequence[str]) -> list[int]:
        """The codes in `location` of these locations; ones where no machine stands are left out."""
        return [code for name in locations if (code := self._locations.get(name.casefold(), _NEVER)) != _NEVER]

    def owner_coded(self, user_id: UUID) -> int:
        """The code in `owner` of a user, or one that nobody has."""
        return self._owners.get(user_id, _NEVER)

    def cards_of_models(self) -> dict[str, int]:
        """How many cards of each model there are, by the model's key."""
        counts = np.bincount(self.card_model, minlength=len(self._models))
        return {key: int(counts[code]) for key, code in self._models.items()}

    def site_coded(self, site: str) -> int:
        """The code in `site` of a site, or one that no machine has."""
        return self._sites.get(site, _NEVER)

    def labelled(self, labels: Sequence[tuple[str, str]]) -> Mask:
        """The machines with all of these labels."""
        wanted = set(labels)
        return np.fromiter((wanted <= set(one.labels) for one in self.candidates), bool, len(self))

    def cards_per_row(self, cards: Mask) -> Whole:
        """How many of the chosen cards each machine has."""
        return np.bincount(self.card_row[cards], minlength=len(self))

    def _describe(self, row: int) -> None:
        candidate = self.candidates[row]
        self.offline[row] = candidate.status is ProviderStatus.OFFLINE
        self.draining[row] = candidate.status is ProviderStatus.DRAINING
        self.paused[row] = not candidate.is_available
        self.unreachable[row] = not candidate.reachable
        self.browser[row] = candidate.type is ProviderType.BROWSER
        self.member[row] = candidate.trust is Trust.MEMBER
        self.shunned_until[row] = microseconds(candidate.shunned_until) if candidate.shunned_until else _NEVER
        self.price[row] = candidate.price_per_hour
        self.cpu[row] = candidate.cpu_cores
        self.memory[row] = candidate.ram_mib
        self.disk[row] = candidate.disk_mib
        self.free_cpu[row] = candidate.cpu_cores - candidate.allocated_cpu
        self.free_memory[row] = candidate.ram_mib - candidate.allocated_memory_mib
        self.free_disk[row] = candidate.disk_mib - candidate.allocated_disk_mib
        self.isolation[row] = candidate.isolation_level.rank
        self.interconnect[row] = 0 if candidate.interconnect is None else candidate.interconnect.rank
        self.location[row] = self._location_code(candidate.location)
        self.owner[row] = self._owners.setdefault(candidate.user_id, len(self._owners))
        self.has_site[row] = candidate.site is not None
        self.site[row] = self._sites.setdefault(candidate.site or "", len(self._sites))
        self.reliability[row] = candidate.reliability
        # Of a machine that was never measured nothing is known: it is given the chance.
        self.tflops[row] = np.inf if candidate.fp32_tflops is None else candidate.fp32_tflops

    def _unsandboxed(self) -> frozenset[UUID]:
        if self._owners_of_unsandboxed is None or self._owners_of_unsandboxed[0] != self.facts:
            found = frozenset(
                one.user_id for one in self.candidates if one.isolation_level.rank <= IsolationLevel.NONE.rank
            )
            self._owners_of_unsandboxed = self.facts, found
        return self._owners_of_unsandboxed[1]

    def _location_code(self, location: str | None) -> int:
        return _NEVER if location is None else self._locations.setdefault(location.casefold(), len(self._locations))

    def _lay_out_cards(self) -> None:
        cards = [(row, gpu) for row, c in enumerate(self.candidates) for gpu in _by_index(c.gpus)]
        count = len(cards)
        self.card_row: Whole = np.fromiter((row for row, _ in cards), np.int64, count)
        self.first_card: Whole = np.searchsorted(self.card_row, np.arange(len(self)))
        self.card_model: Whole = np.zeros(count, np.int64)
        self.card_vram: Whole = np.zeros(count, np.int64)
        self.card_capability: Whole = np.zeros(count, np.int64)
        self.card_free: Whole = np.zeros(count, np.int64)
        self.card_gpu: list[GpuState] = [gpu for _, gpu in cards]
        for card, (_, gpu) in enumerate(cards):
            self._describe_card(card, gpu)

    def _describe_card(self, card: int, gpu: GpuState) -> None:
        self.card_gpu[card] = gpu
        self.card_model[card] = self._models.setdefault(model_key(gpu.model), len(self._models))
        self.card_vram[card] = gpu.vram_mib
        self.card_capability[card] = capability_number(gpu.compute_capability)
        self.card_free[card] = WHOLE_GPU_MILLI - gpu.allocated_milli

    def _sorted(self, order: OfferOrder) -> tuple[Order, Order]:
        standings = [_standing(candidate, order) for candidate in self.candidates]
        plain = sorted(range(len(self)), key=standings.__getitem__)
        sparing = sorted(plain, key=lambda row: bool(self.candidates[row].gpus))
        return _tiered(plain, [standings[row].worth for row in plain]), _tiered(
            sparing, [(bool(self.candidates[row].gpus), standings[row].worth) for row in sparing]
        )


class _Standing(NamedTuple):
    """Where a machine stands in an order. Of machines of equal worth those with fewer cards are tried first, so that
    large ones are kept whole for who needs several."""

    worth: int | str | tuple[bool, float]
    cards: int
    provider_id: UUID


def _standing(candidate: Candidate, order: OfferOrder) -> _Standing:
    cards = len(candidate.gpus)
    match order:
        case OfferOrder.PRICE:
            return _Standing(candidate.price_per_hour, cards, candidate.provider_id)
        case OfferOrder.START:
            is_asked_for = candidate.type is not ProviderType.RAY
            return _Standing((is_asked_for, candidate.price_per_hour), cards, candidate.provider_id)
        case OfferOrder.VALUE:
            return _Standing(_price_for_performance(candidate), cards, candidate.provider_id)
        case OfferOrder.NAME:
            return _Standing(candidate.worker_id, 0, candidate.provider_id)


def _price_for_performance(candidate: Candidate) -> tuple[bool, float]:
    if candidate.fp32_tflops is None or candidate.fp32_tflops < _LEAST_TFLOPS:
        return True, candidate.price_per_hour
    return False, candidate.price_per_hour / candidate.fp32_tflops


def _idle(candidate: Candidate) -> tuple[object, ...]:
    """All of a machine but what is taken of it."""
    return tuple(map(_LASTING_OF_CARD, candidate.gpus)), _LASTING(candidate)


def _ordered_by(candidate: Candidate) -> tuple[object, ...]:
    """What decides where a machine stands in any order, but for its names."""
    return candidate.price_per_hour, candidate.fp32_tflops, candidate.type, bool(candidate.gpus)


def _tiered(rows: list[int], worths: Sequence[object]) -> Order:
    tiers = [int(place > 0 and worth != worths[place - 1]) for place, worth in enumerate(worths)]
    return Order(np.array(rows, np.int64), np.cumsum(np.array(tiers, np.int64)))


def _by_index(gpus: Sequence[GpuState]) -> list[GpuState]:
    return sorted(gpus, key=lambda gpu: (gpu.index, gpu.id))
