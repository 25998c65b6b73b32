"""What runs in a market, by machine and by user, kept up to date attempt by attempt."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from qubix_platform.placement.amounts import Amount
from qubix_platform.placement.anti_affinity import KeptApart
from qubix_platform.placement.leavers import Leavers
from qubix_platform.placement.model import Running
from qubix_platform.placement.offers import MICROSECONDS, OfferTable, microseconds
from qubix_platform.placement.ordering.shares import held_by_attempt
from qubix_platform.placement.preempting import evictable
from qubix_platform.placement.releases import Release, Releases

_NOTHING: Final[Counter[str]] = Counter()


@dataclass(frozen=True, kw_only=True, slots=True)
class _There:
    attempt: Running
    amount: Amount

    def release(self, *, at: int, notice: int) -> Release:
        """When it ends at the latest. One that is being prepared counts as if it began now."""
        began = at if self.attempt.started_at is None else microseconds(self.attempt.started_at)
        ends_at = began + self.attempt.limit_seconds * MICROSECONDS
        if self.attempt.noticed_at is not None:
            ends_at = min(ends_at, microseconds(self.attempt.noticed_at) + notice)
        return Release(at=ends_at, amount=self.amount, attempt_id=self.attempt.attempt_id)


class Occupancy:
    """What runs in the market of a table whose machines stay what they are.

    Args:
        table: the machines.
        running: what runs; of what runs elsewhere only the user is of interest.

    Attributes:
        kept_apart: where the jobs stand that are kept apart from others.
        leavers: the spot attempts that may be asked to make room.
    """

    def __init__(self, table: OfferTable, running: Iterable[Running] = ()) -> None:
        self._table = table
        self._card_of = {gpu.id: card for card, gpu in enumerate(table.card_gpu)}
        self._models = {gpu.id: gpu.model for gpu in table.card_gpu}
        self._on: defaultdict[int, dict[UUID, _There]] = defaultdict(dict)
        self._known: dict[UUID, Running] = {}
        self.kept_apart = KeptApart()
        self.leavers = Leavers(table)
        self._held: defaultdict[UUID, Counter[str]] = defaultdict(Counter)
        self._releases: Releases | None = None
        self._notice = 0
        self._stale: set[int] = set()
        for attempt in running:
            self.start(attempt)

    def start(self, attempt: Running) -> None:
        """Take in that an attempt runs, or that something about it changed."""
        self.end(attempt.attempt_id)
        self._known[attempt.attempt_id] = attempt
        self._hold(attempt, sign=1)
        row = self._table.row_of.get(attempt.provider_id)
        if row is not None:
            cards = {self._card_of[gpu_id]: milli for gpu_id, milli in attempt.shares if gpu_id in self._card_of}
            amount = Amount(cpu=attempt.cpu_cores, memory=attempt.memory_mib, disk=attempt.disk_mib, cards=cards)
            self._on[row][attempt.attempt_id] = _There(attempt=attempt, amount=amount)
            self._stale.add(row)
            if (leaver := evictable(attempt, amount, row=row, table=self._table)) is not None:
                self.leavers.add(row, leaver)
            if attempt.anti_affinity is not None:
                self.kept_apart.add(attempt.user_id, attempt.anti_affinity, row=row)

    def end(self, attempt_id: UUID) -> None:
        """Take in that an attempt runs no more, if it did."""
        attempt = self._known.pop(attempt_id, None)
        if attempt is None:
            return
        self._hold(attempt, sign=-1)
        row = self._table.row_of.get(attempt.provider_id)
        if row is not None:
            del self._on[row][attempt_id]
            self.leavers.remove(row, attempt_id)
            if attempt.anti_affinity is not None:
                self.kept_apart.remove(attempt.user_id, attempt.anti_affinity, row=row)
            self._stale.add(row)

    def held(self, user_id: UUID) -> Mapping[str, int]:
        """What a user's attempts hold, by kind."""
        return self._held.get(user_id, _NOTHING)

    def releases(self, *, at: int, notice: int) -> Releases:
        """What becomes free by itself. What is written into it has to be given back with `restore`.

        Args:
            at: the instant of the decision, microseconds since 1970.
            notice: how long who was asked to leave may take.
        """
        if self._releases is None or notice != self._notice:
            self._releases, self._notice = Releases(self._table), notice
            self._stale = set(self._on)
        for row in sorted(self._stale):
            there = self._on[row].values()
            self._releases.write(row, (one.release(at=at, notice=notice) for one in there))
        self._stale = set(filter(self._prepares, self._stale))
        return self._releases

    def restore(self, rows: Iterable[int]) -> None:
        """Have the releases of these machines written anew before they are needed next."""
        self._stale.update(rows)

    def _prepares(self, row: int) -> bool:
        """Whether an attempt is being prepared there, whose end moves on with the time."""
        return any(one.attempt.started_at is None for one in self._on[row].values())

    def _hold(self, attempt: Running, *, sign: int) -> None:
        held = self._held[attempt.user_id]
        for each in held_by_attempt(attempt, self._models):
            held[each.kind] += sign * each.amount
            if not held[each.kind]:
                del held[each.kind]
