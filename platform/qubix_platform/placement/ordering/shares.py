"""Who has how much of the market: the dominant resource, with decay (DRF, NSDI'11, over a past that fades).

A *kind* is a resource that is counted by itself: each model of GPU (in thousandths of a card), processor cores, memory
and disk in MiB. What a user has of a kind is what their attempts hold now, plus what they held on average in the past,
where an hour counts half as much as one a half-life later. Their *share* is the greatest part of any kind that they
have so, over their weight: who used the only two H100 of a market for a day stands behind who used ten of a thousand
RTX 4090.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from qubix.schemas.resources import WHOLE_GPU_MILLI
from qubix_platform.placement.gpu_names import model_key
from qubix_platform.placement.model import Consumer, Held, Request, Running
from qubix_platform.placement.offers import OfferTable
from qubix_platform.placement.ordering.policy import ORDINARY_WEIGHT

CPU: Final = "cpu"
MEMORY: Final = "memory"
DISK: Final = "disk"
_GPU: Final = "gpu:"


def gpu_kind(model: str) -> str:
    """The kind of a card, by its model's name."""
    return _GPU + model_key(model)


def held_by(request: Request, models: Iterable[str]) -> list[Held]:
    """What a request takes of a machine, on cards of these models."""
    return [
        Held(kind=CPU, amount=request.cpu_cores),
        Held(kind=MEMORY, amount=request.memory_mib),
        Held(kind=DISK, amount=request.disk_mib),
        *(Held(kind=gpu_kind(model), amount=request.gpu_share_milli) for model in models),
    ]


def held_by_attempt(attempt: Running, models: Mapping[int, str]) -> list[Held]:
    """What an attempt takes; cards whose model is not among `models`, by the card's id, do not count."""
    return [
        Held(kind=CPU, amount=attempt.cpu_cores),
        Held(kind=MEMORY, amount=attempt.memory_mib),
        Held(kind=DISK, amount=attempt.disk_mib),
        *(Held(kind=gpu_kind(models[gpu_id]), amount=milli) for gpu_id, milli in attempt.shares if gpu_id in models),
    ]


def capacity_of(table: OfferTable) -> dict[str, int]:
    """How much of each kind the market has, taken or not."""
    gpus = {_GPU + key: count * WHOLE_GPU_MILLI for key, count in table.cards_of_models().items()}
    return {CPU: int(table.cpu.sum()), MEMORY: int(table.memory.sum()), DISK: int(table.disk.sum())} | gpus


def averaged(*, begin: datetime, end: datetime, now: datetime, half_life_s: int) -> float:
    """How much of one unit that was held from `begin` to `end` counts at `now`: 1 where it was held for ever.

    The sum over stretches is the sum of their figures, however a stretch is cut.
    """
    return _faded(now, end, half_life_s) - _faded(now, begin, half_life_s)


def _faded(now: datetime, at: datetime, half_life_s: int) -> float:
    return math.exp2(-max(0.0, (now - at).total_seconds()) / half_life_s)


@dataclass
class Account:
    """What one user has while a pass goes on.

    Attributes:
        weight: of the user, a hundred for an ordinary one.
        past: what they had on average, by kind.
        holds: what they hold now, by kind: whole numbers, which add up to the same in any order.
    """

    weight: int = ORDINARY_WEIGHT
    past: Mapping[str, float] = field(default_factory=dict)
    holds: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, consumer: Consumer | None, *, holds: Mapping[str, int]) -> "Account":
        """What a user comes into the pass with; nothing but what they hold is known of who is no consumer."""
        if consumer is None:
            return cls(holds=Counter(holds))
        return cls(weight=consumer.weight, past=dict(consumer.past), holds=Counter(holds))

    @property
    def gpu_milli(self) -> int:
        """GPUs held now, of any model, in thousandths."""
        return sum(amount for kind, amount in self.holds.items() if kind.startswith(_GPU))

    def add(self, taken: Iterable[Held]) -> None:
        """Count what was given to the user."""
        for each in taken:
            self.holds[each.kind] += each.amount

    def share(self, capacity: Mapping[str, int], kinds: Iterable[str] | None = None) -> float:
        """The dominant share, 1 for the whole of some kind; kinds that the market has none of do not count.

        Args:
            capacity: of the market, by kind.
            kinds: to look at these alone.
        """
        past, holds = self.past, self.holds
        most = 0.0
        for kind in {*past, *holds} if kinds is None else kinds:
            if (whole := capacity.get(kind, 0)) > 0:
                most = max(most, (past.get(kind, 0.0) + holds.get(kind, 0)) / whole)
        return most * ORDINARY_WEIGHT / self.weight
