"""The end of an attempt: reported by its runner, or found out by the scheduler."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.reports import CompleteAnswer, CompleteReport, PaymentInfo, ReportedLog
from qubix.schemas.states import AttemptStatus, Cause, CompletionStatus, JobStatus, LogStream
from qubix_platform.attempts import repository
from qubix_platform.attempts.billing import billable_seconds
from qubix_platform.attempts.errors import ContradictoryReport
from qubix_platform.attempts.reports import ensure_started, hold, store_artifacts, store_logs, store_progress
from qubix_platform.attempts.transition import STATE_OF, AttemptChange, transition
from qubix_platform.jobs.finish import finish
from qubix_platform.jobs.states import JobChange, next_state
from qubix_platform.jobs.transition import transition as transition_job
from qubix_platform.pricing.policy import MarketPolicy
from qubix_platform.pricing.rates import Split, charge


@dataclass(frozen=True, slots=True)
class _Standing:
    """How an attempt and its job stand, and since when, at this moment of the database's clock."""

    attempt: AttemptStatus
    job: JobStatus
    started_at: datetime | None
    now: datetime

    @classmethod
    def of(cls, held: Row[Any]) -> Self:
        return cls(AttemptStatus(held.status), JobStatus(held.job_status), held.started_at, held.now)

    @classmethod
    def begun(cls, at: datetime) -> Self:
        """The same report says that it began and that it ended."""
        return cls(AttemptStatus.RUNNING, JobStatus.RUNNING, at, at)


async def complete(
    session: AsyncSession, *, attempt_id: UUID, job_id: UUID, report: CompleteReport, policy: MarketPolicy
) -> CompleteAnswer:
    """Take in an attempt's end: final state, settlement to the second and events, in this one transaction.

    Raises:
        AttemptFenced: the attempt lost its lease meanwhile: nothing of the report counts.
        ContradictoryReport: status and cause contradict each other, or an artifact's blob is missing.
    """
    cause = _cause(report)
    held = await hold(session, attempt_id=attempt_id, job_id=job_id, policy=policy, asked="Reporting completion")
    began = await ensure_started(session, held) if report.exit_code is not None else None
    await store_logs(session, held, report.logs)
    if report.samples:
        await repository.append_metrics(session, held, report.samples)
    if report.progress is not None and cause is not Cause.COMPLETED:
        await store_progress(session, held, report.progress)
    if report.artifacts:
        await store_artifacts(session, held, report.artifacts)
    standing = _Standing.of(held) if began is None else _Standing.begun(began)
    payment = await _end(session, held, standing, cause=cause, report=report, policy=policy)
    return CompleteAnswer(success=True, payment=payment)


async def lose(session: AsyncSession, attempt_id: UUID, *, reason: str, policy: MarketPolicy) -> bool:
    """Give up an attempt whose provider is gone: unbilled, fenced, and the job runs again elsewhere if it may.

    Args:
        session: the caller's transaction.
        attempt_id: the attempt.
        reason: what was seen, for the consumer ("its node left the cluster").
        policy: for the settlement where the job ends with this.

    Returns:
        Whether it was still live; False where it had ended already and nothing changed.
    """
    held = await repository.hold(session, attempt_id=attempt_id, lease_seconds=policy.lease_seconds)
    if held is None or AttemptStatus(held.status).is_final:
        return False
    await _tell(session, held, f"Provider {held.worker_id} was lost: {reason}. These seconds are not billed.")
    await _end(session, held, _Standing.of(held), cause=Cause.PROVIDER_LOST, report=None, policy=policy, error=reason)
    return True


async def _end(
    session: AsyncSession,
    held: Row[Any],
    standing: _Standing,
    *,
    cause: Cause,
    report: CompleteReport | None,
    policy: MarketPolicy,
    error: str | None = None,
) -> PaymentInfo | None:
    seconds = billable_seconds(
        cause=cause,
        started_at=standing.started_at,
        ended_at=standing.now,
        time_limit_seconds=held.time_limit_seconds,
    )
    charged = charge(price_per_hour=held.price_per_hour, seconds=seconds)
    error = report.error if report is not None else error
    await transition(
        session,
        attempt_id=held.id,
        worker_id=held.worker_id,
        change=AttemptChange(
            standing.attempt,
            STATE_OF[cause],
            ended_at=standing.now,
            cause=cause,
            error=error,
            exit_code=report.exit_code if report is not None else None,
            billable_seconds=seconds,
            cost=charged,
        ),
    )
    to, job_cause = next_state(
        cause=cause,
        attempts=held.attempts,
        max_attempts=held.max_attempts,
        cancel_requested=held.cancel_requested_at is not None,
    )
    change = JobChange(
        standing.job,
        to,
        cause=job_cause,
        error=error,
        result=report.result if report is not None else None,
    )
    if not to.is_final:
        await transition_job(session, job_id=held.job_id, change=change)
        return None
    parts = await finish(
        session,
        job_id=held.job_id,
        consumer_id=held.user_id,
        held=held.hold_amount,
        change=change,
        charged=charged,
        provider_user_id=held.provider_user_id,
        fee_basis_points=policy.fee_basis_points,
    )
    return None if parts is None else _payment(parts, seconds)


def _payment(parts: Split, seconds: int) -> PaymentInfo:
    return PaymentInfo(
        cost=parts.provider + parts.fee,
        provider_amount=parts.provider,
        fee=parts.fee,
        refund=parts.refund,
        billable_seconds=seconds,
    )


def _cause(report: CompleteReport) -> Cause:
    completed = report.status is CompletionStatus.COMPLETED
    cause = report.cause or (Cause.COMPLETED if completed else Cause.USER_ERROR)
    if completed != (cause is Cause.COMPLETED):
        raise ContradictoryReport(
            asked="Reporting completion",
            obstacle=f"the status is {report.status.value!r}, but the cause is {cause.value!r}",
            remedy="Send status 'completed' with cause COMPLETED, or 'failed' with another.",
        )
    return cause


async def _tell(session: AsyncSession, held: Row[Any], sentence: str) -> None:
    now: datetime = held.now
    entry = ReportedLog(seq=held.next_log_seq, stream=LogStream.SYSTEM, text=f"{sentence}\n", at=now)
    await store_logs(session, held, [entry])
