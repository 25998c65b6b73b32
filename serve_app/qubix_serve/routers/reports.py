"""What runners report of their attempts, each with the attempt's token."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from qubix.schemas.attempts import MailboxEntry, ReadyAnswer
from qubix.schemas.groups import ItemAnswer, ItemExchange
from qubix.schemas.reports import (
    ArtifactsReport,
    CompleteAnswer,
    CompleteReport,
    LogsReport,
    MetricsReport,
    ProgressReport,
    ReportAnswer,
    StartedReport,
)
from qubix_platform.attempts import ending, readiness, reports
from qubix_platform.attempts import service as attempts
from qubix_platform.groups.items import service as items
from qubix_serve.dependencies import Attempt, Context, Session, Worker
from qubix_serve.paging import Listed

router = APIRouter(prefix="/api/jobs", tags=["runner"])

JobId = Annotated[UUID, Path(description="The job's id.")]


@router.get("/pending/{worker_id}")
async def pending(
    worker_id: str, session: Session, caller: Worker, context: Context, whole: Listed
) -> list[MailboxEntry]:
    """The mailbox of a pulling provider."""
    caller.require(worker_id)
    settings = context.settings
    return whole.of(await attempts.pending_for(session, worker_id, policy=settings.policy, secret=settings.secret))


@router.post("/{job_id}/started")
async def started(job_id: JobId, _: StartedReport, session: Session, caller: Attempt, context: Context) -> ReportAnswer:
    """The sandbox runs: billable time begins."""
    return await reports.mark_started(
        session, attempt_id=caller.attempt_id, job_id=job_id, policy=context.settings.policy
    )


@router.post("/{job_id}/ready")
async def ready(job_id: JobId, session: Session, caller: Attempt, context: Context) -> ReadyAnswer:
    """An attempt that has to wait is ready, and asks whether it may begin."""
    settings = context.settings
    return await readiness.report_ready(
        session, attempt_id=caller.attempt_id, job_id=job_id, policy=settings.policy, secret=settings.secret
    )


@router.post("/{job_id}/progress")
async def progress(
    job_id: JobId, report: ProgressReport, session: Session, caller: Attempt, context: Context
) -> ReportAnswer:
    """Progress from 0 to 100."""
    return await reports.report_progress(
        session,
        attempt_id=caller.attempt_id,
        job_id=job_id,
        progress=report.progress,
        sample=report.metrics,
        policy=context.settings.policy,
    )


@router.post("/{job_id}/logs")
async def report_logs(
    job_id: JobId, report: LogsReport, session: Session, caller: Attempt, context: Context
) -> ReportAnswer:
    """Output in order; what was stored before is passed over."""
    return await reports.append_logs(
        session,
        attempt_id=caller.attempt_id,
        job_id=job_id,
        entries=report.entries,
        policy=context.settings.policy,
    )


@router.post("/{job_id}/metrics")
async def report_metrics(
    job_id: JobId, report: MetricsReport, session: Session, caller: Attempt, context: Context
) -> ReportAnswer:
    """Usage samples."""
    return await reports.append_metrics(
        session,
        attempt_id=caller.attempt_id,
        job_id=job_id,
        samples=report.samples,
        policy=context.settings.policy,
    )


@router.post("/{job_id}/artifacts")
async def report_artifacts(
    job_id: JobId, report: ArtifactsReport, session: Session, caller: Attempt, context: Context
) -> ReportAnswer:
    """Artifacts whose blobs were uploaded before."""
    return await reports.add_artifacts(
        session,
        attempt_id=caller.attempt_id,
        job_id=job_id,
        artifacts=report.artifacts,
        policy=context.settings.policy,
    )


@router.post("/{job_id}/items")
async def exchange_items(
    job_id: JobId, request: ItemExchange, session: Session, caller: Attempt, context: Context
) -> ItemAnswer:
    """A worker of a group hands in what came of its item, and gets the next one."""
    return await items.exchange(
        session, attempt_id=caller.attempt_id, job_id=job_id, request=request, policy=context.settings.policy
    )


@router.post("/{job_id}/complete")
async def complete(
    job_id: JobId, report: CompleteReport, session: Session, caller: Attempt, context: Context
) -> CompleteAnswer:
    """The end of the attempt: final state, settlement and events at once."""
    return await ending.complete(
        session, attempt_id=caller.attempt_id, job_id=job_id, report=report, policy=context.settings.policy
    )
