"""Who is calling, once their token was checked."""

from dataclasses import dataclass
from uuid import UUID

from qubix.schemas.states import Trust


@dataclass(frozen=True)
class UserCaller:
    """A person or their program, by API key."""

    user_id: UUID
    is_operator: bool
    key_id: UUID


@dataclass(frozen=True)
class WorkerCaller:
    """An agent that registered its machine before, by worker token."""

    provider_id: UUID
    worker_id: str
    user_id: UUID


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
