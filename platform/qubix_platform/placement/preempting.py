"""Who has to make room for a job that pays the list price: the cheapest sufficient set of spot attempts on one machine.

An attempt may be asked to where it pays less than the list price of what it holds. Of the sets that free enough on some
machine the one is taken whose attempts pay least in sum, of these the one with the fewest, then the machine that comes
first for the job, then the attempts by their ids. Up to `EXACT` attempts on a machine every set is looked at; of more
the cheapest are gathered until they suffice, and those left out again, the dearest first, without which the rest does.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final
from uuid import UUID

from qubix_platform.placement.amounts import Amount
from qubix_platform.placement.model import Running
from qubix_platform.placement.offers import OfferTable
from qubix_platform.pricing.rates import hourly_price
from qubix_platform.pricing.rules import is_outbid

EXACT: Final = 10
_EXACT_OF_MANY: Final = 6
"""Up to so many attempts on each machine where several machines are looked at together."""

Cost = tuple[int, int]
"""QU per hour that a set of attempts pays, and how many they are."""


@dataclass(frozen=True, kw_only=True)
class Evictable:
    """A spot attempt that may be asked to make room, what it pays per hour and what it holds."""

    attempt_id: UUID
    price_per_hour: int
    amount: Amount


def evictable(attempt: Running, amount: Amount, *, row: int, table: OfferTable) -> Evictable | None:
    """The attempt as one that may be asked to make room; none where it may not, or was asked already."""
    if not attempt.is_spot or attempt.noticed_at is not None:
        return None
    list_price = hourly_price(
        price_per_hour=int(table.price[row]),
        gpu_count=1 if attempt.shares else 0,
        share_milli=sum(milli for _, milli in attempt.shares),
    )
    if not is_outbid(price=attempt.price_per_hour, by=list_price):
        return None
    return Evictable(attempt_id=attempt.attempt_id, price_per_hour=attempt.price_per_hour, amount=amount)


def cost(chosen: Sequence[Evictable]) -> Cost:
    """What is lost by a set, for comparisons."""
    return sum(each.price_per_hour for each in chosen), len(chosen)


def cheapest_sufficient(
    attempts: Sequence[Evictable], is_enough: Callable[[Amount], bool]
) -> tuple[Evictable, ...] | None:
    """The cheapest of the sets that free enough, none where all of them do not.

    Args:
        attempts: on one machine.
        is_enough: whether the job fits once so much is freed; whatever is freed in addition never makes it fit less.
    """
    in_order = sorted(attempts, key=lambda each: (each.price_per_hour, each.attempt_id))
    if not in_order or not is_enough(_freed(in_order)):
        return None
    if len(in_order) > EXACT:
        return _thinned(in_order, is_enough)
    return next(chosen for chosen in sorted(_sets(in_order), key=cost) if is_enough(_freed(chosen)))


def cheapest_for_each(
    attempts: Sequence[Evictable], gained: Callable[[Amount], int], *, most: int
) -> dict[int, tuple[Evictable, ...]]:
    """The cheapest set for each number of workers that it makes room for on one machine, up to `most`.

    Args:
        attempts: on the machine.
        gained: for how many workers there is room once so much is freed, beyond those that have it anyway.
        most: so many workers are enough.
    """
    in_order = sorted(attempts, key=lambda each: (each.price_per_hour, each.attempt_id))
    if len(in_order) <= _EXACT_OF_MANY:
        sets = [(gained(_freed(chosen)), chosen) for chosen in sorted(_sets(in_order), key=cost)]
        reachable = max(workers for workers, _ in sets)
        return {
            count: next(chosen for workers, chosen in sets if workers >= count)
            for count in range(1, min(most, reachable) + 1)
        }
    reachable = min(most, gained(_freed(in_order)))
    return {
        count: _thinned(in_order, lambda freed, count=count: gained(freed) >= count)  # type: ignore[misc]  # bound now
        for count in range(1, reachable + 1)
    }


def _sets(attempts: Sequence[Evictable]) -> Iterator[tuple[Evictable, ...]]:
    for count in range(1, len(attempts) + 1):
        yield from combinations(attempts, count)


def _thinned(in_order: Sequence[Evictable], is_enough: Callable[[Amount], bool]) -> tuple[Evictable, ...]:
    count = next(count for count in range(1, len(in_order) + 1) if is_enough(_freed(in_order[:count])))
    chosen = list(in_order[:count])
    for each in reversed(in_order[:count]):
        rest = [other for other in chosen if other is not each]
        if rest and is_enough(_freed(rest)):
            chosen = rest
    return tuple(chosen)


def _freed(chosen: Sequence[Evictable]) -> Amount:
    return sum((each.amount for each in chosen), Amount())
