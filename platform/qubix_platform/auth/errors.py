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
