"""All SQL of attempts but their status."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.reports import ReportedArtifact, ReportedLog, ReportedMetric
from qubix.schemas.states import AttemptStatus, ProviderType
from qubix_platform.checkpoints.repository import RESTORABLE
from qubix_platform.pricing.policy import MarketPolicy
from qubix_platform.pricing.rates import Split

SEQ_PER_ATTEMPT = 1_000_000_000
"""Log sequence numbers of an attempt start at its number times this, so that they rise over the whole job."""

_GPUS = """
    (select coalesce(jsonb_agg(jsonb_build_object('index', g.index, 'uuid', g.uuid, 'model', g.model,
                                                  'milli', s.milli, 'simulated', g.simulated) order by g.index), '[]')
       from attempt_gpus s join gpus g on g.id = s.gpu_id where s.attempt_id = a.id) as gpus
"""
_OF_JOB = text(f"""
    select a.*, p.worker_id, p.simulated, {_GPUS}
      from attempts a join providers p on p.id = a.provider_id where a.job_id = :job_id order by a.number
""")
# The job's row is locked first, then the attempt's: one order everywhere, so that no two transactions deadlock.
_HELD = """
    with job as (
        select id, user_id, key_id, escrow_id, status, stop_cause, cancel_requested_at, checkpoint_requested_at,
               funds_end_at, hold_amount, settled_amount, max_price, attempts, max_attempts, progress, log_bytes
          from jobs where id = (select job_id from attempts where id = :id) for no key update
    ), held as ({held})
    select held.id, held.job_id, held.number, held.provider_id, held.status, held.price_per_hour, held.started_at,
           held.next_log_seq, held.progress, held.limit_seconds, held.settled_seconds, held.cost, held.earned,
           held.preemption_noticed_at, held.billable_seconds, held.cause, held.ended_at, held.resumed_from,
           held.resumed_seconds, clock_timestamp() as now,
           job.user_id, job.key_id, job.escrow_id, job.status as job_status, job.stop_cause, job.cancel_requested_at,
           job.checkpoint_requested_at, job.funds_end_at, job.hold_amount, job.settled_amount, job.max_price,
           job.attempts, job.max_attempts, job.log_bytes, p.worker_id, p.user_id as provider_user_id
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
_DUE = text("""
    select a.id from attempts a join jobs j on j.id = a.job_id
     where a.status = 'RUNNING' and j.time_limit_seconds > :funded
       and (j.cancel_requested_at is null or j.stop_cause is not null)
       and (extract(epoch from clock_timestamp() - a.started_at) >= a.settled_seconds + :every
            or j.funds_end_at is not null
            or (a.price_per_hour > 0 and extract(epoch from clock_timestamp() - a.started_at) + :margin
                >= a.settled_seconds + (j.hold_amount - j.settled_amount) * 3600 / a.price_per_hour))
     order by a.started_at, a.id
""")
_SETTLED = text("""
    with attempt as (
        update attempts set settled_seconds = :through, billable_seconds = :through, cost = cost + :charged,
                            earned = earned + :provider_amount
         where id = :id
    ), part as (
        insert into attempt_settlements (attempt_id, through_seconds, charged, provider_amount, fee)
        values (:id, :through, :charged, :provider_amount, :fee)
    )
    update jobs set settled_amount = settled_amount + :charged, settled_seconds = settled_seconds + :seconds
     where id = :job_id
""")
_PART = text("""
    with part as (
        insert into attempt_settlements (attempt_id, through_seconds, charged, provider_amount, fee)
        values (:id, :through, :charged, :provider_amount, :fee)
    )
    update jobs set settled_amount = settled_amount + :charged, settled_seconds = settled_seconds + :seconds
     where id = :job_id
""")
_NOTICE = text("""
    update attempts set preemption_noticed_at = coalesce(preemption_noticed_at, clock_timestamp()) where id = :id
""")
_RESUMED_PART = text("""
    update attempts set resumed_seconds = :resumed, billable_seconds = :through, cost = cost + :charged,
                        earned = earned + :provider_amount
     where id = :id
""")
_RESUMED_FROM = text("""
    update attempts set resumed_from = :checkpoint_id, limit_seconds = greatest(1, limit_seconds - :seconds)
     where id = :id returning limit_seconds
""")
_PROGRESS = text("""
    with attempt as (
        update attempts set progress = greatest(progress, :progress) where id = :id returning job_id, progress
    )
    update jobs j set progress = greatest(j.progress, attempt.progress) from attempt
     where j.id = attempt.job_id and j.progress < attempt.progress returning j.progress
""")
_LOGS = text("""
    with added as (
        insert into log_entries (job_id, seq, attempt_id, attempt, stream, text, at)
        select :job_id, :base + l.seq, :id, :number, l.stream, l.text, l.at
          from unnest(cast(:seqs as bigint[]), cast(:streams as text[]), cast(:texts as text[]),
                      cast(:ats as timestamptz[])) as l (seq, stream, text, at)
        on conflict do nothing
    ), counted as (
        update attempts set next_log_seq = greatest(next_log_seq, :next_seq) where id = :id
    )
    update jobs set log_bytes = log_bytes + :bytes where id = :job_id
""")
_METRICS = text("""
    insert into attempt_metrics (attempt_id, job_id, at, cpu_percent, memory_mib, gpu_percent, gpu_memory_mib,
                                 gpu_temperature)
    select :id, :job_id, m.at, m.cpu, m.memory, m.gpu, m.gpu_memory, m.temperature
      from unnest(cast(:ats as timestamptz[]), cast(:cpu as real[]), cast(:memory as real[]), cast(:gpu as real[]),
                  cast(:gpu_memory as real[]), cast(:temperature as real[]))
           as m (at, cpu, memory, gpu, gpu_memory, temperature)
""")
_ARTIFACTS = text("""
    insert into artifacts (job_id, attempt_id, path, sha256, size)
    select :job_id, :id, f.path, f.sha256, b.size
      from unnest(cast(:paths as text[]), cast(:shas as text[])) as f (path, sha256)
      join blobs b on b.sha256 = f.sha256
    on conflict (attempt_id, path) do update set sha256 = excluded.sha256, size = excluded.size
    returning path
""")
_RENEW = text("""
    with mine as (
        select a.id, a.status, j.cancel_requested_at
          from unnest(cast(:ids as uuid[])) as given (id)
          left join attempts a on a.id = given.id and a.provider_id = :provider_id
          left join jobs j on j.id = a.job_id
    ), renewed as (
        update attempts set lease_expires_at = clock_timestamp() + make_interval(secs => :lease_seconds)
         where id in (select id from mine where status in ('ASSIGNED', 'RUNNING')) and status in ('ASSIGNED', 'RUNNING')
        returning id
    )
    select given.id from unnest(cast(:ids as uuid[])) as given (id) left join mine on mine.id = given.id
     where mine.id is null or mine.status not in ('ASSIGNED', 'RUNNING') or mine.cancel_requested_at is not null
""")
_LIVE = text("""
    select a.id, a.job_id, a.number, a.provider_id, a.status, a.lease_expires_at, a.launched_at, a.created_at,
           a.lease_expires_at < clock_timestamp() as lease_expired,
           j.cancel_requested_at is not null as cancel_requested,
           p.worker_id, p.type as provider_type, p.ray_node_id
      from attempts a join jobs j on j.id = a.job_id join providers p on p.id = a.provider_id
     where a.status in ('ASSIGNED', 'RUNNING') order by a.created_at, a.id
""")
_LAUNCHED = text("""
    update attempts set launched_at = clock_timestamp()
     where id = any (cast(:ids as uuid[])) and launched_at is null and status in ('ASSIGNED', 'RUNNING')
""")
_MAILBOX = text(f"""
    select j.*, a.id as attempt_id, a.number, a.limit_seconds, p.worker_id, p.simulated, {_GPUS}, {RESTORABLE}
      from attempts a join providers p on p.id = a.provider_id join jobs j on j.id = a.job_id
     where p.worker_id = :worker_id and p.type <> 'RAY' and a.status = 'ASSIGNED' and j.cancel_requested_at is null
     order by a.created_at, a.id
""")
_SPEC = text(f"""
    select j.*, a.id as attempt_id, a.number, a.limit_seconds, p.worker_id, p.simulated, {_GPUS}, {RESTORABLE}
      from attempts a join providers p on p.id = a.provider_id join jobs j on j.id = a.job_id where a.id = :id
""")


@dataclass(frozen=True)
class LiveAttempt:
    """An attempt that holds its job's lease."""

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


async def due(session: AsyncSession, policy: MarketPolicy) -> list[UUID]:
    """Running attempts of long jobs that have time to settle, or whose held money does not last for long."""
    values = {
        "funded": policy.funded_seconds,
        "every": policy.settle_every_seconds,
        "margin": policy.settle_margin_seconds,
    }
    return list((await session.execute(_DUE, values)).scalars())


async def store_settlement(session: AsyncSession, held: Row[Any], parts: Split, *, seconds: int) -> None:
    """Remember that a running attempt was paid for `seconds` more."""
    await session.execute(_SETTLED, _settlement(held, parts, seconds))


async def store_part(session: AsyncSession, held: Row[Any], parts: Split, *, seconds: int) -> None:
    """Remember that an attempt was paid for its last `seconds`, while its job goes on."""
    await session.execute(_PART, _settlement(held, parts, seconds))


async def store_resumed_part(
    session: AsyncSession, lost: Row[Any], parts: Split, *, through: int, resumed_seconds: int
) -> None:
    """Remember that a lost attempt was paid through so many of its seconds, because a later one went on from them."""
    seconds = through - lost.billable_seconds
    values = _settlement(lost, parts, seconds) | {"through": through}
    if seconds:
        await session.execute(_PART, values)
    await session.execute(_RESUMED_PART, values | {"resumed": resumed_seconds})


async def store_resumption(session: AsyncSession, *, attempt_id: UUID, checkpoint_id: UUID, paid_seconds: int) -> int:
    """Remember what an attempt goes on from, and take what that was paid for off its time limit; what is left of it."""
    values = {"id": attempt_id, "checkpoint_id": checkpoint_id, "seconds": paid_seconds}
    limit: int = (await session.execute(_RESUMED_FROM, values)).scalar_one()
    return limit


def _settlement(held: Row[Any], parts: Split, seconds: int) -> dict[str, Any]:
    return {
        "id": held.id,
        "job_id": held.job_id,
        "through": held.settled_seconds + seconds,
        "seconds": seconds,
        "charged": parts.provider + parts.fee,
        "provider_amount": parts.provider,
        "fee": parts.fee,
    }


async def notice_preemption(session: AsyncSession, attempt_id: UUID) -> None:
    """Remember since when an attempt is asked to make room."""
    await session.execute(_NOTICE, {"id": attempt_id})


async def raise_progress(session: AsyncSession, *, attempt_id: UUID, progress: float) -> float | None:
    """Raise an attempt's progress, and its job's; the job's new one, or None where it did not rise."""
    risen: float | None = (
        await session.execute(_PROGRESS, {"id": attempt_id, "progress": progress})
    ).scalar_one_or_none()
    return risen


async def append_logs(session: AsyncSession, held: Row[Any], entries: Sequence[ReportedLog]) -> None:
    """Store output; `entries` are new, in order."""
    values = {
        "id": held.id,
        "job_id": held.job_id,
        "number": held.number,
        "base": held.number * SEQ_PER_ATTEMPT,
        "seqs": [entry.seq for entry in entries],
        "streams": [entry.stream.value for entry in entries],
        "texts": [entry.text for entry in entries],
        "ats": [entry.at for entry in entries],
        "next_seq": entries[-1].seq + 1,
        "bytes": sum(len(entry.text) for entry in entries),
    }
    await session.execute(_LOGS, values)


async def append_metrics(session: AsyncSession, held: Row[Any], samples: Sequence[ReportedMetric]) -> None:
    """Store usage samples."""
    values = {
        "id": held.id,
        "job_id": held.job_id,
        "ats": [sample.at for sample in samples],
        "cpu": [sample.cpu_percent for sample in samples],
        "memory": [sample.memory_mib for sample in samples],
        "gpu": [sample.gpu_percent for sample in samples],
        "gpu_memory": [sample.gpu_memory_mib for sample in samples],
        "temperature": [sample.gpu_temperature for sample in samples],
    }
    await session.execute(_METRICS, values)


async def add_artifacts(session: AsyncSession, held: Row[Any], artifacts: Sequence[ReportedArtifact]) -> set[str]:
    """Store artifacts whose blobs are there; the paths that were stored."""
    values = {
        "id": held.id,
        "job_id": held.job_id,
        "paths": [artifact.path for artifact in artifacts],
        "shas": [artifact.sha256 for artifact in artifacts],
    }
    return set((await session.execute(_ARTIFACTS, values)).scalars())


async def renew(
    session: AsyncSession, *, provider_id: UUID, attempt_ids: Sequence[UUID], lease_seconds: int
) -> list[UUID]:
    """Renew the leases of a provider's attempts; those of them that are to be stopped."""
    values = {"provider_id": provider_id, "ids": list(attempt_ids), "lease_seconds": lease_seconds}
    return list((await session.execute(_RENEW, values)).scalars())


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


async def mark_launched(session: AsyncSession, attempt_ids: Sequence[UUID]) -> None:
    """Remember that these attempts were handed to their nodes' runners."""
    await session.execute(_LAUNCHED, {"ids": list(attempt_ids)})


async def mailbox(session: AsyncSession, worker_id: str) -> Sequence[Row[Any]]:
    """What waits for a pulling provider, oldest first."""
    return (await session.execute(_MAILBOX, {"worker_id": worker_id})).all()


async def with_spec(session: AsyncSession, attempt_id: UUID) -> Row[Any] | None:
    """An attempt's job, number and GPUs: what its runner needs."""
    return (await session.execute(_SPEC, {"id": attempt_id})).one_or_none()
