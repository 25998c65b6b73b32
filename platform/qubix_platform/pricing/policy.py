"""What the platform's owner set, that money and leases depend on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_DAY: Final = 86_400


@dataclass(frozen=True)
class MarketPolicy:
    """Args:
    fee_basis_points: the platform's part of a charge, in ten-thousandths.
    lease_seconds: how long an attempt's lease lasts from each report.
    settle_every_seconds: a job that runs for longer pays its provider each time that so much of it has passed.
    settle_margin_seconds: how much more than that is held for it, so that there is time to warn and to add funds.
    stop_ahead_seconds: how long before the held money ends a job is told to stop.
    """

    fee_basis_points: int = 500
    lease_seconds: int = 15
    settle_every_seconds: int = 3600
    settle_margin_seconds: int = 600
    stop_ahead_seconds: int = 30

    @property
    def funded_seconds(self) -> int:
        """How much of a job's time is held for ahead; a job whose limit is shorter is held for in full."""
        return self.settle_every_seconds + self.settle_margin_seconds


@dataclass(frozen=True)
class _Variable:
    """A variable of the environment: the policy's field, and the whole numbers that it may be."""

    name: str
    field: str
    unit: str
    least: int
    most: int


_VARIABLES: Final = (
    _Variable("QUBIX_FEE_BPS", "fee_basis_points", "basis points", 0, 10_000),
    _Variable("QUBIX_SETTLE_EVERY_S", "settle_every_seconds", "seconds", 1, 7 * _DAY),
    _Variable("QUBIX_SETTLE_MARGIN_S", "settle_margin_seconds", "seconds", 1, _DAY),
    _Variable("QUBIX_STOP_AHEAD_S", "stop_ahead_seconds", "seconds", 0, 3600),
)


class PolicyUnusable(ValueError):
    """A variable says something that cannot be. `variable` is its name, `obstacle` the rest of the sentence."""

    def __init__(self, variable: str, obstacle: str) -> None:
        self.variable, self.obstacle = variable, obstacle
        super().__init__(f"{variable}: {obstacle}")


def policy_of(environment: Mapping[str, str]) -> MarketPolicy:
    """The policy that the environment of the core node sets; what it leaves out is as by default.

    Raises:
        PolicyUnusable: a variable is no whole number in its range, or they contradict each other.
    """
    policy = MarketPolicy(**{each.field: _read(each, environment) for each in _VARIABLES if each.name in environment})
    if policy.stop_ahead_seconds >= policy.settle_margin_seconds:
        raise PolicyUnusable("QUBIX_STOP_AHEAD_S", "it is not less than QUBIX_SETTLE_MARGIN_S: nobody could be warned")
    return policy


def _read(variable: _Variable, environment: Mapping[str, str]) -> int:
    text = environment[variable.name]
    if not (text.isascii() and text.isdecimal() and variable.least <= int(text) <= variable.most):
        raise PolicyUnusable(
            variable.name, f"it is not a whole number of {variable.unit} from {variable.least} to {variable.most}"
        )
    return int(text)
