"""What somebody looks for on the market."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from qubix.schemas.states import Interconnect, IsolationLevel, ProviderType, Trust

Availability = Literal["available", "all"]


class SortKey(StrEnum):
    """What offers are ordered by. Those that lack the figure come last, whichever way the order goes."""

    PRICE = "price"
    PERFORMANCE = "performance"
    PRICE_PER_PERFORMANCE = "pricePerPerformance"
    AVAILABILITY = "availability"

    @property
    def descends(self) -> bool:
        """Whether most people want the largest first."""
        return self in _LARGEST_FIRST


_LARGEST_FIRST: Final = frozenset({SortKey.PERFORMANCE, SortKey.AVAILABILITY})


@dataclass(frozen=True, kw_only=True)
class OfferQuery:
    """Filters, order and page. A filter that is empty or None lets everything through; all that are given have to hold.

    Attributes:
        models: any of these, as people write them: "a100" is every A100, "rtx4090" the RTX 4090.
        min_vram_mib: memory of one card.
        gpu_count: so many cards of the model and memory asked for, in one machine.
        max_price: QU per hour of one card (of the machine where there is none).
        locations: any of these.
        availability: `available` leaves what can be rented now, so many free cards included.
        min_reliability: 0 to 1.
        isolation: at least this level.
        interconnect: at least this between all cards of a machine.
        trust, type, simulated, verified: exactly this.
        search: each word has to stand somewhere in name, worker id, location, processor or the cards' models.
        sort, descending: the order; `None` is the usual direction of the key. Ties go by id.
        limit, offset: the page.
    """

    models: tuple[str, ...] = ()
    min_vram_mib: int = 0
    gpu_count: int = 0
    max_price: int | None = None
    locations: tuple[str, ...] = ()
    availability: Availability = "all"
    min_reliability: float = 0
    isolation: IsolationLevel = IsolationLevel.NONE
    interconnect: Interconnect | None = None
    trust: Trust | None = None
    type: ProviderType | None = None
    simulated: bool | None = None
    verified: bool | None = None
    search: str = ""
    sort: SortKey = SortKey.PRICE
    descending: bool | None = None
    limit: int = 50
    offset: int = 0

    @property
    def direction(self) -> int:
        """1 for rising, -1 for falling."""
        descending = self.sort.descends if self.descending is None else self.descending
        return -1 if descending else 1
