"""Why a posting was refused."""

from qubix.errors import Conflict, InsufficientFunds, InternalError, InvalidRequest


class BalanceTooLow(InsufficientFunds):
    """A leg would take an account below zero."""


class PostingKeyReused(Conflict):
    """The idempotency key of a posting came back with other content."""

    code = "posting_key_reused"


class PostingRefused(InternalError):
    """The database refused a posting for a reason that no caller can mend: it would have unbalanced the books."""

    code = "posting_refused"


class NotSealedYet(Conflict):
    """A proof was asked for before a root covers what it is about."""

    code = "not_sealed_yet"


class PeriodInvalid(InvalidRequest):
    """Days that cannot be asked for."""

    code = "period_invalid"
