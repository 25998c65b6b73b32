"""All SQL of attempts but their status."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import AttemptStatus, Cause, ProviderType
from qubix_platform.checkpoints.repository import RESTORABLE

_GPUS = """
    (select coalesce(jsonb_agg(jsonb_build_object('index', g.index, 'uuid', g.uuid, 'model', g.model,
                                                  'milli', s.milli, 'simulated', g.simulated) order by g.index), '[]')
       from attempt_gpus s join gpus g on g.id = s.gpu_id where s.attempt_id = a.id) as gpus
"""
_FOR_RUNNER = f"""
    j.*, a.id as attempt_id, a.number, a.rank, a.is_standby, a.limit_seconds, p.worker_id, p.simulated,
    {_GPUS}, {RESTORABLE}
"""
_OF_JOB = text(f"""
    select a.*, p.worker_id, p.simulated, {_GPUS}
      from attempts a join providers p on p.id = a.provider_id where a.job_id = :job_id
     order by a.number, a.is_standby, a.rank, a.created_at
""")
# The job's row is locked first, then the attempt's: one order everywhere, so that no two transactions deadlock.
_HELD = """
    with job as (
        select id, user_id, key_id, escrow_id, status, stop_cause, cancel_requested_at, checkpoint_requested_at,
               snapshot_requested_at, funds_end_at, hold_amount, settled_amount, max_price, attempts, max_attempts,
               progress, log_bytes, workers, standby, retry
          from jobs where id = (select job_id from attempts where id = :id) for no key update
    ), held as ({held})
    select held.id, held.job_id, held.number, held.rank, held.is_standby, held.provider_id, held.status,
           held.price_per_hour, held.started_at, held.next_log_seq, held.progress, held.limit_seconds,
           held.settled_seconds, held.pending_cost,
           held.cost, held.earned, held.preemption_noticed_at, held.billable_seconds, held.cause,
           held.ended_at, held.resumed_from, held.resumed_seconds, clock_timestamp() as now,
           job.user_id, job.key_id, job.escrow_id, job.status as job_status, job.stop_cause, job.cancel_requested_at,
           job.checkpoint_requested_at, job.snapshot_requested_at,
           job.funds_end_at, job.hold_amount, job.settled_amount, job.max_price,
           job.attempts, job.max_attempts, job.log_bytes, job.workers, job.standby, job.retry,
           (select count(distinct o.number) from attempts o
             where o.job_id = job.id and o.cause = 'PREEMPTED' and not o.is_standby) as preempted,
           case when job.workers = 1 then 1 else greatest(1, (
               select count(*) from attempts o where o.job_id = job.id and o.status in ('ASSIGNED', 'RUNNING')))
           end as sharing, p.worker_id, p.user_id as provider_user_id
      from held, job, providers p where p.id = held.provider_id
"""
_HOLD = text(
    _HELD.format(
        held="""
        update attempts a set lease_expires_at = case when a.status in ('ASSIGNED', 'RUNNING')
                   then clock_timestamp() + make_interval(secs => :lease_seconds) else a.lease_expires_at end
          from job where a.id = :id and a.job_id = job.id
        returning a.*"""
    )
)
_LOCK = text(
    _HELD.format(
        held="select a.* from attempts a join job on a.job_id = job.id where a.id = :id for no key update of a"
    )
)
# A machine may run attempts of many jobs. Were one waited for while others are held, those who end whole gangs, which
# hold one and want the others, could wait in a circle. Who holds one renews it by a report, or ends it, or is done long
# before the lease is: the next heartbeat comes within a third of it.
_RENEW = text("""
    with mine as (
        select a.id, a.status, j.cancel_requested_at
          from unnest(cast(:ids as uuid[])) as given (id)
          left join attempts a on a.id = given.id and a.provider_id = :provider_id
          left join jobs j on j.id = a.job_id
    ), free as (
        select id from attempts
         where id in (select id from mine where status in ('ASSIGNED', 'RUNNING')) and status in ('ASSIGNED', 'RUNNING')
           for no key update skip locked
    ), renewed as (
        update attempts set lease_expires_at = clock_timestamp() + make_interval(secs => :lease_seconds)
         where id in (select id from free)
        returning id
    )
    select given.id from unnest(cast(:ids as uuid[])) as given (id) left join mine on mine.id = given.id
     where mine.id is null or mine.status not in ('ASSIGNED', 'RUNNING') or mine.cancel_requested_at is not null
""")
_ENDED_BEFORE = text("""
    select cause, count(*) as attempts from attempts
     where job_id = :job_id and number < :number and cause = any (cast(:causes as text[])) group by cause
""")
_LIVE = text("""
    select a.id, a.job_id, a.number, a.provider_id, a.status, a.lease_expires_at, a.launched_at, a.created_at,
           a.lease_expires_at < clock_timestamp() as lease_expired,
           a.limit_seconds, case when a.is_standby then 0.0
                else cast(extract(epoch from clock_timestamp() - a.assigned_at) as float8) end as age_seconds,
           cast(extract(epoch from clock_timestamp() - a.started_at) as float8) as running_seconds,
           case when j.stop_cause is distinct from 'OUT_OF_FUNDS'
                then cast(extract(epoch from clock_timestamp() - j.cancel_requested_at) as float8)
           end as cancelled_seconds,
           j.cancel_requested_at is not null as cancel_requested,
           p.worker_id, p.type as provider_type, p.ray_node_id
      from attempts a join jobs j on j.id = a.job_id join providers p on p.id = a.provider_id
     where a.status in ('ASSIGNED', 'RUNNING') order by a.created_at, a.id
""")
# As with the leases: none is waited for while others are held.
_LAUNCHED = text("""
    with launched as (
        select id, ago from unnest(cast(:ids as uuid[]), cast(:ago as float8[])) as given (id, ago)
    ), free as (
        select id from attempts
         where id in (select id from launched) and launched_at is null for no key update skip locked
    ), marked as (
        update attempts a set launched_at = clock_timestamp() - make_interval(secs => launched.ago)
          from launched where a.id = launched.id and a.id in (select id from free)
        returning a.id
    )
    select id from attempts
     where id in (select id from launched) and launched_at is null and id not in (select id from marked)
""")
_MAILBOX = text(f"""
    select {_FOR_RUNNER}, a.delivered_at
      from attempts a join providers p on p.id = a.provider_id join jobs j on j.id = a.job_id
     where p.worker_id = :worker_id and p.type <> 'RAY' and a.status = 'ASSIGNED' and j.cancel_requested_at is null
     order by a.created_at, a.id
""")
# Who is just taking it back holds its row: it is not handed out then. Nor is anybody waited for here, since a heartbeat
# holds its machine's row already, which the end of an attempt locks after the attempt's.
_DELIVER = text("""
    with handed as (
        select a.id from attempts a join providers p on p.id = a.provider_id
         where p.worker_id = :worker_id and p.type <> 'RAY' and a.status = 'ASSIGNED' and a.delivered_at is null
           for no key update of a skip locked
    )
    update attempts set delivered_at = clock_timestamp() where id in (select id from handed) returning id
""")
_UNDELIVERED = text("""
    select a.id from attempts a join providers p on p.id = a.provider_id join jobs j on j.id = a.job_id
     where a.job_id = :job_id and p.type <> 'RAY' and a.status = 'ASSIGNED' and a.delivered_at is null
       and j.workers = 1 and not a.is_standby
       for no key update of a
""")
_SPEC = text(f"""
    select {_FOR_RUNNER}
      from attempts a join providers p on p.id = a.provider_id join jobs j on j.id = a.job_id where a.id = :id
""")
# How many of its gang are not ready yet; of an attempt by itself, whether it is.
_READINESS = text(f"""
    select {_FOR_RUNNER}, a.status as attempt_status, a.ready_at,
           a.lease_expires_at < clock_timestamp() + make_interval(secs => :renewed_below) as lease_is_old,
           (select count(*) from attempts o
             where o.job_id = a.job_id and o.number = a.number and not o.is_standby and o.ready_at is null) as waiting
      from attempts a join providers p on p.id = a.provider_id join jobs j on j.id = a.job_id where a.id = :id
""")
_READY = text("""
    update attempts set ready_at = coalesce(ready_at, clock_timestamp()),
                        lease_expires_at = clock_timestamp() + make_interval(secs => :lease_seconds)
     where id = :id and status in ('ASSIGNED', 'RUNNING')
""")
_STANDBY_OF = text("""
    select a.id, a.provider_id, p.worker_id, clock_timestamp() as now,
           a.lease_expires_at < clock_timestamp() as lease_expired
      from attempts a join providers p on p.id = a.provider_id
     where a.job_id = :job_id and a.is_standby and a.status = 'ASSIGNED' for no key update of a
""")
_TAKE_OVER = text("""
    update attempts set is_standby = false, number = :number, limit_seconds = greatest(1, :limit_seconds),
                        assigned_at = clock_timestamp(),
                        lease_expires_at = clock_timestamp() + make_interval(secs => :lease_seconds)
     where id = :id and is_standby
""")
# Of all that end together, before any of them does. Attempts come before machines, as in a heartbeat, and machines in
# the order in which `assign` books them, too.
_LOCK_LIVE = text("""
    select from attempts where job_id = :job_id and status in ('ASSIGNED', 'RUNNING') order by id for no key update
""")
_LOCK_MACHINES = text("""
    select from providers
     where id in (select provider_id from attempts where job_id = :job_id and status in ('ASSIGNED', 'RUNNING'))
     order by id for no key update
""")
_LIVE_PEERS = text("""
    select id from attempts where job_id = :job_id and id <> :but and status in ('ASSIGNED', 'RUNNING') order by id
""")
_STORE_RESULT = text("update attempts set result = cast(:result as jsonb) where id = :id")
_FIRST_RESULT = text("select result from attempts where job_id = :job_id and number = :number and rank = 0")
_OF_WORKER = text("""
    select id from attempts where job_id = :job_id and number = :number and rank = :rank and not is_standby
""")


@dataclass(frozen=True)
class LiveAttempt:
    """An attempt that holds its job's lease.

    Attributes:
        limit_seconds: how long it may run.
        age_seconds: since it was assigned, or took over; 0 while it stands by.
        running_seconds: since it began; None where it has not.
        cancelled_seconds: since its consumer cancelled its job; None where nobody, or the platform, did.
        cancel_requested: whether it is to stop, for whatever cause.
    """

    id: UUID
    job_id: UUID
    number: int
    provider_id: UUID
    worker_id: str
    provider_type: ProviderType
    ray_node_id: str | None
    status: AttemptStatus
    lease_expires_at: datetime
    lease_expired: bool
    launched_at: datetime | None
    created_at: datetime
    limit_seconds: int
    age_seconds: float
    running_seconds: float | None
    cancelled_seconds: float | None
    cancel_requested: bool


async def of_job(session: AsyncSession, job_id: UUID) -> Sequence[Row[Any]]:
    """A job's attempts in order, with their GPUs."""
    return (await session.execute(_OF_JOB, {"job_id": job_id})).all()


async def hold(session: AsyncSession, *, attempt_id: UUID, lease_seconds: int) -> Row[Any] | None:
    """Lock an attempt and its job, and renew its lease if it has one; None where there is no such attempt."""
    values = {"id": attempt_id, "lease_seconds": lease_seconds}
    return (await session.execute(_HOLD, values)).one_or_none()


async def lock(session: AsyncSession, attempt_id: UUID) -> Row[Any] | None:
    """Lock an attempt and its job, and leave its lease as it is; None where there is no such attempt."""
    return (await session.execute(_LOCK, {"id": attempt_id})).one_or_none()


async def renew(
    session: AsyncSession, *, provider_id: UUID, attempt_ids: Sequence[UUID], lease_seconds: int
) -> list[UUID]:
    """Renew the leases of a provider's attempts; those of them that are to be stopped."""
    values = {"provider_id": provider_id, "ids": list(attempt_ids), "lease_seconds": lease_seconds}
    return list((await session.execute(_RENEW, values)).scalars())


async def ended_before(session: AsyncSession, held: Row[Any], *, causes: Sequence[Cause]) -> dict[Cause, int]:
    """How many attempts of a job before this one ended for each of these causes."""
    values = {"job_id": held.job_id, "number": held.number, "causes": [cause.value for cause in causes]}
    return {Cause(row.cause): row.attempts for row in await session.execute(_ENDED_BEFORE, values)}


async def live(session: AsyncSession) -> list[LiveAttempt]:
    """Every attempt that holds a lease, oldest first."""
    return [
        LiveAttempt(
            **{
                **row._mapping,
                "status": AttemptStatus(row.status),
                "provider_type": ProviderType(row.provider_type),
            }
        )
        for row in await session.execute(_LIVE)
    ]


async def mark_launched(session: AsyncSession, seconds_ago: Mapping[UUID, float]) -> set[UUID]:
    """Remember when these attempts were handed to their nodes' runners, those included that have ended since.

    Returns:
        Those that somebody holds just now, which are still to be marked.
    """
    values = {"ids": list(seconds_ago), "ago": list(seconds_ago.values())}
    return set((await session.execute(_LAUNCHED, values)).scalars())


async def mailbox(session: AsyncSession, worker_id: str) -> Sequence[Row[Any]]:
    """What waits for a pulling provider, oldest first; it counts as delivered from now on."""
    waiting = (await session.execute(_MAILBOX, {"worker_id": worker_id})).all()
    if all(entry.delivered_at for entry in waiting):
        return waiting
    handed = set((await session.execute(_DELIVER, {"worker_id": worker_id})).scalars())
    return [entry for entry in waiting if entry.delivered_at or entry.attempt_id in handed]


async def undelivered(session: AsyncSession, job_id: UUID) -> UUID | None:
    """Lock a job's attempt that its pulling machine has not been told of yet; None where there is none."""
    found: UUID | None = (await session.execute(_UNDELIVERED, {"job_id": job_id})).scalar_one_or_none()
    return found


async def with_spec(session: AsyncSession, attempt_id: UUID) -> Row[Any] | None:
    """An attempt's job, number and GPUs: what its runner needs."""
    return (await session.execute(_SPEC, {"id": attempt_id})).one_or_none()


async def readiness(session: AsyncSession, attempt_id: UUID, *, renewed_below: int) -> Row[Any] | None:
    """What `with_spec` gives, with `attempt_status`, `ready_at`, and how many of its gang are still `waiting`.

    `lease_is_old` where the lease lasts for less than `renewed_below` seconds.
    """
    values = {"id": attempt_id, "renewed_below": renewed_below}
    return (await session.execute(_READINESS, values)).one_or_none()


async def mark_ready(session: AsyncSession, attempt_id: UUID, *, lease_seconds: int) -> None:
    """Remember that an attempt is ready, and renew its lease."""
    await session.execute(_READY, {"id": attempt_id, "lease_seconds": lease_seconds})


async def standby_of(session: AsyncSession, job_id: UUID) -> Row[Any] | None:
    """The attempt that stands by for a job, locked; whether its `lease_expired`."""
    return (await session.execute(_STANDBY_OF, {"job_id": job_id})).one_or_none()


async def begin_takeover(
    session: AsyncSession, attempt_id: UUID, *, number: int, limit_seconds: int, lease_seconds: int
) -> None:
    """Make an attempt that stood by the one that lives."""
    values = {"id": attempt_id, "number": number, "limit_seconds": limit_seconds, "lease_seconds": lease_seconds}
    await session.execute(_TAKE_OVER, values)


async def lock_with_machines(session: AsyncSession, job_id: UUID) -> None:
    """Lock all of a job's attempts that live, and then all machines that they live on, each in one order."""
    await session.execute(_LOCK_LIVE, {"job_id": job_id})
    await session.execute(_LOCK_MACHINES, {"job_id": job_id})


async def live_peers(session: AsyncSession, job_id: UUID, *, but: UUID) -> list[UUID]:
    """The job's other attempts that live."""
    return list((await session.execute(_LIVE_PEERS, {"job_id": job_id, "but": but})).scalars())


async def store_result(session: AsyncSession, attempt_id: UUID, result: JsonValue) -> None:
    """Remember what a worker left as its job's result."""
    await session.execute(_STORE_RESULT, {"id": attempt_id, "result": json.dumps(result)})


async def result_of_first(session: AsyncSession, job_id: UUID, *, number: int) -> JsonValue:
    """What the first worker of a gang left as its job's result."""
    result: JsonValue = (await session.execute(_FIRST_RESULT, {"job_id": job_id, "number": number})).scalar_one()
    return result


async def of_worker(session: AsyncSession, job_id: UUID, *, number: int, rank: int) -> UUID | None:
    """A worker's attempt of this number."""
    values = {"job_id": job_id, "number": number, "rank": rank}
    found: UUID | None = (await session.execute(_OF_WORKER, values)).scalar_one_or_none()
    return found
