"""The one family of errors that server, agent, SDK and command line share.

    QubixError
    ├── InvalidRequest        422  the request says something that cannot be
    ├── NotAuthenticated      401  no token, or one that nobody knows
    │   └── WrongTokenKind    401  a token of another kind than the route takes
    ├── InsufficientFunds     402  the balance does not cover the hold
    ├── NotAllowed            403  known, but not permitted
    ├── NotFound              404  no such thing, or not yours
    ├── Conflict              409  the present state forbids it
    │   └── LeaseLost         409  the attempt no longer holds its lease
    ├── TooLarge              413  over a documented limit
    ├── TooManyRequests       429  over a documented rate
    ├── InternalError         500  our fault; details are in the log
    ├── Unavailable           503  a part that is needed does not answer
    ├── ConnectionFailed      –    the API could not be reached at all (client side)
    ├── WaitTimedOut          –    the caller's patience ended before the job did (client side)
    └── JobFailed             –    a result was asked of a job that has none (client side)

Each error says three things: what was asked, what stood in the way and what would change the answer.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final


class QubixError(Exception):
    """Base of every error that QUBIX raises on purpose.

    Args:
        asked: what was asked for, as the start of a sentence ("Cancelling job 1f…").
        obstacle: what stood in the way.
        remedy: what would change the answer.
        details: machine-readable facts for the wire, JSON values only. Never a secret.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    _by_code: ClassVar[dict[str, type["QubixError"]]] = {}

    def __init__(self, *, asked: str, obstacle: str, remedy: str, details: Mapping[str, Any] | None = None) -> None:
        self.asked = asked
        self.obstacle = obstacle
        self.remedy = remedy
        self.details: dict[str, Any] = dict(details or {})
        super().__init__(f"{asked}: {obstacle}. {remedy}")

    def __init_subclass__(cls) -> None:
        QubixError._by_code.setdefault(cls.code, cls)

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross process borders; Exception's own pickling would call __init__ with positional arguments.
        return _rebuild, (type(self), self.asked, self.obstacle, self.remedy, self.details)

    @property
    def message(self) -> str:
        """The whole sentence for a person."""
        return str(self)

    def to_wire(self) -> dict[str, Any]:
        """The body of an error response: `{error: {code, message, details}}`."""
        facts = {"asked": self.asked, "obstacle": self.obstacle, "remedy": self.remedy}
        return {"error": {"code": self.code, "message": self.message, "details": facts | self.details}}


def _rebuild(cls: type[QubixError], asked: str, obstacle: str, remedy: str, details: dict[str, Any]) -> QubixError:
    return cls(asked=asked, obstacle=obstacle, remedy=remedy, details=details)


class InvalidRequest(QubixError):
    """The request says something that cannot be."""

    status = 422
    code = "invalid_request"


class NotAuthenticated(QubixError):
    """No token was shown, or one that nobody knows."""

    status = 401
    code = "not_authenticated"


class WrongTokenKind(NotAuthenticated):
    """A token of another kind than the route takes."""

    code = "wrong_token_kind"


class InsufficientFunds(QubixError):
    """The available balance does not cover the hold."""

    status = 402
    code = "insufficient_funds"


class NotAllowed(QubixError):
    """The caller is known, but not permitted to do this."""

    status = 403
    code = "not_allowed"


class NotFound(QubixError):
    """There is no such thing, or it belongs to somebody else."""

    status = 404
    code = "not_found"


class Conflict(QubixError):
    """The present state forbids what was asked."""

    status = 409
    code = "conflict"


class LeaseLost(Conflict):
    """The attempt no longer holds the lease of its job, so its word does not count."""

    code = "lease_lost"


class SnapshotRefused(InvalidRequest):
    """Nobody waits for this snapshot of a job's workspace. Where another is wanted, the runner is asked for it."""

    code = "snapshot_refused"


class TooLarge(QubixError):
    """Over a documented limit of size."""

    status = 413
    code = "too_large"


class TooManyRequests(QubixError):
    """Over a documented rate."""

    status = 429
    code = "too_many_requests"


class InternalError(QubixError):
    """Our fault. What happened is in the log, under the request's id."""

    status = 500
    code = "internal_error"


class Unavailable(QubixError):
    """A part that is needed to answer does not answer."""

    status = 503
    code = "unavailable"


class ConnectionFailed(QubixError):
    """The API could not be reached at all. Raised on the client's side only."""

    status = 503
    code = "connection_failed"


class WaitTimedOut(QubixError):
    """The caller's patience ended before the job did; the job goes on. Raised on the client's side only."""

    status = 504
    code = "wait_timed_out"


class JobFailed(QubixError):
    """A result was asked of a job that failed or was cancelled. Raised on the client's side only.

    `details` holds the job's `cause` and the program's own `error`.
    """

    status = 409
    code = "job_failed"


_BY_STATUS: Final[dict[int, type[QubixError]]] = {
    400: InvalidRequest,
    401: NotAuthenticated,
    402: InsufficientFunds,
    403: NotAllowed,
    404: NotFound,
    405: InvalidRequest,
    409: Conflict,
    413: TooLarge,
    422: InvalidRequest,
    429: TooManyRequests,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def from_wire(*, status: int, body: object) -> QubixError:
    """Rebuild the error that a response carries.

    A code that this version does not know falls back to the class of its HTTP status, so that an older client still
    raises something that can be caught by kind.
    """
    error = body.get("error") if isinstance(body, Mapping) else None
    if not isinstance(error, Mapping):
        error = {"message": f"the server answered {status} without an explanation"}
    details = dict(error.get("details") or {})
    cls = QubixError._by_code.get(str(error.get("code"))) or _BY_STATUS.get(status, InternalError)
    asked = str(details.pop("asked", "The request"))
    obstacle = str(details.pop("obstacle", error.get("message", "refused")))
    remedy = str(details.pop("remedy", "See the server's log for more."))
    return cls(asked=asked, obstacle=obstacle, remedy=remedy, details=details)
