"""What a runner reports. Each report is refused once the attempt lost its lease, and renews it otherwise."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.reports import ReportAnswer, ReportedArtifact, ReportedLog, ReportedMetric
from qubix.schemas.states import AttemptStatus, EventType, JobStatus, LogStream
from qubix_platform.attempts import repository
from qubix_platform.attempts.errors import AttemptFenced, ContradictoryReport
from qubix_platform.attempts.fencing import fence, unknown
from qubix_platform.attempts.reported import repository as reported
from qubix_platform.attempts.transition import AttemptChange, transition
from qubix_platform.events import service as events
from qubix_platform.jobs.states import JobChange
from qubix_platform.jobs.transition import transition as transition_job
from qubix_platform.pricing.policy import MarketPolicy

MAX_LOG_BYTES_PER_JOB: Final = 64 << 20
"""The runner bounds its own output; this bounds a runner that does not."""

_CUT: Final = f"The output beyond {MAX_LOG_BYTES_PER_JOB >> 20} MiB is not kept."


async def hold(
    session: AsyncSession,
    *,
    attempt_id: UUID,
    job_id: UUID,
    policy: MarketPolicy,
    asked: str,
    may_stand_by: bool = False,
) -> Row[Any]:
    """Lock the attempt and its job, and renew the lease.

    Args:
        may_stand_by: whether one that only stands by may say this too.

    Raises:
        AttemptNotFound: there is no such attempt.
        AttemptFenced: it no longer holds the lease, or only stands by.
        ContradictoryReport: it is not an attempt of this job.
    """
    held = await repository.hold(session, attempt_id=attempt_id, lease_seconds=policy.lease_seconds)
    if held is None:
        raise unknown(attempt_id, asked=asked)
    fence(attempt_id, of_job=held.job_id, on_job=job_id, status=held.status, asked=asked)
    if held.is_standby and not may_stand_by:
        raise AttemptFenced.of(attempt_id, status="standing by", asked=asked)
    return held


async def ensure_started(session: AsyncSession, held: Row[Any]) -> datetime | None:
    """Any report of an attempt that was only assigned says that it runs: billable time begins.

    Returns:
        When it began, where that is just now.
    """
    if held.status != AttemptStatus.ASSIGNED:
        return None
    change = AttemptChange(AttemptStatus.ASSIGNED, AttemptStatus.RUNNING)
    row = await transition(session, attempt_id=held.id, change=change, worker_id=held.worker_id)
    assert row is not None, "its row is locked, and its status was read under the lock"
    await transition_job(session, job_id=held.job_id, change=JobChange(JobStatus.ASSIGNED, JobStatus.RUNNING))
    began: datetime = row.started_at
    return began


async def mark_started(session: AsyncSession, *, attempt_id: UUID, job_id: UUID, policy: MarketPolicy) -> ReportAnswer:
    """The sandbox runs."""
    held = await hold(session, attempt_id=attempt_id, job_id=job_id, policy=policy, asked="Reporting a start")
    await ensure_started(session, held)
    return answer(held, policy)


async def report_progress(
    session: AsyncSession,
    *,
    attempt_id: UUID,
    job_id: UUID,
    progress: float,
    sample: ReportedMetric | None,
    policy: MarketPolicy,
) -> ReportAnswer:
    """Progress from 0 to 100. A lower one than before is accepted and changes nothing."""
    held = await hold(session, attempt_id=attempt_id, job_id=job_id, policy=policy, asked="Reporting progress")
    await ensure_started(session, held)
    await store_progress(session, held, progress)
    if sample is not None:
        await reported.append_metrics(session, held, [sample])
    return answer(held, policy)


async def append_logs(
    session: AsyncSession, *, attempt_id: UUID, job_id: UUID, entries: Sequence[ReportedLog], policy: MarketPolicy
) -> ReportAnswer:
    """Output in order. What was stored before is passed over, so that a report may be repeated.

    A line of the user's program says that it runs; the platform's own lines come before that too. What one says that
    only stands by is not the job's output, and is not kept.
    """
    held = await hold(
        session, attempt_id=attempt_id, job_id=job_id, policy=policy, asked="Reporting output", may_stand_by=True
    )
    if held.is_standby:
        return answer(held, policy)
    if any(entry.stream is not LogStream.SYSTEM for entry in entries):
        await ensure_started(session, held)
    await store_logs(session, held, entries)
    return answer(held, policy)


async def append_metrics(
    session: AsyncSession, *, attempt_id: UUID, job_id: UUID, samples: Sequence[ReportedMetric], policy: MarketPolicy
) -> ReportAnswer:
    """Usage samples."""
    held = await hold(session, attempt_id=attempt_id, job_id=job_id, policy=policy, asked="Reporting usage")
    await reported.append_metrics(session, held, samples)
    return answer(held, policy)


async def add_artifacts(
    session: AsyncSession,
    *,
    attempt_id: UUID,
    job_id: UUID,
    artifacts: Sequence[ReportedArtifact],
    policy: MarketPolicy,
) -> ReportAnswer:
    """Artifacts whose blobs were uploaded before.

    Raises:
        ContradictoryReport: a blob was not uploaded.
    """
    held = await hold(session, attempt_id=attempt_id, job_id=job_id, policy=policy, asked="Reporting artifacts")
    await store_artifacts(session, held, artifacts)
    return answer(held, policy)


async def store_progress(session: AsyncSession, held: Row[Any], progress: float) -> None:
    """Raise the progress, and tell who watches if it rose."""
    risen = await reported.raise_progress(session, attempt_id=held.id, progress=progress)
    if risen is not None:
        data = {
            "jobId": str(held.job_id),
            "status": JobStatus.RUNNING.value,
            "progress": risen,
            "attempt": held.number,
        }
        await events.record(session, type=EventType.JOB_PROGRESS, topics=[f"job:{held.job_id}"], data=data)


async def store_logs(session: AsyncSession, held: Row[Any], entries: Sequence[ReportedLog]) -> None:
    """Store what is new of the output, and tell who watches. What goes beyond the limit ends with a word on that."""
    fresh = sorted((entry for entry in entries if entry.seq >= held.next_log_seq), key=lambda entry: entry.seq)
    if not fresh or held.log_bytes > MAX_LOG_BYTES_PER_JOB:
        return
    if held.log_bytes + reported.bytes_of(fresh) > MAX_LOG_BYTES_PER_JOB:
        fresh.append(_sentence(held, _CUT, seq=fresh[-1].seq + 1))
    await _append_logs(session, held, fresh)


async def store_sentence(session: AsyncSession, held: Row[Any], sentence: str) -> None:
    """Add a sentence of the platform's own to the output, however much of that there is."""
    # As if it were a repeat of what the runner sent last: the number of what it sends next is its own.
    await _append_logs(session, held, [_sentence(held, sentence, seq=held.next_log_seq - 1)])


def _sentence(held: Row[Any], sentence: str, *, seq: int) -> ReportedLog:
    # Its number may be none that a runner may use.
    return ReportedLog.model_construct(seq=seq, stream=LogStream.SYSTEM, text=f"{sentence}\n", at=held.now)


async def _append_logs(session: AsyncSession, held: Row[Any], fresh: Sequence[ReportedLog]) -> None:
    after = await reported.append_logs(session, held, fresh)
    data = {
        "jobId": str(held.job_id),
        "attempt": held.number,
        "logsAfter": after,
    }
    await events.record(session, type=EventType.JOB_PROGRESS, topics=[f"job:{held.job_id}"], data=data)


async def store_artifacts(session: AsyncSession, held: Row[Any], artifacts: Sequence[ReportedArtifact]) -> None:
    """Store artifacts.

    Raises:
        ContradictoryReport: a blob was not uploaded.
    """
    stored = await reported.add_artifacts(session, held, artifacts)
    if missing := sorted({artifact.path for artifact in artifacts} - stored):
        raise ContradictoryReport(
            asked="Reporting artifacts",
            obstacle=f"the content of {missing[0]!r} was not uploaded",
            remedy="PUT each artifact to /api/blobs/{sha256} before reporting it.",
            details={"missing": missing},
        )


def answer(held: Row[Any], policy: MarketPolicy) -> ReportAnswer:
    """What a runner is told after each report."""
    return ReportAnswer(
        success=True,
        cancel=held.cancel_requested_at is not None,
        checkpoint=held.checkpoint_requested_at is not None,
        snapshot=held.snapshot_requested_at is not None,
        lease_seconds=policy.lease_seconds,
    )
