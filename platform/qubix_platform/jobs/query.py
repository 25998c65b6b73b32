"""What a list of jobs is to hold."""

from dataclasses import dataclass
from uuid import UUID

from qubix.schemas.states import JobStatus


@dataclass(frozen=True)
class ListQuery:
    """Which of a user's jobs to list."""

    user_id: UUID
    statuses: tuple[JobStatus, ...] = ()
    search: str | None = None
    array_id: UUID | None = None
    group_id: UUID | None = None
    order: str = "-createdAt"
    limit: int = 50
    offset: int = 0
