"""Claims and what came of checking them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, kw_only=True)
class Check:
    """A claim, what it takes to be true, and what was found."""

    claim: str
    expected: Any
    actual: Any
    passed: bool

    def to_json(self) -> dict[str, Any]:
        """The check for programs."""
        return {"claim": self.claim, "expected": self.expected, "actual": self.actual, "passed": self.passed}


class Checklist:
    """Collects checks, and tells each at once.

    Args:
        tell: is given each check as it is made.
    """

    def __init__(self, tell: Callable[[Check], None]) -> None:
        self._tell: Final = tell
        self.checks: Final[list[Check]] = []

    @property
    def passed(self) -> bool:
        """Whether something was checked, and all of it held."""
        return bool(self.checks) and all(check.passed for check in self.checks)

    def equal(self, claim: str, *, expected: Any, actual: Any) -> None:
        """The claim that two values are equal."""
        self._add(Check(claim=claim, expected=expected, actual=actual, passed=bool(expected == actual)))

    def within(self, claim: str, *, low: float, high: float, actual: float) -> None:
        """The claim that a number lies between two others, both included."""
        passed = bool(low <= actual <= high)
        self._add(Check(claim=claim, expected=f"from {low:g} to {high:g}", actual=actual, passed=passed))

    def holds(self, claim: str, *, expected: str, actual: Any, passed: bool) -> None:
        """A claim of another form; `expected` says in words what it takes."""
        self._add(Check(claim=claim, expected=expected, actual=actual, passed=passed))

    def _add(self, check: Check) -> None:
        self.checks.append(check)
        self._tell(check)
