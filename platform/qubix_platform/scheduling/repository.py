"""All SQL of scheduling. Reading goes by the connection that holds the lead: who lost it cannot decide any more."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.database.connection import Connection
from qubix_platform.placement.model import PendingJob, Snapshot
from qubix_platform.placement.ordering.shares import CPU, DISK, MEMORY, gpu_kind
from qubix_platform.scheduling.models import Explanation, Reading, Standing
from qubix_platform.scheduling.passes import Encoded
from qubix_platform.scheduling.rows import candidate_of, consumers_of, pending_of, running_of, standby_of, window_of

LEADER_LOCK: Final = 0x7363686564756C65  # "schedule": the advisory lock of the one scheduler that acts
MAX_PENDING: Final = 5_000
"""Jobs that one pass looks at, about; of more the first of every user and class, marked as unassignable or not."""

MAX_AHEAD: Final = 500
"""Jobs at most that a question looks at which asks what it would be to wait behind them."""

_RECENTLY: Final = timedelta(days=1)

# One statement, hence one snapshot of the database; as JSON, because one large value is read faster than many rows.
# Of each user, class and mark the first jobs are read, so many that they make up the limit: whoever the order of the
# queue puts first is among them, the oldest and those with the earliest deadlines.
_PENDING: Final = """
    with ranked as (
        select id, row_number() over (partition by user_id, priority, resources @> '{"spot": true}',
                                                       unassignable_since is null
                                          order by queued_at, id) as turn
          from jobs where status = 'PENDING' and not is_held_back and cancel_requested_at is null
    ), urgent as (
        select id, row_number() over (partition by user_id, priority, resources @> '{"spot": true}',
                                                       unassignable_since is null
                                          order by deadline, queued_at, id) as turn
          from jobs where status = 'PENDING' and not is_held_back and cancel_requested_at is null
           and deadline is not null
    ), foremost as (
        select id, min(turn) as turn from (select * from ranked union all select * from urgent) as lines group by id
    ), pending as materialized (
        select j.* from foremost f join jobs j using (id)
         where $1 > 0 and f.turn <= greatest(1, $1 / greatest(1, (select count(*) from ranked where turn = 1)))
"""
_REST: Final = """
    ), unguarded as materialized (
        select j.id, j.user_id, j.queued_at, j.max_price, j.resources, j.priority,
               case when j.waiting @> '{"forStandby": true}' then j.waiting end as waiting,
               j.time_limit_seconds - j.settled_seconds as limit_seconds, first.user_id as owner,
               coalesce(first.labels ->> 'site', first.location) as site
          from jobs j join providers first on first.id = j.provider_id
         where $1 > 0 and j.standby and j.status in ('ASSIGNED', 'RUNNING') and j.cancel_requested_at is null
           and not exists (select from attempts a where a.job_id = j.id and a.is_standby and a.status = 'ASSIGNED')
           and (select count(*) from attempts a where a.job_id = j.id and a.is_standby) < j.max_attempts
         order by j.queued_at, j.id limit $1
    )
    select clock_timestamp() as now,
        (select json_agg(json_build_array(id, user_id, (extract(epoch from queued_at) * 1000000)::bigint, max_price,
                resources::text, waiting::text, (extract(epoch from unassignable_since) * 1000000)::bigint, priority,
                time_limit_seconds - settled_seconds / workers, workers, compute_needed,
                (extract(epoch from deadline) * 1000000)::bigint, standby,
                case when attempts > 0 then
                    (select json_agg(distinct a.provider_id) from attempts a
                      where a.job_id = pending.id and a.cause is distinct from 'PREEMPTED') end))
           from pending)::text as jobs,
        (select json_agg(json_build_array(id, user_id, (extract(epoch from queued_at) * 1000000)::bigint, max_price,
                resources::text, waiting::text, null, priority, limit_seconds, 1, 0, null, false, owner, site,
                (select json_agg(distinct a.provider_id) from attempts a
                  where a.job_id = unguarded.id and a.status in ('LOST', 'CANCELLED'))))
           from unguarded)::text as standbys,
        (select json_agg(json_build_array(p.id, p.worker_id, p.user_id, p.type, p.trust, p.status, p.is_available,
                p.cpu_cores, p.ram_mib, p.disk_mib, p.price_per_hour, p.isolation_level, p.reliability, p.location,
                (extract(epoch from p.shunned_until) * 1000000)::bigint, p.allocated_cpu, p.allocated_memory_mib,
                p.allocated_disk_mib,
                (select json_agg(json_build_array(g.id, g.index, g.model, g.vram_mib, g.compute_capability,
                                                  g.allocated_milli) order by g.index)
                   from gpus g where g.provider_id = p.id and g.is_present), p.fp32_tflops,
                (select json_agg(json_build_array(name, value) order by name)
                   from jsonb_each_text(p.labels) as label (name, value)), p.interconnect))
           from providers p
          where ($3 or exists (select from pending) or exists (select from unguarded)) and p.removed_at is null
            and (p.status <> 'OFFLINE' or p.last_heartbeat > now() - $2::interval))::text as providers,
        (select json_agg(json_build_array(user_id, weight, max_gpus) order by user_id) from quotas
          where user_id in (select user_id from pending union select user_id from unguarded union select $4::uuid)
        )::text as quotas,
        (select json_agg(json_build_array(a.id, a.job_id, j.user_id, a.provider_id, a.cpu_cores, a.memory_mib,
                a.limit_seconds, (extract(epoch from a.started_at) * 1000000)::bigint,
                (select json_agg(json_build_array(s.gpu_id, s.milli) order by s.gpu_id) from attempt_gpus s
                  where s.attempt_id = a.id), a.price_per_hour, j.resources @> '{"spot": true}',
                (extract(epoch from a.preemption_noticed_at) * 1000000)::bigint,
                j.resources -> 'antiAffinity' ->> 'group', j.resources -> 'antiAffinity' ->> 'scope', a.disk_mib)
                order by a.created_at, a.id)
           from attempts a join jobs j on j.id = a.job_id
          where a.status in ('ASSIGNED', 'RUNNING')
            and ($3 or exists (select from pending) or exists (select from unguarded)))::text as running,
        (select json_agg(json_build_array(provider_id, user_id, (extract(epoch from starts_at) * 1000000)::bigint,
                (extract(epoch from ends_at) * 1000000)::bigint) order by starts_at, id)
           from reservations where status = 'ACTIVE' and ends_at > now()
            and ($3 or exists (select from pending) or exists (select from unguarded)))::text as windows
"""
_MARKET: Final = _PENDING + _REST
# However many users and classes there are: each has one first job.
_AHEAD: Final = f"{_PENDING} order by f.turn, j.queued_at, j.id limit $1 {_REST}"
# What somebody held from its beginning to its end counts as its amount times the difference of two powers: see
# `ordering.shares.averaged`. What ended ten half-lives ago counts less than a thousandth.
_USAGE: Final = text("""
    with held as (
        select a.id, j.user_id, a.cpu_cores, a.memory_mib, a.disk_mib,
               power(2, - extract(epoch from now() - coalesce(a.ended_at, now())) / :half_life)
                   - power(2, - extract(epoch from now() - a.created_at) / :half_life) as part
          from attempts a join jobs j on j.id = a.job_id
         where a.status in ('ASSIGNED', 'RUNNING') or a.ended_at > now() - make_interval(secs => 10 * :half_life)
    )
    select user_id, null as model, sum(cpu_cores * part) as cpu, sum(memory_mib * part) as memory,
           sum(disk_mib * part) as disk, null as milli
      from held group by user_id
    union all
    select h.user_id, g.model, null, null, null, sum(s.milli * h.part)
      from held h join attempt_gpus s on s.attempt_id = h.id join gpus g on g.id = s.gpu_id group by h.user_id, g.model
""")
_TRY_LOCK: Final = "select pg_try_advisory_lock($1)"
_SILENCE: Final = "set idle_session_timeout = '10s'"
_EXPLAIN: Final = text("""
    update jobs j set
        waiting = cast(e.waiting as jsonb),
        unassignable_since = case when e.is_unassignable then coalesce(j.unassignable_since, clock_timestamp()) end
      from unnest(cast(:ids as uuid[]), cast(:waiting as text[]), cast(:unassignable as boolean[]))
           as e (id, waiting, is_unassignable)
     where j.id = e.id and case when cast(e.waiting as jsonb) @> '{"forStandby": true}'
                                then j.standby and j.status in ('ASSIGNED', 'RUNNING') else j.status = 'PENDING' end
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
    """The pending jobs and, where there are any, the machines that they could go to, and what runs there.

    The users' past is not read with them: see `read_usage`.

    Args:
        connection: of the leader.
        limit: about so many jobs, the first ones of every user and class.
    """
    row = await connection.fetchrow(_MARKET, limit, _RECENTLY, False, None)
    assert row is not None, "a query without a source has one row"
    waiting, unreadable = _read_each(orjson.loads(row["jobs"] or "[]"), read=pending_of)
    waiting += _read_each(orjson.loads(row["standbys"] or "[]"), read=standby_of)[0]
    jobs = tuple(job for job, _ in waiting)
    return Reading(
        now=row["now"],
        snapshot=Snapshot(
            jobs=jobs,
            providers=tuple(map(candidate_of, orjson.loads(row["providers"] or "[]"))),
            consumers=consumers_of(_users(jobs), orjson.loads(row["quotas"] or "[]")),
            running=tuple(map(running_of, orjson.loads(row["running"] or "[]"))),
            windows=tuple(map(window_of, orjson.loads(row["windows"] or "[]"))),
        ),
        standings={job.id: standing for job, standing in waiting},
        unreadable=unreadable,
    )


def _users(jobs: Iterable[PendingJob]) -> set[UUID]:
    return {job.request.user_id for job in jobs}


def _read_each(
    rows: list[list[Any]], *, read: Callable[..., tuple[PendingJob, Standing]]
) -> tuple[list[tuple[PendingJob, Standing]], dict[UUID, str]]:
    """Jobs from their rows, and why others cannot be read: stored by an older version, perhaps."""
    found: list[tuple[PendingJob, Standing]] = []
    unreadable: dict[UUID, str] = {}
    for row in rows:
        try:
            found.append(read(*row[:-1], tuple(row[-1] or ())))
        except ValueError as error:
            unreadable[UUID(row[0])] = str(error)
    return found, unreadable


async def read_usage(session: AsyncSession, *, half_life_s: int) -> dict[UUID, tuple[tuple[str, float], ...]]:
    """What each user held on average until now, by kind, where what was held a half-life ago counts half."""
    found: defaultdict[UUID, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in await session.execute(_USAGE, {"half_life": half_life_s}):
        if row.model is None:
            found[row.user_id][CPU] += float(row.cpu)
            found[row.user_id][MEMORY] += float(row.memory)
            found[row.user_id][DISK] += float(row.disk)
        else:
            found[row.user_id][gpu_kind(row.model)] += float(row.milli)
    return {user_id: tuple(sorted(amounts.items())) for user_id, amounts in found.items()}


async def read_offers(session: AsyncSession, *, asking: UUID, half_life_s: int, limit: int = MAX_AHEAD) -> Snapshot:
    """Every machine that a job could go to, as the scheduler sees them, what runs there and is reserved, and who waits.

    Of those that wait only the first ones of every user and class are read.

    Args:
        session: any.
        asking: the user who asks. They are among those whose jobs wait, for theirs is to come.
        half_life_s: of what users had: see `read_usage`.
        limit: at most so many of those that wait.
    """
    past = await read_usage(session, half_life_s=half_life_s)
    raw: Any = await (await session.connection()).get_raw_connection()
    row = await raw.driver_connection.fetchrow(_AHEAD, limit, _RECENTLY, True, asking)
    waiting, _ = _read_each(orjson.loads(row["jobs"] or "[]"), read=pending_of)
    jobs = tuple(job for job, _ in waiting)
    return Snapshot(
        jobs=jobs,
        consumers=consumers_of(_users(jobs) | {asking}, orjson.loads(row["quotas"] or "[]"), past=past),
        providers=tuple(map(candidate_of, orjson.loads(row["providers"] or "[]"))),
        running=tuple(map(running_of, orjson.loads(row["running"] or "[]"))),
        windows=tuple(map(window_of, orjson.loads(row["windows"] or "[]"))),
    )


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
