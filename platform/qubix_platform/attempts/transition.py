"""The only place where an attempt's status changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import AttemptStatus, Cause, EventType, JobStatus
from qubix_platform.checkpoints.repository import RESTORABLE
from qubix_platform.events import service as events
from qubix_platform.events.models import NewEvent
from qubix_platform.jobs.transition import changed as job_changed
from qubix_platform.placement.model import Assignment

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
    Cause.PREEMPTED: AttemptStatus.CANCELLED,
    Cause.OUT_OF_FUNDS: AttemptStatus.CANCELLED,
    Cause.DEPENDENCY_FAILED: AttemptStatus.CANCELLED,
    Cause.DEADLINE_MISSED: AttemptStatus.CANCELLED,
    Cause.PEER_ENDED: AttemptStatus.CANCELLED,
    Cause.PEER_LOST: AttemptStatus.CANCELLED,
    Cause.PROVIDER_LOST: AttemptStatus.LOST,
    Cause.OVERHEATED: AttemptStatus.LOST,
}

_SHARES_OF = """
    (select coalesce(jsonb_agg(jsonb_build_object('index', g.index, 'uuid', g.uuid, 'model', g.model,
                                                  'milli', s.milli, 'simulated', g.simulated) order by g.index), '[]')
       from shares s join gpus g on g.id = s.gpu_id where s.attempt_id = d.attempt_id) as gpus
"""
# One statement for a whole burst: jobs that still wait are taken, each with all of its workers or not at all, and what
# their attempts occupy is booked by triggers.
_ASSIGN = text(f"""
    with decided as (
        select * from unnest(cast(:job_ids as uuid[]), cast(:attempt_ids as uuid[]), cast(:provider_ids as uuid[]),
                             cast(:prices as bigint[]), cast(:ranks as integer[]))
                      as d (job_id, attempt_id, provider_id, price_per_hour, rank)
    ), taken as (
        update jobs j set status = 'ASSIGNED', provider_id = d.provider_id, current_attempt_id = d.attempt_id,
                          attempts = j.attempts + 1, waiting = null, unassignable_since = null
          from decided d
         where j.id = any (cast(:job_ids as uuid[])) and j.id = d.job_id and d.rank = 0
           and j.workers = (select count(*) from decided worker where worker.job_id = j.id)
           and j.status = 'PENDING' and j.cancel_requested_at is null
        returning j.*
    ), created as (
        insert into attempts (id, job_id, number, rank, provider_id, status, lease_expires_at, cpu_cores, memory_mib,
                              disk_mib, price_per_hour, limit_seconds)
        select d.attempt_id, j.id, j.attempts, d.rank, d.provider_id, 'ASSIGNED',
               clock_timestamp() + make_interval(secs => :lease_seconds), (j.resources ->> 'cpuCores')::integer,
               (j.resources ->> 'memoryMib')::integer, (j.resources ->> 'diskMib')::integer, d.price_per_hour,
               j.time_limit_seconds - j.settled_seconds / j.workers
          from taken j join decided d on d.job_id = j.id
         order by d.provider_id
    ), shares as (
        insert into attempt_gpus (attempt_id, gpu_id, milli)
        select s.attempt_id, s.gpu_id, s.milli
          from unnest(cast(:sharing as uuid[]), cast(:gpu_ids as bigint[]), cast(:millis as integer[]))
               as s (attempt_id, gpu_id, milli)
          join decided d on d.attempt_id = s.attempt_id join taken on taken.id = d.job_id
        returning attempt_id, gpu_id, milli
    )
    select j.*, d.attempt_id, d.rank, false as is_standby, j.attempts as number,
           j.time_limit_seconds - j.settled_seconds / j.workers as limit_seconds, {_SHARES_OF}, {RESTORABLE}
      from taken j join decided d on d.job_id = j.id order by j.queued_at, j.id, d.rank
""")  # noqa: S608 - put together of our own constants
# Beside an attempt that lives, on a machine of another owner at another site: what was decided may be old news.
_STAGE = text(f"""
    with job as (
        select j.* from jobs j
          join providers first on first.id = j.provider_id join providers second on second.id = :provider_id
         where j.id = :job_id and j.standby and j.status in ('ASSIGNED', 'RUNNING') and j.cancel_requested_at is null
           and first.user_id <> second.user_id
           and lower(coalesce(first.labels ->> 'site', first.location))
               <> lower(coalesce(second.labels ->> 'site', second.location))
         for no key update of j
    ), created as (
        insert into attempts (id, job_id, number, provider_id, status, lease_expires_at, cpu_cores, memory_mib,
                              disk_mib, price_per_hour, limit_seconds, is_standby)
        select :attempt_id, id, attempts, :provider_id, 'ASSIGNED',
               clock_timestamp() + make_interval(secs => :lease_seconds), (resources ->> 'cpuCores')::integer,
               (resources ->> 'memoryMib')::integer, (resources ->> 'diskMib')::integer, :price_per_hour,
               time_limit_seconds - settled_seconds, true
          from job
        returning id as attempt_id, job_id, number, rank, limit_seconds, is_standby
    ), shares as (
        insert into attempt_gpus (attempt_id, gpu_id, milli)
        select d.attempt_id, s.gpu_id, s.milli
          from created d, unnest(cast(:gpu_ids as bigint[]), cast(:millis as integer[])) as s (gpu_id, milli)
        returning attempt_id, gpu_id, milli
    )
    select j.*, d.attempt_id, d.number, d.rank, d.limit_seconds, d.is_standby, {_SHARES_OF}, {RESTORABLE}
      from created d join job j on j.id = d.job_id
""")  # noqa: S608 - put together of our own constants
_TRANSITION = text("""
    update attempts set
        status = :to,
        started_at = case when :to = 'RUNNING' then clock_timestamp() else started_at end,
        ended_at = case when :to <> 'RUNNING' then cast(:ended_at as timestamptz) end,
        progress = case when :to = 'COMPLETED' then 100 else progress end,
        cause = cast(:cause as text),
        error = cast(:error as text),
        exit_code = cast(:exit_code as integer),
        billable_seconds = :billable_seconds,
        cost = :cost,
        pending_cost = 0,
        earned = :earned
     where id = :id and status = :expected
    returning *
""")


@dataclass(frozen=True)
class AttemptChange:
    """A transition and what goes with it. `cost`, and what the provider `earned` of it, in QU."""

    expected: AttemptStatus
    to: AttemptStatus
    ended_at: Any = None
    cause: Cause | None = None
    error: str | None = None
    exit_code: int | None = None
    billable_seconds: int = 0
    cost: int = 0
    earned: int = 0

    def __post_init__(self) -> None:
        if self.to not in ALLOWED.get(self.expected, frozenset()):
            raise ValueError(f"an attempt never goes from {self.expected} to {self.to}")


async def assign(
    session: AsyncSession, assignments: Mapping[UUID, Assignment], *, lease_seconds: int
) -> Sequence[Row[Any]]:
    """Create attempts as ASSIGNED, by their new ids, for those of the jobs that still wait, and announce them.

    Returns:
        The jobs that were taken, once for each worker, with its `attempt_id`, `rank`, `number` and `gpus`.
    """
    shares = [(attempt_id, gpu) for attempt_id, assignment in assignments.items() for gpu in assignment.gpus]
    values = {
        "job_ids": [assignment.job_id for assignment in assignments.values()],
        "attempt_ids": list(assignments),
        "provider_ids": [assignment.provider_id for assignment in assignments.values()],
        "prices": [assignment.price_per_hour for assignment in assignments.values()],
        "ranks": [assignment.rank for assignment in assignments.values()],
        "sharing": [attempt_id for attempt_id, _ in shares],
        "gpu_ids": [gpu.gpu_id for _, gpu in shares],
        "millis": [gpu.milli for _, gpu in shares],
        "lease_seconds": lease_seconds,
    }
    rows = (await session.execute(_ASSIGN, values)).all()
    announced = [job_changed(row, to=JobStatus.ASSIGNED) for row in rows if row.rank == 0]
    announced += [_taken(assignments[row.attempt_id]) for row in rows]
    await events.record_all(session, announced)
    return rows


async def stage(
    session: AsyncSession, attempt_id: UUID, assignment: Assignment, *, lease_seconds: int
) -> Row[Any] | None:
    """Create an attempt that stands by, beside the one that lives, and announce it.

    Returns:
        The job with `attempt_id`, `number` and `gpus`; None where it has nothing to stand by for (any more), or where
        both machines would be of one owner or at one site.
    """
    values = {
        "job_id": assignment.job_id,
        "attempt_id": attempt_id,
        "provider_id": assignment.provider_id,
        "price_per_hour": assignment.price_per_hour,
        "gpu_ids": [gpu.gpu_id for gpu in assignment.gpus],
        "millis": [gpu.milli for gpu in assignment.gpus],
        "lease_seconds": lease_seconds,
    }
    row = (await session.execute(_STAGE, values)).one_or_none()
    if row is not None:
        await events.record_all(session, [_taken(assignment)])
    return row


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
        released = _changed(provider_id=row.provider_id, worker_id=worker_id, occupied=False)
        await events.record_all(session, [released])
    return row


def _taken(assignment: Assignment) -> NewEvent:
    return _changed(provider_id=assignment.provider_id, worker_id=assignment.worker_id, occupied=True)


def _changed(*, provider_id: UUID, worker_id: str, occupied: bool) -> NewEvent:
    return NewEvent(
        type=EventType.MARKETPLACE_UPDATE,
        topics=("marketplace", f"provider:{worker_id}", "scheduler"),
        data={"providerId": str(provider_id), "workerId": worker_id, "change": "taken" if occupied else "released"},
    )
