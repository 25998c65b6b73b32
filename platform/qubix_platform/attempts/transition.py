"""The only place where an attempt's status changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import AttemptStatus, Cause, EventType
from qubix_platform.events import service as events

ALLOWED: Final[Mapping[AttemptStatus, frozenset[AttemptStatus]]] = {
    AttemptStatus.ASSIGNED: frozenset(
        {
            AttemptStatus.RUNNING,
            AttemptStatus.COMPLETED,
            AttemptStatus.FAILED,
            AttemptStatus.CANCELLED,
            AttemptStatus.LOST,
        }
    ),
    AttemptStatus.RUNNING: frozenset(
        {AttemptStatus.COMPLETED, AttemptStatus.FAILED, AttemptStatus.CANCELLED, AttemptStatus.LOST}
    ),
}

STATE_OF: Final[Mapping[Cause, AttemptStatus]] = {
    Cause.COMPLETED: AttemptStatus.COMPLETED,
    Cause.USER_ERROR: AttemptStatus.FAILED,
    Cause.TIMEOUT: AttemptStatus.FAILED,
    Cause.OUT_OF_MEMORY: AttemptStatus.FAILED,
    Cause.PLATFORM_ERROR: AttemptStatus.FAILED,
    Cause.CANCELLED: AttemptStatus.CANCELLED,
    Cause.PROVIDER_LOST: AttemptStatus.LOST,
}

_CREATE = text("""
    with attempt as (
        insert into attempts (id, job_id, number, provider_id, status, lease_expires_at, cpu_cores, memory_mib,
                              price_per_hour)
        values (:id, :job_id, :number, :provider_id, 'ASSIGNED',
                clock_timestamp() + make_interval(secs => :lease_seconds), :cpu_cores, :memory_mib, :price_per_hour)
        returning id
    ), shares as (
        insert into attempt_gpus (attempt_id, gpu_id, milli)
        select attempt.id, share.gpu_id, share.milli
          from attempt, unnest(cast(:gpu_ids as bigint[]), cast(:millis as integer[])) as share (gpu_id, milli)
        returning gpu_id, milli
    )
    select g.index, g.uuid, g.model, g.simulated, s.milli from shares s join gpus g on g.id = s.gpu_id order by g.index
""")
_TRANSITION = text("""
    update attempts set
        status = :to,
        started_at = case when :to = 'RUNNING' then clock_timestamp() else started_at end,
        ended_at = case when :to <> 'RUNNING' then cast(:ended_at as timestamptz) end,
        cause = cast(:cause as text),
        error = cast(:error as text),
        exit_code = cast(:exit_code as integer),
        billable_seconds = :billable_seconds,
        cost = :cost
     where id = :id and status = :expected
    returning *
""")


@dataclass(frozen=True)
class NewAttempt:
    """An attempt to create, with what it occupies. `price_per_hour` in QU, memory in MiB."""

    id: UUID
    job_id: UUID
    number: int
    provider_id: UUID
    cpu_cores: int
    memory_mib: int
    price_per_hour: int
    gpu_ids: tuple[int, ...]
    millis: tuple[int, ...]


@dataclass(frozen=True)
class AttemptChange:
    """A transition and what goes with it. `cost` in QU."""

    expected: AttemptStatus
    to: AttemptStatus
    ended_at: Any = None
    cause: Cause | None = None
    error: str | None = None
    exit_code: int | None = None
    billable_seconds: int = 0
    cost: int = 0

    def __post_init__(self) -> None:
        if self.to not in ALLOWED.get(self.expected, frozenset()):
            raise ValueError(f"an attempt never goes from {self.expected} to {self.to}")


async def create(session: AsyncSession, attempt: NewAttempt, *, lease_seconds: int, worker_id: str) -> list[Row[Any]]:
    """Create an attempt as ASSIGNED and book what it occupies; its GPUs, by index."""
    values = vars(attempt) | {
        "gpu_ids": list(attempt.gpu_ids),
        "millis": list(attempt.millis),
        "lease_seconds": lease_seconds,
    }
    gpus = list((await session.execute(_CREATE, values)).all())
    await _announce(session, provider_id=attempt.provider_id, worker_id=worker_id, occupied=True)
    return gpus


async def transition(
    session: AsyncSession, *, attempt_id: UUID, change: AttemptChange, worker_id: str
) -> Row[Any] | None:
    """Compare-and-set an attempt's status; when it ends, what it occupied is free, and the market is told.

    Returns:
        The attempt's row as it is now, or None where its status was not the expected one: nothing was changed then.
    """
    values = vars(change) | {
        "id": attempt_id,
        "expected": change.expected.value,
        "to": change.to.value,
        "cause": change.cause and change.cause.value,
    }
    row = (await session.execute(_TRANSITION, values)).one_or_none()
    if row is not None and change.to.is_final:
        await _announce(session, provider_id=row.provider_id, worker_id=worker_id, occupied=False)
    return row


async def _announce(session: AsyncSession, *, provider_id: UUID, worker_id: str, occupied: bool) -> None:
    await events.record(
        session,
        type=EventType.MARKETPLACE_UPDATE,
        topics=["marketplace", f"provider:{worker_id}", "scheduler"],
        data={"providerId": str(provider_id), "workerId": worker_id, "change": "taken" if occupied else "released"},
    )
