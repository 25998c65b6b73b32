"""So much of a machine."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Amount:
    """So much of a machine: processor cores, memory and disk in MiB, thousandths of cards by their place in a table."""

    cpu: int = 0
    memory: int = 0
    disk: int = 0
    cards: Mapping[int, int] = field(default_factory=dict)

    def __add__(self, other: "Amount") -> "Amount":
        cards = {card: self.cards.get(card, 0) + other.cards.get(card, 0) for card in {*self.cards, *other.cards}}
        return Amount(
            cpu=self.cpu + other.cpu,
            memory=self.memory + other.memory,
            disk=self.disk + other.disk,
            cards=cards,
        )

    def beyond(self, other: "Amount") -> "Amount":
        """What of this the other does not cover."""
        cards = {card: milli - other.cards.get(card, 0) for card, milli in self.cards.items()}
        return Amount(
            cpu=max(0, self.cpu - other.cpu),
            memory=max(0, self.memory - other.memory),
            disk=max(0, self.disk - other.disk),
            cards={card: milli for card, milli in cards.items() if milli > 0},
        )
