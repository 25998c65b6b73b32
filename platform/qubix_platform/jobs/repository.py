"""All SQL of jobs but their status."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import Priority
from qubix_platform.jobs.query import ListQuery

_COLUMNS = "j.*, p.worker_id, coalesce(p.simulated, false) as simulated"
_FROM = "from jobs j left join providers p on p.id = j.provider_id"

_INSERT = text("""
    insert into jobs (user_id, key_id, name, model_type, spec, resources, max_price, time_limit_seconds, max_attempts,
                      compute_needed, hold_amount, estimated_cost, estimated_seconds, escrow_id, is_held_back,
                      priority, workers, standby, retry, deadline)
    values (:user_id, :key_id, :name, :model_type, cast(:spec as jsonb), cast(:resources as jsonb), :max_price,
            :time_limit_seconds, :max_attempts, :compute_needed, :hold_amount, :estimated_cost, :estimated_seconds,
            :escrow_id, :is_held_back, :priority, :workers, :standby, cast(:retry as jsonb), :deadline)
    returning jobs.*, null as worker_id, false as simulated,
              exists (select from spending_limits l where l.user_id = jobs.user_id) as is_limited
""")
_GET = text(f"select {_COLUMNS} {_FROM} where j.id = :id and j.user_id = :user_id")
_LOCK = text("select * from jobs where id = :id and user_id = :user_id for no key update")
_LIST = {
    order: text(f"""
        select {_COLUMNS}, count(*) over () as total {_FROM}
         where j.user_id = :user_id
           and (cast(:array_id as uuid) is null or j.array_id = :array_id)
           and (cast(:group_id as uuid) is null or j.group_id = :group_id)
           and (cast(:statuses as text[]) is null or j.status = any (:statuses))
           and (cast(:search as text) is null or j.name ilike :search or j.id::text like :search)
         order by {clause}, j.id limit :limit offset :offset
    """)
    for order, clause in {
        "arrayIndex": "j.array_index",
        "-createdAt": "j.created_at desc, j.array_index",
        "createdAt": "j.created_at",
        "name": "j.name",
        "-name": "j.name desc",
        "status": "j.status",
        "-status": "j.status desc",
        "cost": "coalesce(j.actual_cost, j.estimated_cost)",
        "-cost": "coalesce(j.actual_cost, j.estimated_cost) desc",
    }.items()
}
_LOCK_WAITING = text("""
    select id from jobs where id = any (cast(:ids as uuid[])) and status = 'PENDING' order by id for no key update
""")
_REQUEST_CANCEL = text("""
    update jobs set cancel_requested_at = coalesce(cancel_requested_at, clock_timestamp()) where id = :id
""")
_REQUEST_CANCEL_OF = text("""
    update jobs set cancel_requested_at = coalesce(cancel_requested_at, clock_timestamp())
     where id = any (cast(:ids as uuid[]))
""")
_STOP_UNFUNDED = text("""
    update jobs set cancel_requested_at = clock_timestamp(), stop_cause = 'OUT_OF_FUNDS'
     where id = :id and cancel_requested_at is null
""")
_STOP_LATE = text("""
    with locked as (
        select id from jobs where id = any (cast(:ids as uuid[])) and cancel_requested_at is null
           and status in ('ASSIGNED', 'RUNNING') order by id for no key update
    )
    update jobs j set cancel_requested_at = clock_timestamp(), stop_cause = 'DEADLINE_MISSED'
      from locked where j.id = locked.id returning j.id
""")
_NOW = text("select clock_timestamp()")
_TOP_UP = text("update jobs set hold_amount = hold_amount + :amount where id = :id")
_WARN = text("""
    update jobs set funds_end_at = cast(:at as timestamptz)
     where id = :id and funds_end_at is distinct from cast(:at as timestamptz)
    returning id, progress, attempts
""")
_LOCK_KEY = text("select pg_advisory_xact_lock(hashtextextended(:user_id || ':' || :key, 0))")
_KNOWN_KEY = text("select fingerprint, job_id from idempotency_keys where user_id = :user_id and key = :key")
_STORE_KEY = text("""
    insert into idempotency_keys (user_id, key, fingerprint, job_id) values (:user_id, :key, :fingerprint, :job_id)
""")
_CHEAPEST_RATE = text("""
    select fp32_tflops, price_per_hour from providers
     where removed_at is null and status = 'ONLINE' and is_available and fp32_tflops is not null
       and price_per_hour <= :max_price
       and (cardinality(cast(:models as text[])) = 0 or gpu_model = any (:models)) and gpu_vram_mib >= :min_vram
       and (:gpu_count = 0 or gpu_model is not null)
     order by price_per_hour, id limit 1
""")
_LOGS = text("""
    select l.seq, l.attempt, a.rank, l.stream, l.text, l.at from log_entries l join attempts a on a.id = l.attempt_id
     where l.job_id = :id and l.seq > :after order by l.seq limit :limit
""")
_LOGS_TAIL = text("""
    select * from (select l.seq, l.attempt, a.rank, l.stream, l.text, l.at
                     from log_entries l join attempts a on a.id = l.attempt_id where l.job_id = :id
                    order by l.seq desc limit :limit) tail order by seq
""")
_METRICS = text("""
    select * from (
        select a.number as attempt, a.rank, m.at, m.cpu_percent, m.memory_mib, m.gpu_percent, m.gpu_memory_mib,
               m.gpu_temperature
          from attempt_metrics m join attempts a on a.id = m.attempt_id
         where m.job_id = :id order by m.at desc limit :limit) latest order by at
""")
_ARTIFACTS = text("""
    select case when a.rank > 0 then 'rank-' || a.rank || '/' else '' end || f.path as path, f.sha256, f.size,
           a.number as attempt
      from artifacts f join attempts a on a.id = f.attempt_id
     where f.job_id = :id and (cast(:attempt_id as uuid) is null
           or a.number = (select number from attempts where id = :attempt_id))
     order by a.rank, f.path
""")


@dataclass(frozen=True)
class NewJob:
    """What is stored of a new job. Amounts in QU."""

    user_id: UUID
    key_id: UUID | None
    name: str
    model_type: str
    spec: dict[str, Any]
    resources: dict[str, Any]
    max_price: int
    time_limit_seconds: int
    max_attempts: int
    compute_needed: float
    hold_amount: int
    estimated_cost: int
    estimated_seconds: float | None
    escrow_id: UUID | None = None
    is_held_back: bool = False
    priority: Priority = Priority.NORMAL
    workers: int = 1
    standby: bool = False
    retry: dict[str, int] = field(default_factory=dict)
    deadline: datetime | None = None


async def insert(session: AsyncSession, job: NewJob) -> Row[Any]:
    """Store a new job as PENDING."""
    as_json = {name: json.dumps(getattr(job, name)) for name in ("spec", "resources", "retry")}
    values = vars(job) | as_json
    return (await session.execute(_INSERT, values)).one()


async def get(session: AsyncSession, *, job_id: UUID, user_id: UUID) -> Row[Any] | None:
    """A user's job with its provider's worker id."""
    return (await session.execute(_GET, {"id": job_id, "user_id": user_id})).one_or_none()


async def lock(session: AsyncSession, *, job_id: UUID, user_id: UUID) -> Row[Any] | None:
    """A user's job, locked until the transaction ends."""
    return (await session.execute(_LOCK, {"id": job_id, "user_id": user_id})).one_or_none()


async def lock_waiting(session: AsyncSession, ids: Sequence[UUID]) -> list[UUID]:
    """Those of these jobs that wait, locked until the transaction ends, in the one order that everybody keeps."""
    return list((await session.execute(_LOCK_WAITING, {"ids": list(ids)})).scalars())


async def list_page(session: AsyncSession, query: ListQuery) -> Sequence[Row[Any]]:
    """A page of jobs; each row carries the `total` of the whole list."""
    values = {
        "user_id": query.user_id,
        "array_id": query.array_id,
        "group_id": query.group_id,
        "statuses": [status.value for status in query.statuses] or None,
        "search": None if query.search is None else f"%{_escape_like(query.search)}%",
        "limit": query.limit,
        "offset": query.offset,
    }
    return (await session.execute(_LIST[query.order], values)).all()


def _escape_like(search: str) -> str:
    return search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def request_cancel(session: AsyncSession, job_id: UUID) -> None:
    """Remember that the consumer wants a running job stopped."""
    await session.execute(_REQUEST_CANCEL, {"id": job_id})


async def request_cancel_of(session: AsyncSession, job_ids: Sequence[UUID]) -> None:
    """Remember of several jobs, locked by the caller, that the consumer wants them stopped."""
    await session.execute(_REQUEST_CANCEL_OF, {"ids": list(job_ids)})


async def stop_unfunded(session: AsyncSession, job_id: UUID) -> None:
    """Remember that a job has to stop, since the money that is held for it ends."""
    await session.execute(_STOP_UNFUNDED, {"id": job_id})


async def stop_late(session: AsyncSession, job_ids: Sequence[UUID]) -> list[UUID]:
    """Remember that these jobs have to stop, since their deadline has passed; those that ran until now."""
    return list((await session.execute(_STOP_LATE, {"ids": list(job_ids)})).scalars())


async def now(session: AsyncSession) -> datetime:
    """What the time is, by the database's clock."""
    moment: datetime = (await session.execute(_NOW)).scalar_one()
    return moment


async def add_to_hold(session: AsyncSession, *, job_id: UUID, amount: int) -> None:
    """Remember that more is held for a job."""
    await session.execute(_TOP_UP, {"id": job_id, "amount": amount})


async def warn_of_funds(session: AsyncSession, *, job_id: UUID, at: datetime | None) -> Row[Any] | None:
    """Remember when the money that is held for a job ends, or that it does not; None where that was known."""
    return (await session.execute(_WARN, {"id": job_id, "at": at})).one_or_none()


async def known_key(session: AsyncSession, *, user_id: UUID, key: str) -> Row[Any] | None:
    """What an Idempotency-Key was used for; until the transaction ends nobody else can use it."""
    await session.execute(_LOCK_KEY, {"user_id": str(user_id), "key": key})
    return (await session.execute(_KNOWN_KEY, {"user_id": user_id, "key": key})).one_or_none()


async def store_key(session: AsyncSession, *, user_id: UUID, key: str, fingerprint: bytes, job_id: UUID) -> None:
    """Remember what an Idempotency-Key was used for."""
    values = {"user_id": user_id, "key": key, "fingerprint": fingerprint, "job_id": job_id}
    await session.execute(_STORE_KEY, values)


async def cheapest_rate(
    session: AsyncSession, *, max_price: int, models: list[str], min_vram: int, gpu_count: int
) -> Row[Any] | None:
    """Speed (fp32 TFLOP/s) and price (QU per hour) of the cheapest offer that was benchmarked and may fit."""
    values = {"max_price": max_price, "models": models, "min_vram": min_vram, "gpu_count": gpu_count}
    return (await session.execute(_CHEAPEST_RATE, values)).one_or_none()


async def logs(session: AsyncSession, *, job_id: UUID, after: int, limit: int) -> Sequence[Row[Any]]:
    """Output after a sequence number, in order."""
    return (await session.execute(_LOGS, {"id": job_id, "after": after, "limit": limit})).all()


async def logs_tail(session: AsyncSession, *, job_id: UUID, limit: int) -> Sequence[Row[Any]]:
    """The newest output, in order."""
    return (await session.execute(_LOGS_TAIL, {"id": job_id, "limit": limit})).all()


async def metrics(session: AsyncSession, *, job_id: UUID, limit: int) -> Sequence[Row[Any]]:
    """The newest usage samples, in order of time."""
    return (await session.execute(_METRICS, {"id": job_id, "limit": limit})).all()


async def artifacts(session: AsyncSession, *, job_id: UUID, attempt_id: UUID | None) -> Sequence[Row[Any]]:
    """Artifacts of one attempt, or of all."""
    return (await session.execute(_ARTIFACTS, {"id": job_id, "attempt_id": attempt_id})).all()
