"""What goes wrong on request, and when: a seed decides, so that the same history goes wrong in the same way again."""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

from qubix.errors import InvalidRequest


class Fault(StrEnum):
    """One thing that can go wrong."""

    DROP = "drop"  # a broadcast is lost on its way: nothing is accepted, the connection breaks off
    RELAY_THEN_LOSE = "relayThenLose"  # a broadcast is answered as relayed, and never heard of again
    TIMEOUT_AFTER_ACCEPTING = "timeoutAfterAccepting"  # a broadcast is accepted, and no answer ever comes
    SERVER_ERROR = "serverError"  # any request is answered 500, and nothing is done
    REPLICA_BEHIND = "replicaBehind"  # a query is answered by a replica of the archive that knows fewer ticks
    EMPTY_TICK = "emptyTick"  # a tick comes without its transactions, which never run then


_LAGS: Final = ("archiveLag", "balanceLag", "replicaLag")
_MOST_TICKS: Final = 1000


@dataclass(frozen=True, kw_only=True)
class FaultPlan:
    """How the devnet misbehaves until it is told otherwise.

    Attributes:
        seed: decides when each fault happens.
        rates: how often each does, from 0 for never to 1 for always.
        archive_lag: executed ticks by which the archive is behind the chain.
        balance_lag: ticks by which balances are.
        replica_lag: further ticks by which the archive's slow replica is behind.
        stopped: whether no tick follows any more.
    """

    seed: int = 0
    rates: Mapping[Fault, float] = field(default_factory=dict)
    archive_lag: int = 1
    balance_lag: int = 0
    replica_lag: int = 10
    stopped: bool = False

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read a plan; what is left out is as it is by default.

        Raises:
            InvalidRequest: an unknown name, or a value that cannot be.
        """
        unknown = set(value) - {"seed", "rates", "stopped", *_LAGS}
        if unknown:
            raise _unusable(f"there is no {', '.join(sorted(unknown))}")
        rates = value.get("rates", {})
        if not isinstance(rates, Mapping):
            raise _unusable("rates is not an object")
        for name, rate in rates.items():
            known_fault(name)
            if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
                raise _unusable(f"the rate of {name} is not a number from 0 to 1")
        default = cls()
        lags = {name: value.get(name) for name in _LAGS}
        for name, lag in lags.items():
            if lag is not None and (type(lag) is not int or not 0 <= lag <= _MOST_TICKS):
                raise _unusable(f"{name} is not a number of ticks from 0 to {_MOST_TICKS}")
        seed, stopped = value.get("seed", 0), value.get("stopped", False)
        if type(seed) is not int or type(stopped) is not bool:
            raise _unusable("seed is not a whole number, or stopped neither true nor false")
        return cls(
            seed=seed,
            rates={Fault(name): float(rate) for name, rate in rates.items()},
            archive_lag=default.archive_lag if lags["archiveLag"] is None else lags["archiveLag"],
            balance_lag=default.balance_lag if lags["balanceLag"] is None else lags["balanceLag"],
            replica_lag=default.replica_lag if lags["replicaLag"] is None else lags["replicaLag"],
            stopped=stopped,
        )

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON values."""
        return {
            "seed": self.seed,
            "rates": {fault.value: rate for fault, rate in self.rates.items()},
            "archiveLag": self.archive_lag,
            "balanceLag": self.balance_lag,
            "replicaLag": self.replica_lag,
            "stopped": self.stopped,
        }


class Misfortune:
    """Says of each occasion whether a fault happens then, by the plan's seed and by what was ordered."""

    def __init__(self, plan: FaultPlan) -> None:
        self.plan = plan
        self._ordered: Counter[Fault] = Counter()
        self._occasions: Counter[tuple[Fault, str]] = Counter()

    def follow(self, plan: FaultPlan) -> None:
        """Follow another plan from its beginning. What was ordered and has not happened is forgotten."""
        self.plan = plan
        self._ordered.clear()
        self._occasions.clear()

    def order(self, fault: Fault, *, times: int) -> None:
        """Let a fault happen on its next occasions, whatever the plan says."""
        self._ordered[fault] += times

    def strikes(self, fault: Fault, *, subject: str) -> bool:
        """Whether the fault happens now.

        Args:
            fault: which.
            subject: what it would happen to. Chance depends on this and on how often it was asked about, never on
                what happens to other subjects, so that concurrency does not change the outcome.
        """
        if self._ordered[fault] > 0:
            self._ordered[fault] -= 1
            return True
        rate = self.plan.rates.get(fault, 0.0)
        if rate <= 0:
            return False
        self._occasions[fault, subject] += 1
        occasion = self._occasions[fault, subject]
        return random.Random(f"{self.plan.seed}/{fault}/{subject}/{occasion}").random() < rate


def known_fault(name: object) -> Fault:
    """The fault of this name.

    Raises:
        InvalidRequest: there is none.
    """
    try:
        return Fault(str(name))
    except ValueError:
        raise _unusable(f"there is no fault {name!r}; there are {', '.join(Fault)}") from None


def _unusable(obstacle: str) -> InvalidRequest:
    return InvalidRequest(
        asked="Reading how the devnet is to misbehave",
        obstacle=obstacle,
        remedy="Send the names and values that `GET /devnet/v1/faults` shows.",
    )
