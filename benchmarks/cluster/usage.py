"""What each user of the simulation has had until now, as the scheduler would read it from its database."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable

from qubix_platform.placement.model import Held


class PastUse:
    """What users held on average, kind by kind, where an hour counts half as much as one a half-life later."""

    def __init__(self, half_life_s: int) -> None:
        self._half_life_s = half_life_s
        self._held: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self._past: defaultdict[int, dict[str, float]] = defaultdict(dict)
        self._since: defaultdict[int, float] = defaultdict(float)

    def take(self, user: int, held: Iterable[Held], *, now: float) -> None:
        """From now on the user holds so much more."""
        self._move(user, held, now=now, sign=1)

    def give_back(self, user: int, held: Iterable[Held], *, now: float) -> None:
        """From now on the user holds so much less."""
        self._move(user, held, now=now, sign=-1)

    def of(self, user: int, *, now: float) -> tuple[tuple[str, float], ...]:
        """What counts of the user's past."""
        self._fade(user, now)
        return tuple(sorted(self._past[user].items()))

    def _move(self, user: int, held: Iterable[Held], *, now: float, sign: int) -> None:
        self._fade(user, now)
        for each in held:
            self._held[user][each.kind] += sign * each.amount

    def _fade(self, user: int, now: float) -> None:
        left = math.exp2(-(now - self._since[user]) / self._half_life_s)
        past = self._past[user]
        for kind, amount in self._held[user].items():
            past[kind] = past.get(kind, 0.0) * left + amount * (1 - left)
        self._since[user] = now
