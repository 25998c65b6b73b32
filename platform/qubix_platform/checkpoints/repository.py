"""All SQL of checkpoints."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.checkpoints import CheckpointFile

KEPT: Final = 3
"""How many of a job's checkpoints are kept: where the newest is damaged, there is one before it."""

RESTORABLE: Final = """
    (select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'attempt', c.attempt, 'taken_at', c.taken_at,
                                                  'files', c.files) order by c.attempt desc, c.number desc), '[]')
       from checkpoints c where c.job_id = j.id and not c.is_snapshot) as checkpoints,
    (select jsonb_build_object('id', c.id, 'attempt', c.attempt, 'taken_at', c.taken_at, 'files', c.files)
       from checkpoints c where c.job_id = j.id and c.is_snapshot and c.attempt = 0) as snapshot
"""
"""What the next attempt of job `j` may go on from, the newest first, and the workspace that it was cloned from."""

_SIZES = text("""
    select b.sha256, b.size from blobs b join blob_owners o using (sha256)
     where b.sha256 = any (cast(:shas as text[])) and o.user_id = :user_id for key share of b
""")
_STORE = text("""
    with stored as (
        insert into checkpoints (job_id, attempt_id, attempt, number, taken_at, size, files, is_snapshot, is_pinned)
        values (:job_id, :attempt_id, :attempt, :number,
                greatest(cast(:started_at as timestamptz), clock_timestamp() - make_interval(secs => :age)),
                :size, cast(:files as jsonb), :is_snapshot, :is_snapshot)
        on conflict (attempt_id, number) do nothing
        returning id, job_id, taken_at
    ), parts as (
        insert into checkpoint_parts (checkpoint_id, sha256)
        select stored.id, part.sha256 from stored, unnest(cast(:shas as text[])) as part (sha256)
    )
    update jobs j set
        checkpoint_requested_at = case when :is_snapshot then j.checkpoint_requested_at end,
        snapshot_requested_at = case when :is_snapshot then null else j.snapshot_requested_at end
      from stored
     where j.id = stored.job_id
       and case when :is_snapshot then j.snapshot_requested_at else j.checkpoint_requested_at end <= stored.taken_at
""")
# Leftovers are written in one order by everybody, so that no two who prune wait for each other.
_DROP = """
    with old as materialized ({old}), left_over as (
        insert into checkpoint_leftovers (sha256)
        select distinct p.sha256 from checkpoint_parts p where p.checkpoint_id in (select id from old)
         order by p.sha256
        on conflict (sha256) do update set since = now()
    )
    delete from checkpoints where id in (select id from old)
"""
_PRUNE = text(
    _DROP.format(
        old="""
        select id from checkpoints where job_id = :job_id and not is_pinned and not is_snapshot
         order by attempt desc, number desc offset :kept
    """
    )
)
_PRUNE_ENDED = text(
    _DROP.format(
        old="""
        select c.id from checkpoints c join jobs j on j.id = c.job_id
         where j.completed_at < now() - make_interval(hours => :hours) and not c.is_pinned
         order by c.id limit 100 for update of c skip locked
    """
    )
)
_FIND = text("select * from checkpoints where id = :id and job_id = :job_id and not is_snapshot")
_IS_STORED = text("select true from checkpoints where attempt_id = :attempt_id and number = :number")
_SIZE_OF = text("""
    select c.size from checkpoints c join jobs j on j.id = c.job_id
     where c.id = :id and j.user_id = :user_id for key share of c
""")
_SAVED_BY = text("""
    select a.*, c.taken_at, c.is_snapshot, j.stop_cause, j.cancel_requested_at, j.status as job_status
      from checkpoints c join jobs j on j.id = c.job_id
      join attempts a on a.job_id = c.job_id and a.number = c.attempt and not a.is_standby
     where c.id = :id order by a.rank
""")
_GIVE = text("""
    with given as (
        insert into checkpoints (job_id, attempt, number, taken_at, size, files, is_snapshot)
        select j.id, 0, 1, c.taken_at, c.size, c.files, c.is_snapshot
          from checkpoints c, unnest(cast(:job_ids as uuid[])) as j (id) where c.id = :id
        returning id
    )
    insert into checkpoint_parts (checkpoint_id, sha256)
    select given.id, p.sha256 from given, checkpoint_parts p where p.checkpoint_id = :id
""")
_OF_JOB = text("""
    select id, attempt, number, taken_at, size, jsonb_array_length(files) as files, is_pinned, is_snapshot
      from checkpoints where job_id = :job_id order by attempt desc, number desc
""")
# Of one user one after the other, so that two cannot share the last place.
_LOCK_PINS = text("select pg_advisory_xact_lock(hashtextextended(:user_id || ' pinned', 0))")
_PINNED = text("""
    select count(*) from checkpoints c join jobs j on j.id = c.job_id where j.user_id = :user_id and c.is_pinned
""")
_PIN = text("""
    update checkpoints set is_pinned = :is_pinned where id = :id and job_id = :job_id
    returning id, attempt, number, taken_at, size, jsonb_array_length(files) as files, is_pinned, is_snapshot
""")
_REQUEST = text("update jobs set checkpoint_requested_at = clock_timestamp() where id = :job_id")
_REQUEST_SNAPSHOT = text("""
    update jobs set snapshot_requested_at = clock_timestamp(), snapshot_failed_at = null, snapshot_failure = null
     where id = :job_id
""")
_FAIL_SNAPSHOT = text("""
    update jobs set snapshot_requested_at = null, snapshot_failed_at = clock_timestamp(), snapshot_failure = :why
     where id = :job_id and snapshot_requested_at <= :began
""")
_SNAPSHOT_ASKED_FOR = text(
    "select snapshot_requested_at, snapshot_failed_at, snapshot_failure from jobs where id = :job_id"
)
_REQUEST_OF = text("""
    update jobs set checkpoint_requested_at = clock_timestamp()
     where id = (select job_id from attempts where id = :attempt_id)
""")
_LEFTOVERS = text("""
    select b.sha256 from checkpoint_leftovers l join blobs b using (sha256)
     where l.since < now() - make_interval(hours => 1) and b.used_at < now() - make_interval(hours => 1)
     order by l.since limit :limit for update of b, l skip locked
""")
_NEEDED = text("""
    select s.sha256 from unnest(cast(:shas as text[])) as s (sha256)
     where exists (select from checkpoint_parts p where p.sha256 = s.sha256)
        or exists (select from artifacts a where a.sha256 = s.sha256)
        or exists (select from jobs j where j.spec ->> 'bundle_sha256' = s.sha256)
""")
_KEEP = text("delete from checkpoint_leftovers where sha256 = any (cast(:shas as text[]))")
_DISOWN = text("delete from blob_owners where sha256 = any (cast(:shas as text[]))")
_FORGET = text("delete from blobs where sha256 = any (cast(:shas as text[]))")


async def sizes(session: AsyncSession, *, user_id: UUID, shas: Iterable[str]) -> dict[str, int]:
    """The sizes in bytes of those of these blobs that are the user's. They stay until the transaction ends."""
    rows = await session.execute(_SIZES, {"user_id": user_id, "shas": sorted(shas)})
    return {row.sha256: row.size for row in rows}


async def store(
    session: AsyncSession,
    held: Row[Any],
    files: Sequence[CheckpointFile],
    *,
    started_at: datetime,
    number: int,
    age_seconds: float,
    is_snapshot: bool,
) -> None:
    """Store a checkpoint, or a snapshot, which was taken so long ago; one of the same number is left as it is."""
    values = {
        "job_id": held.job_id,
        "attempt_id": held.id,
        "attempt": held.number,
        "number": number,
        "started_at": started_at,
        "age": age_seconds,
        "is_snapshot": is_snapshot,
        "size": sum(file.size for file in files),
        "files": json.dumps([file.model_dump() for file in files]),
        "shas": sorted({sha256 for file in files for sha256 in file.parts}),
    }
    await session.execute(_STORE, values)


async def prune(session: AsyncSession, job_id: UUID) -> None:
    """Drop what is too old of a job that goes on."""
    await session.execute(_PRUNE, {"job_id": job_id, "kept": KEPT})


async def prune_ended(session: AsyncSession, *, ended_hours: int) -> None:
    """Drop some of what is kept of jobs that ended so long ago."""
    await session.execute(_PRUNE_ENDED, {"hours": ended_hours})


async def find(session: AsyncSession, checkpoint_id: UUID, *, job_id: UUID) -> Row[Any] | None:
    """A checkpoint of a job."""
    return (await session.execute(_FIND, {"id": checkpoint_id, "job_id": job_id})).one_or_none()


async def is_stored(session: AsyncSession, attempt_id: UUID, *, number: int) -> bool:
    """Whether an attempt's checkpoint of this number is kept."""
    values = {"attempt_id": attempt_id, "number": number}
    return (await session.execute(_IS_STORED, values)).one_or_none() is not None


async def size_of(session: AsyncSession, checkpoint_id: UUID, *, user_id: UUID) -> int | None:
    """The size in bytes of a checkpoint that is kept of one of the user's jobs. It stays until the transaction ends."""
    values = {"id": checkpoint_id, "user_id": user_id}
    size: int | None = (await session.execute(_SIZE_OF, values)).scalar_one_or_none()
    return size


async def saved_by(session: AsyncSession, checkpoint_id: UUID) -> Sequence[Row[Any]]:
    """The attempts, of a gang all workers', whose work a checkpoint is; none where its job began with it.

    With `taken_at` and `is_snapshot` of the checkpoint, and `stop_cause`, `cancel_requested_at` and `job_status`.
    """
    return (await session.execute(_SAVED_BY, {"id": checkpoint_id})).all()


async def give(session: AsyncSession, checkpoint_id: UUID, job_ids: Sequence[UUID]) -> None:
    """Have new jobs begin with the files of a checkpoint, which each of them keeps for itself."""
    await session.execute(_GIVE, {"id": checkpoint_id, "job_ids": list(job_ids)})


async def of_job(session: AsyncSession, job_id: UUID) -> Sequence[Row[Any]]:
    """A job's checkpoints, the newest first."""
    return (await session.execute(_OF_JOB, {"job_id": job_id})).all()


async def count_pinned(session: AsyncSession, user_id: UUID) -> int:
    """How many checkpoints a user keeps; until the transaction ends nobody else changes that."""
    await session.execute(_LOCK_PINS, {"user_id": str(user_id)})
    return int((await session.execute(_PINNED, {"user_id": user_id})).scalar_one())


async def pin(session: AsyncSession, checkpoint_id: UUID, *, job_id: UUID, is_pinned: bool) -> Row[Any] | None:
    """Keep a checkpoint of a job until told otherwise, or as others are kept; None where it is not there any more."""
    values = {"id": checkpoint_id, "job_id": job_id, "is_pinned": is_pinned}
    return (await session.execute(_PIN, values)).one_or_none()


async def request(session: AsyncSession, job_id: UUID) -> None:
    """Ask whoever runs a job for a checkpoint."""
    await session.execute(_REQUEST, {"job_id": job_id})


async def request_of(session: AsyncSession, attempt_id: UUID) -> None:
    """Ask whoever runs an attempt's job for a checkpoint."""
    await session.execute(_REQUEST_OF, {"attempt_id": attempt_id})


async def take_leftovers(session: AsyncSession, *, limit: int) -> list[str]:
    """Digests of blobs that are left over and that nothing needs, held until the transaction ends."""
    candidates = list((await session.execute(_LEFTOVERS, {"limit": limit})).scalars())
    needed = set((await session.execute(_NEEDED, {"shas": candidates})).scalars())
    if needed:
        await session.execute(_KEEP, {"shas": sorted(needed)})
    return [sha256 for sha256 in candidates if sha256 not in needed]


async def forget(session: AsyncSession, shas: Sequence[str]) -> None:
    """Remove these blobs from the books."""
    for statement in (_DISOWN, _FORGET):
        await session.execute(statement, {"shas": list(shas)})


async def request_snapshot(session: AsyncSession, job_id: UUID) -> None:
    """Note that the owner wants a snapshot of the job's workspace."""
    await session.execute(_REQUEST_SNAPSHOT, {"job_id": job_id})


async def fail_snapshot(session: AsyncSession, job_id: UUID, *, why: str, began: datetime) -> None:
    """Note why there is none, unless one was asked for after the trying began, or none is asked for."""
    await session.execute(_FAIL_SNAPSHOT, {"job_id": job_id, "why": why, "began": began})


async def snapshot_asked_for(session: AsyncSession, job_id: UUID) -> Row[Any]:
    """When a snapshot was asked for that is still to come, or when and why the last one failed."""
    return (await session.execute(_SNAPSHOT_ASKED_FOR, {"job_id": job_id})).one()
