"""What the scheduler writes down about its decisions."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import EventType, JobStatus
from qubix.schemas.waiting import WaitingReport
from qubix_platform.events import service as events
from qubix_platform.placement.model import Decisions, PendingJob
from qubix_platform.scheduling import repository
from qubix_platform.scheduling.models import Explanation, Reading
from qubix_platform.scheduling.passes import Encoded

UNASSIGNABLE_AFTER: Final = timedelta(seconds=30)
"""A job that waits for longer is marked as unassignable, with the reasons."""
EXPLAINED_AFTER: Final = timedelta(seconds=1)
"""Shorter waits are not worth a write: the next pass most likely ends them."""
TOLD_AGAIN_AFTER: Final = timedelta(seconds=2)
"""While the market is lively the numbers in a report change with every pass, and nobody reads them as fast."""
TOLD_AGAIN_PART: Final = 0.1
"""Who has waited for long is told again after this part of that time: thousands may wait."""
PASSES_KEPT: Final = 2_000

_PRUNE_EVERY: Final = 50


def explanations(reading: Reading, decisions: Decisions) -> list[Explanation]:
    """What has to be written about the jobs that were not placed: only what changed. Pure.

    A mark stays until the job is assigned: the same transition that assigns it takes it away.
    """
    return [
        Explanation(
            job_id=job.id,
            decided_at=reading.now,
            report=report,
            is_unassignable=_is_unassignable(job, reading),
        )
        for job in reading.snapshot.jobs
        if job.id in decisions.waiting
        and _is_worth_telling(job, report := _told(job, decisions.waiting[job.id]), reading)
    ]


def _told(job: PendingJob, report: WaitingReport) -> WaitingReport:
    """The report as the job is told it: one that runs misses no more than a machine to stand by."""
    if not job.is_standby:
        return report
    return report.model_copy(update={"for_standby": True, "summary": f"no machine stands by: {report.summary}"})


def _is_unassignable(job: PendingJob, reading: Reading) -> bool:
    if job.is_standby:
        return False
    is_marked = reading.standings[job.id].unassignable_since is not None
    return is_marked or reading.now - job.queued_at >= UNASSIGNABLE_AFTER


def _is_worth_telling(job: PendingJob, report: WaitingReport, reading: Reading) -> bool:
    standing = reading.standings[job.id]
    if _is_unassignable(job, reading) != (standing.unassignable_since is not None):
        return True
    if standing.told_at is None:
        return reading.now - job.queued_at >= EXPLAINED_AFTER
    again = max(TOLD_AGAIN_AFTER, (reading.now - job.queued_at) * TOLD_AGAIN_PART)
    return standing.waiting != report and reading.now - standing.told_at >= again


async def explain(session: AsyncSession, changed: Sequence[Explanation]) -> None:
    """Write why jobs wait, and tell those who watch a job that is unassignable by now, or for another reason."""
    by_job: Mapping[object, Explanation] = {explanation.job_id: explanation for explanation in changed}
    for row in await repository.write_explanations(session, changed):
        if row.unassignable_since is None:
            continue
        await events.record(
            session,
            type=EventType.JOB_PROGRESS,
            topics=[f"job:{row.id}"],
            data={
                "jobId": str(row.id),
                "status": JobStatus.PENDING.value,
                "progress": row.progress,
                "attempt": row.attempts,
                "unassignableSince": row.unassignable_since.isoformat(),
                "why": by_job[row.id].report.wire(),
            },
        )


async def record(
    session: AsyncSession, encoded: Encoded, *, base_id: int | None = None, kept: int = PASSES_KEPT
) -> int:
    """Keep a pass for replay, and delete the oldest beyond `kept` every now and then.

    Args:
        session: to write with.
        encoded: the pass.
        base_id: of the pass that it was shortened by; None where it is whole.
        kept: how many of the newest stay.

    Returns:
        The id under which it can be replayed.
    """
    newest = await repository.record_pass(session, encoded, base_id=base_id)
    if newest % _PRUNE_EVERY == 0:
        await repository.prune_passes(session, newest=newest, kept=kept)
    return newest


async def list_passes(session: AsyncSession, *, limit: int) -> Sequence[Row[Any]]:
    """Passes, newest first: id, moment, jobs pending and assigned, and the microseconds that it took."""
    return await repository.list_passes(session, limit=limit)
