"""Why a caller was not let in."""

from qubix.errors import NotAllowed, NotAuthenticated, WrongTokenKind


class UnknownToken(NotAuthenticated):
    """Nobody holds this token, or it was revoked or has expired."""

    code = "unknown_token"


class TokenOfWrongKind(WrongTokenKind):
    """A good token, shown where another kind belongs."""


class OperatorsOnly(NotAllowed):
    """Only the platform's operators may do this."""

    code = "operators_only"


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
