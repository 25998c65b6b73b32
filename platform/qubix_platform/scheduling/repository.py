"""All SQL of scheduling. Reading goes by the connection that holds the lead: who lost it cannot decide any more."""

import functools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.resources import ResourceRequest
from qubix.schemas.states import IsolationLevel, ProviderStatus, ProviderType, Trust
from qubix.schemas.waiting import WaitingReport
from qubix_platform.database.connection import Connection
from qubix_platform.placement.model import (
    Candidate,
    GpuState,
    PendingJob,
    Request,
    Snapshot,
    compute_capability,
)
from qubix_platform.scheduling.models import Explanation, Reading, Standing
from qubix_platform.scheduling.passes import Encoded

LEADER_LOCK: Final = 0x7363686564756C65  # "schedule": the advisory lock of the one scheduler that acts
MAX_PENDING: Final = 5_000
"""Jobs that one pass looks at. Of more, those that are not marked as unassignable come first."""

_RECENTLY: Final = timedelta(days=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# One statement, hence one snapshot of the database; as JSON, because one large value is read faster than many rows.
_MARKET: Final = """
    with pending as materialized (
        select id, user_id, queued_at, max_price, resources, waiting, unassignable_since, attempts
          from jobs where status = 'PENDING' and not is_held_back and cancel_requested_at is null
         order by unassignable_since is not null, queued_at, id limit $1
    )
    select clock_timestamp() as now,
        (select json_agg(json_build_array(id, user_id, (extract(epoch from queued_at) * 1000000)::bigint, max_price,
                resources::text, waiting::text, (extract(epoch from unassignable_since) * 1000000)::bigint,
                case when attempts > 0 then
                    (select json_agg(distinct a.provider_id) from attempts a where a.job_id = pending.id) end))
           from pending)::text as jobs,
        (select json_agg(json_build_array(p.id, p.worker_id, p.user_id, p.type, p.trust, p.status, p.is_available,
                p.cpu_cores, p.ram_mib, p.disk_mib, p.price_per_hour, p.isolation_level, p.reliability, p.location,
                (extract(epoch from p.shunned_until) * 1000000)::bigint, p.allocated_cpu, p.allocated_memory_mib,
                (select json_agg(json_build_array(g.id, g.index, g.model, g.vram_mib, g.compute_capability,
                                                  g.allocated_milli) order by g.index)
                   from gpus g where g.provider_id = p.id and g.is_present), p.fp32_tflops))
           from providers p
          where ($3 or exists (select from pending)) and p.removed_at is null
            and (p.status <> 'OFFLINE' or p.last_heartbeat > now() - $2::interval))::text as providers
"""
_TRY_LOCK: Final = "select pg_try_advisory_lock($1)"
_SILENCE: Final = "set idle_session_timeout = '10s'"
_EXPLAIN: Final = text("""
    update jobs j set
        waiting = cast(e.waiting as jsonb),
        unassignable_since = case when e.is_unassignable then coalesce(j.unassignable_since, clock_timestamp()) end
      from unnest(cast(:ids as uuid[]), cast(:waiting as text[]), cast(:unassignable as boolean[]))
           as e (id, waiting, is_unassignable)
     where j.id = e.id and j.status = 'PENDING'
    returning j.id, j.progress, j.attempts, j.unassignable_since
""")
_RECORD: Final = text("""
    insert into scheduler_passes (decided_at, policy, snapshot, decisions, pending, assigned, duration_us, base_id)
    values (:decided_at, cast(:policy as jsonb), :snapshot, :decisions, :pending, :assigned, :duration_us, :base_id)
    returning id
""")
# What those that are kept were shortened by is kept with them.
_PRUNE: Final = text("""
    delete from scheduler_passes
     where id < (select min(coalesce(base_id, id)) from scheduler_passes where id > :oldest)
""")
_STORED: Final = """
    select p.*, b.snapshot as base from scheduler_passes p left join scheduler_passes b on b.id = p.base_id
"""
_PASS: Final = text(f"{_STORED} where p.id = :id")
_BEFORE: Final = text(f"""
    {_STORED} where cast(:before as bigint) is null or p.id < :before order by p.id desc limit :limit
""")
_PASSES: Final = text("""
    select id, decided_at, pending, assigned, duration_us from scheduler_passes order by id desc limit :limit
""")


async def try_lead(connection: Connection) -> bool:
    """Try to become the one scheduler that acts, for as long as this connection lasts."""
    return bool(await connection.fetchval(_TRY_LOCK, LEADER_LOCK))


async def limit_silence(connection: Connection) -> None:
    """Have the server end this connection, and with it the lead, when nothing is heard on it for ten seconds."""
    await connection.execute(_SILENCE)


async def read_market(connection: Connection, *, limit: int = MAX_PENDING) -> Reading:
    """The pending jobs and, where there are any, the machines that they could go to."""
    row = await connection.fetchrow(_MARKET, limit, _RECENTLY, False)
    assert row is not None, "a query without a source has one row"
    waiting = [_waiting(*job[:-1], tuple(job[-1] or ())) for job in orjson.loads(row["jobs"] or "[]")]
    providers = orjson.loads(row["providers"] or "[]")
    return Reading(
        now=row["now"],
        snapshot=Snapshot(jobs=tuple(job for job, _ in waiting), providers=tuple(map(_candidate, providers))),
        standings={job.id: standing for job, standing in waiting},
    )


async def read_candidates(session: AsyncSession) -> list[Candidate]:
    """Every machine that a job could go to, as the scheduler sees them."""
    raw: Any = await (await session.connection()).get_raw_connection()
    row = await raw.driver_connection.fetchrow(_MARKET, 0, _RECENTLY, True)
    return [_candidate(machine) for machine in orjson.loads(row["providers"] or "[]")]


async def write_explanations(session: AsyncSession, explanations: Sequence[Explanation]) -> Sequence[Row[Any]]:
    """Write why jobs wait; the jobs that still do, as they are now."""
    values = {
        "ids": [explanation.job_id for explanation in explanations],
        "waiting": [
            explanation.report.model_copy(update={"decided_at": explanation.decided_at}).model_dump_json(by_alias=True)
            for explanation in explanations
        ],
        "unassignable": [explanation.is_unassignable for explanation in explanations],
    }
    return (await session.execute(_EXPLAIN, values)).all()


async def record_pass(session: AsyncSession, encoded: Encoded, *, base_id: int | None) -> int:
    """Store a pass, and the id of the one that it was shortened by; its id."""
    recorded: int = (await session.execute(_RECORD, vars(encoded) | {"base_id": base_id})).scalar_one()
    return recorded


async def prune_passes(session: AsyncSession, *, newest: int, kept: int) -> None:
    """Delete what is older than the last `kept` passes up to the pass `newest`, and needed by none of them."""
    await session.execute(_PRUNE, {"oldest": newest - kept})


async def read_pass(session: AsyncSession, pass_id: int) -> Row[Any] | None:
    """A recorded pass, None where it is not (or no longer) kept."""
    return (await session.execute(_PASS, {"id": pass_id})).one_or_none()


async def read_passes(session: AsyncSession, *, before: int | None, limit: int) -> Sequence[Row[Any]]:
    """The newest recorded passes with ids below `before`, newest first."""
    return (await session.execute(_BEFORE, {"before": before, "limit": limit})).all()


async def list_passes(session: AsyncSession, *, limit: int) -> Sequence[Row[Any]]:
    """The newest passes, without what they were made from."""
    return (await session.execute(_PASSES, {"limit": limit})).all()


def _instant(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)


# A job is read again by every pass until it is placed, and is nearly always what it was the last time.
@functools.lru_cache(maxsize=MAX_PENDING)
def _waiting(  # noqa: PLR0917 - a row, in the order of the query
    job_id: str,
    user_id: str,
    queued_at: int,
    max_price: int,
    resources: str,
    waiting: str | None,
    unassignable_since: int | None,
    tried: tuple[str, ...],
) -> tuple[PendingJob, Standing]:
    job = PendingJob(
        id=UUID(job_id),
        queued_at=_EPOCH + timedelta(microseconds=queued_at),
        request=_request(resources, user_id, max_price),
        tried=tuple(sorted(map(UUID, tried))),
    )
    report = WaitingReport.model_validate_json(waiting) if waiting else None
    standing = Standing(
        waiting=report and report.model_copy(update={"decided_at": None}),
        told_at=report.decided_at if report else None,
        unassignable_since=_instant(unassignable_since),
    )
    return job, standing


@functools.lru_cache(maxsize=MAX_PENDING)
def _request(resources: str, user_id: str, max_price: int) -> Request:
    return Request.of(ResourceRequest.model_validate_json(resources), user_id=UUID(user_id), max_price=max_price)


def _candidate(row: list[Any]) -> Candidate:
    return Candidate(
        provider_id=UUID(row[0]),
        worker_id=row[1],
        user_id=UUID(row[2]),
        type=ProviderType(row[3]),
        trust=Trust(row[4]),
        status=ProviderStatus(row[5]),
        is_available=row[6],
        cpu_cores=row[7],
        ram_mib=row[8],
        disk_mib=row[9],
        price_per_hour=row[10],
        isolation_level=IsolationLevel(row[11]),
        reliability=row[12],
        location=row[13],
        shunned_until=_instant(row[14]),
        allocated_cpu=row[15],
        allocated_memory_mib=row[16],
        gpus=tuple(
            GpuState(
                id=gpu_id,
                index=index,
                model=model,
                vram_mib=vram_mib,
                compute_capability=compute_capability(capability),
                allocated_milli=allocated_milli,
            )
            for gpu_id, index, model, vram_mib, capability, allocated_milli in row[17] or ()
        ),
        fp32_tflops=row[18],
    )
