"""All SQL of providers, their GPUs and join tokens, but the provider's status."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import Cause
from qubix_platform.auth.tokens import NewToken

_GPUS = """
    (select coalesce(jsonb_agg(jsonb_build_object(
                'index', g.index, 'uuid', g.uuid, 'model', g.model, 'vram_mib', g.vram_mib, 'driver', g.driver,
                'compute_capability', g.compute_capability, 'pcie', g.pcie, 'allocated_milli', g.allocated_milli,
                'simulated', g.simulated) order by g.index), '[]')::text
       from gpus g where g.provider_id = p.id and g.is_present) as gpus
"""
COLUMNS: Final = f"""
    p.*, p.benchmark::text as benchmark_text, p.labels::text as labels_text, {_GPUS},
    (select a.job_id from attempts a where a.provider_id = p.id and a.status in ('ASSIGNED', 'RUNNING')
      order by a.created_at desc limit 1) as current_job_id
"""
"""What `view.provider` needs of `providers p`, but its earnings."""

EARNED: Final = """
    ((select coalesce(sum(a.earned), 0)::bigint from attempts a where a.provider_id = p.id)
     + (select coalesce(sum(r.earned), 0)::bigint from reservations r where r.provider_id = p.id))
"""
"""What `providers p` earned with jobs and reservations, QU net of the fee."""

_GET = text(f"select {COLUMNS}, {EARNED} as total_earnings from providers p where p.id = :id and p.removed_at is null")
_OF_USER = text(f"""
    select {COLUMNS}, {EARNED} as total_earnings from providers p
     where p.user_id = :user_id and p.removed_at is null order by p.registered_seq
""")
_NEWEST = text(f"""
    select {COLUMNS}, null::bigint as total_earnings from providers p
     where p.registered_seq > :after and p.removed_at is null
       and (cast(:user_id as uuid) is null or p.user_id = :user_id)
     order by p.registered_seq desc limit 1
""")
_LAST_SEQ = text("select coalesce(max(registered_seq), 0) from providers")
_LOCK_WORKER = text("select * from providers where worker_id = :worker_id for no key update")
_LOCK = text("select * from providers where id = :id and removed_at is null for no key update")
_CREATE = text("""
    insert into providers (worker_id, user_id, name, type, trust, cpu_model, cpu_cores, ram_mib, price_per_hour,
                           isolation_level)
    values (:worker_id, :user_id, :name, :type, :trust, :cpu_model, :cpu_cores, :ram_mib, :price_per_hour,
            :isolation_level)
    on conflict (worker_id) do nothing returning id
""")
_STORE = text("""
    update providers set
        worker_token_hash = coalesce(cast(:worker_token_hash as bytea), worker_token_hash),
        qubic_address = coalesce(cast(:qubic_address as text), qubic_address),
        name = :name, type = :type, trust = :trust, gpu_model = cast(:gpu_model as text), gpu_vram_mib = :gpu_vram_mib,
        cpu_model = :cpu_model, cpu_cores = :cpu_cores, ram_mib = :ram_mib, disk_mib = :disk_mib,
        location = cast(:location as text), price_per_hour = :price_per_hour, isolation_level = :isolation_level,
        benchmark = cast(cast(:benchmark as text) as jsonb), fp32_tflops = cast(:fp32_tflops as double precision),
        labels = cast(cast(:labels as text) as jsonb), interconnect = cast(:interconnect as text),
        simulated = :simulated, verified = :verified,
        agent_version = cast(:agent_version as text), agent_session = cast(:agent_session as uuid), removed_at = null
     where id = :id
""")
_STORE_GPUS = text("""
    insert into gpus (provider_id, index, uuid, model, vram_mib, driver, compute_capability, pcie, simulated)
    select :provider_id, g.* from unnest(
               cast(:indexes as integer[]), cast(:uuids as text[]), cast(:models as text[]), cast(:vrams as integer[]),
               cast(:drivers as text[]), cast(:capabilities as text[]), cast(:pcies as text[]),
               cast(:simulated as boolean[])) as g
    on conflict (provider_id, index) do update set
        uuid = excluded.uuid, model = excluded.model, vram_mib = excluded.vram_mib, driver = excluded.driver,
        compute_capability = excluded.compute_capability, pcie = excluded.pcie, simulated = excluded.simulated,
        is_present = true
""")
_HELD_GPUS = text("""
    select index as place, uuid, model from gpus
     where provider_id = :provider_id and is_present and allocated_milli > 0 order by index
""")
_FORGET_GPUS = text("""
    update gpus set is_present = false
     where provider_id = :provider_id and is_present and index <> all (cast(:indexes as integer[]))
""")
_NEW_JOIN_TOKEN = text("""
    insert into join_tokens (user_id, token_hash, trust, expires_at) values (:user_id, :digest, :trust, :expires_at)
""")
_USE_JOIN_TOKEN = text("""
    update join_tokens set used_at = coalesce(used_at, :now), worker_id = :worker_id
     where id = :id and expires_at > :now and (worker_id is null or worker_id = :worker_id) returning id
""")
# Who reports and who is silent is told by one clock, the database's: the API and the scheduler may run on two machines.
_NOW: Final = "coalesce(cast(:now as timestamptz), statement_timestamp())"
_BEAT = text(f"""
    update providers set
        last_heartbeat = greatest(last_heartbeat, {_NOW}),
        uptime_seconds = uptime_seconds + case when status = 'OFFLINE' or last_heartbeat is null then 0
            else greatest(0, least(:longest_gap, floor(extract(epoch from {_NOW}))
                                                 - floor(extract(epoch from last_heartbeat)))) end,
        ray_node_id = coalesce(cast(:ray_node_id as text), ray_node_id)
     where id = :id and removed_at is null
       and (cast(:agent_session as uuid) is null or agent_session is null or agent_session = :agent_session)
    returning type, status, {_NOW} as beaten_at
""")
# Whoever is being heard of at this moment is not silent, so a locked row is passed over instead of waited for.
_SILENT = text(f"""
    select p.id, p.worker_id, p.status,
           p.last_heartbeat is null or p.last_heartbeat < {_NOW} - cast(:silent_after as interval) as is_silent
      from providers p
     where p.status <> 'OFFLINE'
       and (p.last_heartbeat is null or p.last_heartbeat < {_NOW} - cast(:silent_after as interval) or not exists (
            select from provider_metrics m
             where m.provider_id = p.id and m.at >= {_NOW} - cast(:stale_after as interval)))
     order by p.id for no key update skip locked
""")
_HEARING = text("""
    with newest as (
        select max(last_heartbeat) as at from providers where removed_at is null
    )
    select cast(extract(epoch from clock_timestamp() - newest.at) as float8) as heard_ago,
           (select count(*) from providers p
             where p.removed_at is null and p.last_heartbeat > newest.at - cast(:within as interval)) as machines
      from newest
""")
_SHUN = text("""
    update providers set shunned_until = greatest(shunned_until, clock_timestamp() + make_interval(secs => :seconds))
     where id = :id
""")
_RECENT_CAUSES = text("""
    select cause from attempts where provider_id = :id and cause is not null order by created_at desc limit :limit
""")
_PATCH = text("""
    update providers set
        name = coalesce(cast(:name as text), name),
        price_per_hour = coalesce(cast(:price_per_hour as bigint), price_per_hour),
        is_available = coalesce(cast(:is_available as boolean), is_available),
        location = coalesce(cast(:location as text), location)
     where id = :id
""")
_REMOVE = text("update providers set removed_at = :now, worker_token_hash = null, agent_session = null where id = :id")
_RUNNING = text("""
    select job_id from attempts where provider_id = :id and status in ('ASSIGNED', 'RUNNING') order by created_at
""")
_EARNINGS = text("""
    select (e.created_at at time zone 'UTC')::date as day, sum(e.amount)::bigint as amount,
           count(distinct t.ref) filter (where t.kind = 'ESCROW_RELEASE') as jobs,
           coalesce(sum(e.amount) filter (where earner.simulated), 0)::bigint as simulated
      from ledger_accounts wallet
      join ledger_entries e on e.account_id = wallet.id and e.cause = 'EARNING'
      join ledger_transactions t on t.id = e.transaction_id
      left join lateral (
          select p.simulated from (
              select a.provider_id, a.number from attempts a where a.job_id = cast(t.ref as uuid) and a.earned > 0
              union all select r.provider_id, 0 from reservations r where r.id = cast(t.ref as uuid)) e
            join providers p on p.id = e.provider_id and p.user_id::text = wallet.owner
           order by e.number limit 1) earner on true
     where wallet.kind = 'wallet' and wallet.owner = :user_id
     group by 1 order by 1
""")
_ACTIVE_JOBS = text("""
    select count(*) from attempts a join providers p on p.id = a.provider_id
     where p.user_id = :user_id and a.status in ('ASSIGNED', 'RUNNING')
""")


async def get(session: AsyncSession, provider_id: UUID) -> Row[Any] | None:
    """One machine of the market, with its GPUs, present job and earnings."""
    return (await session.execute(_GET, {"id": provider_id})).one_or_none()


async def of_user(session: AsyncSession, user_id: UUID) -> Sequence[Row[Any]]:
    """A user's machines, oldest first."""
    return (await session.execute(_OF_USER, {"user_id": user_id})).all()


async def newest(session: AsyncSession, *, after: int, user_id: UUID | None) -> Row[Any] | None:
    """The newest machine of those that registered after a place in the sequence."""
    return (await session.execute(_NEWEST, {"after": after, "user_id": user_id})).one_or_none()


async def last_seq(session: AsyncSession) -> int:
    """The newest registration's place in the sequence; 0 where there is none."""
    return int((await session.execute(_LAST_SEQ)).scalar_one())


async def lock_worker(session: AsyncSession, worker_id: str) -> Row[Any] | None:
    """Lock a machine by worker id, removed or not."""
    return (await session.execute(_LOCK_WORKER, {"worker_id": worker_id})).one_or_none()


async def lock(session: AsyncSession, provider_id: UUID) -> Row[Any] | None:
    """Lock a machine of the market."""
    return (await session.execute(_LOCK, {"id": provider_id})).one_or_none()


async def create(session: AsyncSession, values: Mapping[str, Any]) -> bool:
    """Insert a machine; False where its worker id exists."""
    return (await session.execute(_CREATE, values)).scalar_one_or_none() is not None


async def store(session: AsyncSession, provider_id: UUID, values: Mapping[str, Any]) -> None:
    """Write what a registration says."""
    await session.execute(_STORE, {"id": provider_id, **values})


async def held_gpus(session: AsyncSession, provider_id: UUID) -> Sequence[Row[Any]]:
    """The cards of a machine that attempts hold shares of: place (their index), uuid and model."""
    return (await session.execute(_HELD_GPUS, {"provider_id": provider_id})).all()


async def store_gpus(session: AsyncSession, provider_id: UUID, gpus: Sequence[Mapping[str, Any]]) -> None:
    """Write the cards of a machine. One that it no longer has is kept, as not present: jobs may refer to it."""
    columns = {
        "indexes": [gpu["index"] for gpu in gpus],
        "uuids": [gpu["uuid"] for gpu in gpus],
        "models": [gpu["model"] for gpu in gpus],
        "vrams": [gpu["vram_mib"] for gpu in gpus],
        "drivers": [gpu["driver"] for gpu in gpus],
        "capabilities": [gpu["compute_capability"] for gpu in gpus],
        "pcies": [gpu["pcie"] for gpu in gpus],
        "simulated": [gpu["simulated"] for gpu in gpus],
    }
    if gpus:
        await session.execute(_STORE_GPUS, {"provider_id": provider_id, **columns})
    await session.execute(_FORGET_GPUS, {"provider_id": provider_id, "indexes": columns["indexes"]})


async def insert_join_token(
    session: AsyncSession, *, user_id: UUID, token: NewToken, trust: str, expires_at: datetime
) -> None:
    """Store a join token's digest."""
    values = {"user_id": user_id, "digest": token.digest, "trust": trust, "expires_at": expires_at}
    await session.execute(_NEW_JOIN_TOKEN, values)


async def use_join_token(session: AsyncSession, *, token_id: UUID, worker_id: str, now: datetime) -> bool:
    """Bind a join token to a machine; False where it expired or belongs to another one."""
    values = {"id": token_id, "worker_id": worker_id, "now": now}
    return (await session.execute(_USE_JOIN_TOKEN, values)).scalar_one_or_none() is not None


async def beat(
    session: AsyncSession,
    *,
    provider_id: UUID,
    agent_session: UUID | None,
    ray_node_id: str | None,
    now: datetime | None,
    longest_gap: timedelta,
) -> Row[Any] | None:
    """Note a heartbeat; type, status and when it was, or None where the machine is gone or has another agent now."""
    values = {
        "id": provider_id,
        "agent_session": agent_session,
        "ray_node_id": ray_node_id,
        "now": now,
        "longest_gap": int(longest_gap.total_seconds()),
    }
    return (await session.execute(_BEAT, values)).one_or_none()


async def lock_silent(
    session: AsyncSession, *, now: datetime | None, silent_after: timedelta, stale_after: timedelta
) -> Sequence[Row[Any]]:
    """Lock the machines that count as online, but were not heard of, or whose metrics are old."""
    values = {"now": now, "silent_after": silent_after, "stale_after": stale_after}
    return (await session.execute(_SILENT, values)).all()


async def hearing(session: AsyncSession, *, within: timedelta) -> Row[Any]:
    """How long ago, in seconds, any machine was heard of, and how many were at that time."""
    return (await session.execute(_HEARING, {"within": within})).one()


async def shun(session: AsyncSession, provider_id: UUID, *, seconds: float) -> None:
    """Leave a machine out of the next decisions."""
    await session.execute(_SHUN, {"id": provider_id, "seconds": seconds})


async def recent_causes(session: AsyncSession, provider_id: UUID, *, limit: int) -> list[Cause]:
    """Why a machine's last attempts ended, newest first."""
    found = await session.execute(_RECENT_CAUSES, {"id": provider_id, "limit": limit})
    return [Cause(cause) for cause in found.scalars()]


async def patch(session: AsyncSession, provider_id: UUID, values: Mapping[str, Any]) -> None:
    """Write what an owner changed; None leaves a column as it is."""
    await session.execute(_PATCH, {"id": provider_id, **values})


async def remove(session: AsyncSession, provider_id: UUID, *, now: datetime) -> None:
    """Take a machine off the market; its worker token is worth nothing from here on."""
    await session.execute(_REMOVE, {"id": provider_id, "now": now})


async def running_jobs(session: AsyncSession, provider_id: UUID) -> list[UUID]:
    """Jobs that a machine holds, oldest first."""
    return list((await session.execute(_RUNNING, {"id": provider_id})).scalars())


async def earnings_by_day(session: AsyncSession, user_id: UUID) -> Sequence[Row[Any]]:
    """What a user's machines earned, by UTC day."""
    return (await session.execute(_EARNINGS, {"user_id": str(user_id)})).all()


async def active_jobs(session: AsyncSession, user_id: UUID) -> int:
    """How many jobs a user's machines hold."""
    return int((await session.execute(_ACTIVE_JOBS, {"user_id": user_id})).scalar_one())
