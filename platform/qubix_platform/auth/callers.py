"""Who is calling, once their token was checked."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from qubix.schemas.states import Scope, Trust
from qubix_platform.auth.errors import OtherWorker, ScopeMissing


@dataclass(frozen=True, kw_only=True)
class UserCaller:
    """A person or their program, by API key or by the session that their wallet's signature opened.

    Attributes:
        user_id: whose key or session it is.
        is_operator: whether the user operates the platform.
        key_id: the API key; none for a session.
        session_id: the session; none for an API key.
        scopes: what the key may be used for; a session's are all of them.
        expires_at: when the key or session ends by itself, if it does.
    """

    user_id: UUID
    is_operator: bool
    scopes: frozenset[Scope]
    key_id: UUID | None = None
    session_id: UUID | None = None
    expires_at: datetime | None = None

    @property
    def credential_id(self) -> UUID:
        """The API key or the session, whichever it was."""
        credential = self.key_id or self.session_id
        assert credential is not None, "nobody is a user without one of the two"
        return credential

    def require(self, *needed: Scope) -> None:
        """Refuse a caller who lacks one of these scopes.

        Raises:
            ScopeMissing: the API key was not given one of them.
        """
        if missing := [scope for scope in needed if scope not in self.scopes]:
            raise ScopeMissing.of(missing, held=self.scopes)


@dataclass(frozen=True)
class WorkerCaller:
    """An agent that registered its machine before, by worker token."""

    provider_id: UUID
    worker_id: str
    user_id: UUID

    def require(self, worker_id: str) -> None:
        """Refuse an agent that speaks for another machine than its own.

        Raises:
            OtherWorker: it does.
        """
        if worker_id != self.worker_id:
            raise OtherWorker.of(worker_id, self.worker_id)


@dataclass(frozen=True)
class JoinCaller:
    """A machine that is about to register for the first time, by join token."""

    token_id: UUID
    user_id: UUID
    trust: Trust


@dataclass(frozen=True)
class AttemptCaller:
    """The runner of one attempt."""

    attempt_id: UUID


Caller = UserCaller | WorkerCaller | JoinCaller | AttemptCaller
