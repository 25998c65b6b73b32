"""When and where all workers of a gang can start: by what ends by itself, or by who is asked to make room.

Machines with reserved windows are left out: not every instant would do on them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from qubix_platform.placement.amounts import Amount
from qubix_platform.placement.gangs import sites
from qubix_platform.placement.matching import Matching, Room
from qubix_platform.placement.preempting import Cost, Evictable, cheapest_for_each, cost
from qubix_platform.placement.releases import Release

Leaving = dict[int, tuple[Evictable, ...]]
"""Who has to leave, by machine."""


@dataclass(kw_only=True)
class Place:
    """A machine where workers can start at some instant.

    Attributes:
        workers: how many of them.
        needed: what they take of it then.
        released: what of it will have become free by then.
        withheld: what is taken out of the room at the moment; none while the job in turn ends before.
    """

    row: int
    workers: int
    needed: Amount
    released: Amount
    withheld: Amount | None = None


@dataclass(frozen=True, kw_only=True)
class GangStarts:
    """Where a gang can start.

    Attributes:
        matching: what each worker asks for.
        room: what is free now.
        rows: the machines that it may wait for, the best first.
        workers: how many there are.
        releases: what becomes free on a machine, the first before the others.
        at: the instant of the decision, microseconds since 1970: what was due before is due now.
    """

    matching: Matching
    room: Room
    rows: Sequence[int]
    workers: int
    releases: Callable[[int], Sequence[Release]]
    at: int

    def earliest(self) -> int | None:
        """The first instant at which all have room; none where they have it at no time."""
        gains = sorted(gain for row in self.rows for gain in self._gains(row))
        room = accumulate(workers for _, workers in gains)
        return next((at for (at, _), all_of_them in zip(gains, room, strict=True) if all_of_them >= self.workers), None)

    def places(self, at: int, *, first: Iterable[int] = ()) -> list[Place]:
        """Machines for all of them at an instant: those of one site where that can be, the best first.

        Args:
            at: the instant.
            first: rows that come before all others, whatever their site.
        """
        for one_site in sites(self.matching, self.rows) if not first else ():
            if (found := self._fill(one_site, at)) is not None:
                return found
        chosen = list(first)
        everywhere = self._fill([*chosen, *(row for row in self.rows if row not in chosen)], at)
        assert everywhere is not None, "there was found to be room then"
        return everywhere

    def cheapest(
        self, evictable: Mapping[int, Sequence[Evictable]], at: int
    ) -> dict[int, tuple[Evictable, ...]] | None:
        """Who has to leave on which machine, so that all have room at an instant: those who pay least in sum.

        Returns:
            None where there is no room even without all of them.
        """
        missing = self.workers - sum(self._count(row, self._released(row, at)) for row in self.rows)
        best: dict[int, tuple[Cost, Leaving]] = {0: ((0, 0), {})}
        for row in self.rows:
            if not evictable.get(row):
                continue
            sets = cheapest_for_each(evictable[row], self._gained(row, at), most=missing)
            known = dict(best)
            for had, (paid, chosen) in known.items():
                for gained, leaving in sets.items():
                    count = min(missing, had + gained)
                    each = cost(leaving)
                    total = paid[0] + each[0], paid[1] + each[1]
                    if count not in best or total < best[count][0]:
                        best[count] = total, chosen | {row: leaving}
        return best[missing][1] if missing in best else None

    def _gains(self, row: int) -> Iterable[tuple[int, int]]:
        """For how many workers more there is room from which instant on."""
        released = Amount()
        had = self._count(row, released)
        yield self.at, had
        for release in self.releases(row):
            released += release.amount
            has = self._count(row, released)
            if has > had:
                yield max(release.at, self.at), has - had
                had = has

    def _gained(self, row: int, at: int) -> Callable[[Amount], int]:
        released = self._released(row, at)
        before = self._count(row, released)
        return lambda freed: self._count(row, released + freed) - before

    def _fill(self, rows: Iterable[int], at: int) -> list[Place] | None:
        found: list[Place] = []
        left = self.workers
        for row in rows:
            released = self._released(row, at)
            workers, needed = fill(self.matching, self.room, row, released, most=left)
            if workers:
                found.append(Place(row=row, workers=workers, needed=needed, released=released))
                left -= workers
            if left == 0:
                return found
        return None

    def _released(self, row: int, by: int) -> Amount:
        return sum((each.amount for each in self.releases(row) if max(each.at, self.at) <= by), Amount())

    def _count(self, row: int, released: Amount) -> int:
        return fill(self.matching, self.room, row, released, most=self.workers)[0]


def fill(matching: Matching, room: Room, row: int, released: Amount, *, most: int) -> tuple[int, Amount]:
    """For how many workers a machine has room once that much is released, `most` at most, and what they take of it.

    They take those cards first of which least has to be withheld until then.
    """
    request = matching.request
    asked = (
        (int(room.cpu[row]) + released.cpu, request.cpu_cores),
        (int(room.memory[row]) + released.memory, request.memory_mib),
        (int(room.disk[row]) + released.disk, request.disk_mib),
    )
    most = max(0, min([most, *(free // each for free, each in asked if each)]))
    share, taken = request.gpu_share_milli, dict[int, int]()
    first = int(matching.table.first_card[row])
    mine = range(first, first + len(matching.table.candidates[row].gpus))
    left = {card: int(room.cards[card]) + released.cards.get(card, 0) for card in mine if matching.cards[card]}
    coming = dict(released.cards)
    workers = most if request.gpu_count == 0 else 0
    while workers < most:
        usable = sorted(
            (card for card, milli in left.items() if milli >= share),
            key=lambda card: (max(0, share - coming.get(card, 0)), card),
        )
        if len(usable) < request.gpu_count:
            break
        for card in usable[: request.gpu_count]:
            left[card] -= share
            coming[card] = max(0, coming.get(card, 0) - share)
            taken[card] = taken.get(card, 0) + share
        workers += 1
    return workers, Amount(
        cpu=workers * request.cpu_cores,
        memory=workers * request.memory_mib,
        disk=workers * request.disk_mib,
        cards=taken,
    )
