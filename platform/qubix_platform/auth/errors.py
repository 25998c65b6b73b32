"""Why a caller was not let in."""

from collections.abc import Collection

from qubix.errors import NotAllowed, NotAuthenticated, WrongTokenKind
from qubix.schemas.states import Scope


class UnknownToken(NotAuthenticated):
    """Nobody holds this token, or it was revoked or has expired."""

    code = "unknown_token"


class TokenOfWrongKind(WrongTokenKind):
    """A good token, shown where another kind belongs."""


class OperatorsOnly(NotAllowed):
    """Only the platform's operators may do this."""

    code = "operators_only"


class ScopeMissing(NotAllowed):
    """The API key was not made for this."""

    code = "scope_missing"

    @classmethod
    def of(cls, missing: Collection[Scope], *, held: Collection[Scope]) -> "ScopeMissing":
        """The refusal for scopes that a key lacks."""
        return cls(
            asked="Using an API key",
            obstacle=f"this takes the scope {_listed(missing)}, and the key has {_listed(held) or 'none'}",
            remedy="Use a key with that scope; whoever holds it can make one: `qubix keys create`.",
            details={"missing": sorted(missing), "scopes": sorted(held)},
        )


class OtherWorker(NotAllowed):
    """A worker token speaks for its own machine only."""

    code = "other_worker"

    @classmethod
    def of(cls, asked_for: str, caller: str) -> "OtherWorker":
        """The refusal for one machine asking for another."""
        return cls(
            asked=f"Speaking for worker {asked_for}",
            obstacle=f"the token is worker {caller}'s",
            remedy="Use the worker id that you registered with.",
        )


def _listed(scopes: Collection[Scope]) -> str:
    return " and ".join(sorted(scopes))
