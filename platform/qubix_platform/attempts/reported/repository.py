"""All SQL of what runners report of their attempts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.reports import SEQ_PER_ATTEMPT, ReportedArtifact, ReportedLog, ReportedMetric

_PROGRESS = text("""
    with attempt as (
        update attempts set progress = greatest(progress, :progress) where id = :id returning job_id, progress
    )
    update jobs j set progress = greatest(j.progress, attempt.progress) from attempt
     where j.id = attempt.job_id and j.progress < attempt.progress returning j.progress
""")
_LOGS = text("""
    with first as (
        select greatest(cast(:base as bigint), max(seq) + 1) as seq from log_entries where job_id = :job_id
    ), added as (
        insert into log_entries (job_id, seq, attempt_id, attempt, stream, text, at)
        select :job_id, first.seq + l.place - 1, :id, :number, l.stream, l.text, l.at
          from first, unnest(cast(:streams as text[]), cast(:texts as text[]), cast(:ats as timestamptz[]))
                      with ordinality as l (stream, text, at, place)
    ), counted as (
        update attempts set next_log_seq = greatest(next_log_seq, :next_seq) where id = :id
    )
    update jobs set log_bytes = log_bytes + :bytes from first where id = :job_id returning first.seq
""")
# The columns are single precision: no machine has more of anything, and a foolish report must not be a failure.
# least() passes over nulls: what was not measured has to stay unknown.
_METRICS = text("""
    insert into attempt_metrics (attempt_id, job_id, at, cpu_percent, memory_mib, gpu_percent, gpu_memory_mib,
                                 gpu_temperature)
    select distinct on (m.at) :id, :job_id, m.at, m.cpu, least(m.memory, 1e30), m.gpu,
           case when m.gpu_memory is not null then least(m.gpu_memory, 1e30) end, m.temperature
      from unnest(cast(:ats as timestamptz[]), cast(:cpu as real[]), cast(:memory as float8[]), cast(:gpu as real[]),
                  cast(:gpu_memory as float8[]), cast(:temperature as real[]))
           as m (at, cpu, memory, gpu, gpu_memory, temperature)
     where not exists (select from attempt_metrics o where o.job_id = :job_id and o.at = m.at and o.attempt_id = :id)
""")
_ARTIFACTS = text("""
    insert into artifacts (job_id, attempt_id, path, sha256, size)
    select :job_id, :id, f.path, f.sha256, b.size
      from unnest(cast(:paths as text[]), cast(:shas as text[])) as f (path, sha256)
      join blobs b on b.sha256 = f.sha256
    on conflict (attempt_id, path) do update set sha256 = excluded.sha256, size = excluded.size
    returning path
""")


async def raise_progress(session: AsyncSession, *, attempt_id: UUID, progress: float) -> float | None:
    """Raise an attempt's progress, and its job's; the job's new one, or None where it did not rise."""
    risen: float | None = (
        await session.execute(_PROGRESS, {"id": attempt_id, "progress": progress})
    ).scalar_one_or_none()
    return risen


async def append_logs(session: AsyncSession, held: Row[Any], entries: Sequence[ReportedLog]) -> int:
    """Store output; `entries` are new, in order.

    Returns:
        The number after which they come in the job's output. Numbers there are given as output arrives: the workers of
        a gang write into one, and so does the platform.
    """
    values = {
        "id": held.id,
        "job_id": held.job_id,
        "number": held.number,
        "base": held.number * SEQ_PER_ATTEMPT,
        "streams": [entry.stream.value for entry in entries],
        "texts": [entry.text for entry in entries],
        "ats": [entry.at for entry in entries],
        "next_seq": entries[-1].seq + 1,
        "bytes": bytes_of(entries),
    }
    first: int = (await session.execute(_LOGS, values)).scalar_one()
    return first - 1


def bytes_of(entries: Sequence[ReportedLog]) -> int:
    """How much of a job's output these are."""
    return sum(len(entry.text.encode()) for entry in entries)


async def append_metrics(session: AsyncSession, held: Row[Any], samples: Sequence[ReportedMetric]) -> None:
    """Store usage samples; those that were stored before are passed over."""
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
