"""Running jobs after others of the same owner."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.jobs import JobCreate
from qubix.schemas.states import JobStatus
from qubix_platform.jobs.dependencies import repository
from qubix_platform.jobs.dependencies.errors import DependencyNeverMet, DependencyNotFound, TooManyDependencies

MAX_DEPENDENCIES: Final = 100_000
"""Of all jobs of one submission together."""

_ASKED: Final = "Submitting a job that runs after others"


@dataclass(frozen=True, kw_only=True)
class Dependencies:
    """What a job runs after.

    Attributes:
        after: all of the jobs.
        may_fail: those of them that need not complete, only end.
        are_met: whether all of them have ended well already.
    """

    after: tuple[UUID, ...] = ()
    may_fail: frozenset[UUID] = frozenset()
    are_met: bool = True

    @classmethod
    def none(cls) -> Self:
        """Of a job that waits for nobody."""
        return cls()


async def find(session: AsyncSession, request: JobCreate, *, user_id: UUID) -> Dependencies:
    """The jobs that a new one names, by their own ids or by those of their arrays.

    Raises:
        DependencyNotFound: the user has no such job or array.
        DependencyNeverMet: one that has to complete has failed or was cancelled.
    """
    wanted = [*request.after, *request.after_any]
    if not wanted:
        return Dependencies.none()
    rows = await repository.named(session, user_id=user_id, ids=wanted)
    if missing := [job_id for job_id in wanted if not any(job_id in _names(row) for row in rows)]:
        raise DependencyNotFound(
            asked=_ASKED,
            obstacle=f"you have no job or array {missing[0]}",
            remedy="List yours with `qubix jobs` and `qubix arrays`.",
        )
    has_to_complete = [row for row in rows if not _names(row).isdisjoint(request.after)]
    for row in has_to_complete:
        status = JobStatus(row.status)
        if status.is_final and status is not JobStatus.COMPLETED:
            raise DependencyNeverMet(
                asked=_ASKED,
                obstacle=f"job {row.id} ({row.name}) is {status.value} ({row.cause}) already",
                remedy="Submit that one again and name its new id, or name it in afterAny: after whatever end it had.",
            )
    return Dependencies(
        after=tuple(row.id for row in rows),
        may_fail=frozenset(row.id for row in rows) - frozenset(row.id for row in has_to_complete),
        are_met=all(JobStatus(row.status).is_final for row in rows),
    )


def _names(row: Row[Any]) -> frozenset[UUID]:
    """What a request may call a job by."""
    return frozenset({row.id}) if row.array_id is None else frozenset({row.id, row.array_id})


async def store(session: AsyncSession, job_ids: Sequence[UUID], dependencies: Dependencies) -> None:
    """Remember what new jobs run after.

    Raises:
        TooManyDependencies: there are more than are kept account of.
    """
    if not dependencies.after:
        return
    count = len(job_ids) * len(dependencies.after)
    if count > MAX_DEPENDENCIES:
        raise TooManyDependencies(
            asked=_ASKED,
            obstacle=f"{len(job_ids):,} jobs after {len(dependencies.after):,} each are {count:,} dependencies, "
            f"and {MAX_DEPENDENCIES:,} are the limit",
            remedy="Put one small job between the two, that runs after all of the one and before all of the other.",
        )
    await repository.store(session, job_ids, after=dependencies.after, may_fail=set(dependencies.may_fail))
