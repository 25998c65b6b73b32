"""The end of an attempt: reported by its runner, or found out by the scheduler."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.reports import CompleteAnswer, CompleteReport, PaymentInfo
from qubix.schemas.states import AttemptStatus, Cause, CompletionStatus
from qubix_platform.attempts import gang, pending, repository, standby
from qubix_platform.attempts.closing import Standing, close, pay_for_part
from qubix_platform.attempts.errors import ContradictoryReport
from qubix_platform.attempts.history import Owed, owed_at_end, purse_of
from qubix_platform.attempts.preempting import repository as preempting
from qubix_platform.attempts.reported import repository as reported
from qubix_platform.attempts.reports import (
    ensure_started,
    hold,
    store_artifacts,
    store_logs,
    store_progress,
    store_sentence,
)
from qubix_platform.checkpoints import repository as checkpoints
from qubix_platform.jobs.finish import finish
from qubix_platform.jobs.states import JobChange, next_state
from qubix_platform.jobs.transition import transition as transition_job
from qubix_platform.ledger.model import Posting
from qubix_platform.pricing.policy import MarketPolicy
from qubix_platform.providers import presence
from qubix_platform.providers.lifecycle import FAILURES

_PLATFORMS_TO_SAY: Final = frozenset(
    {Cause.PREEMPTED, Cause.OUT_OF_FUNDS, Cause.DEPENDENCY_FAILED, Cause.PEER_ENDED, Cause.PEER_LOST}
)


async def complete(
    session: AsyncSession, *, attempt_id: UUID, job_id: UUID, report: CompleteReport, policy: MarketPolicy
) -> CompleteAnswer:
    """Take in an attempt's end: final state, settlement to the second and events, in this one transaction.

    Raises:
        AttemptFenced: the attempt lost its lease meanwhile: nothing of the report counts.
        ContradictoryReport: status and cause contradict each other, or an artifact's blob is missing.
    """
    cause = _cause(report)
    held = await hold(
        session, attempt_id=attempt_id, job_id=job_id, policy=policy, asked="Reporting completion", may_stand_by=True
    )
    if held.is_standby:
        await standby.give_up(session, held, cause=_only_stopped(cause), error=report.error)
        return CompleteAnswer(success=True, payment=None)
    cause = _wanted(cause, held)
    began = await ensure_started(session, held) if report.exit_code is not None else None
    await store_logs(session, held, report.logs)
    if report.samples:
        await reported.append_metrics(session, held, report.samples)
    if report.progress is not None and cause is not Cause.COMPLETED:
        await store_progress(session, held, report.progress)
    if report.artifacts:
        await store_artifacts(session, held, report.artifacts)
    standing = Standing.of(held) if began is None else Standing.begun(began)
    payment = await _end(session, held, standing, cause=cause, report=report, policy=policy)
    if cause in FAILURES:
        await presence.shun(session, held.provider_id)
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
    if held.is_standby:
        await standby.give_up(session, held, cause=Cause.PROVIDER_LOST, error=reason)
        return True
    await store_sentence(session, held, f"Provider {held.worker_id} was lost: {reason}. These seconds are not billed.")
    await _end(session, held, Standing.of(held), cause=Cause.PROVIDER_LOST, report=None, policy=policy, error=reason)
    return True


async def notice_preemption(session: AsyncSession, attempt_id: UUID, *, reason: str) -> bool:
    """Tell that an attempt has to make room soon: it is to save its work, and its consumer pays nothing from now on.

    Returns:
        Whether it was told now; False where it was before, or has ended.
    """
    held = await repository.lock(session, attempt_id)
    if held is None or AttemptStatus(held.status).is_final or held.preemption_noticed_at is not None:
        return False
    sentence = f"This has to make room: {reason}. It is to save its work now, and costs nothing more."
    await store_sentence(session, held, sentence)
    await preempting.notice(session, attempt_id)
    await checkpoints.request_of(session, attempt_id)
    return True


async def preempt(session: AsyncSession, attempt_id: UUID, *, reason: str, policy: MarketPolicy) -> bool:
    """End an attempt that has to make room for another: its seconds up to the notice are paid, and its job waits again.

    Returns:
        Whether it was still live; False where it had ended already and nothing changed.
    """
    return await _cut_short(session, attempt_id, cause=Cause.PREEMPTED, reason=reason, policy=policy)


async def run_out(session: AsyncSession, attempt_id: UUID, *, reason: str, policy: MarketPolicy) -> bool:
    """End an attempt, and its job with it, whose held money is used up: it is paid, and nothing goes back.

    Returns:
        Whether it was still live; False where it had ended already and nothing changed.
    """
    return await _cut_short(session, attempt_id, cause=Cause.OUT_OF_FUNDS, reason=reason, policy=policy)


async def end_overdue(
    session: AsyncSession, attempt_id: UUID, *, cause: Cause, reason: str, policy: MarketPolicy
) -> bool:
    """End an attempt, and its job with it, that its runner should have ended: past its limit, or after a cancel.

    It is paid for as if its runner had: the meter stood still from its limit, or from the cancel, on.

    Returns:
        Whether it was still live; False where it had ended already and nothing changed.
    """
    return await _cut_short(session, attempt_id, cause=cause, reason=reason, policy=policy)


async def take_back(session: AsyncSession, job_id: UUID) -> bool:
    """End a cancelled job's attempt that its machine has not been told of yet: nothing has to stop.

    Returns:
        Whether there was one; False where its runner has to be told.
    """
    attempt_id = await repository.undelivered(session, job_id)
    if attempt_id is None:
        return False
    reason = "it was cancelled before its machine heard of it"
    # It has not begun, so that nothing is owed whatever the policy is.
    return await _cut_short(session, attempt_id, cause=Cause.CANCELLED, reason=reason, policy=MarketPolicy())


async def _cut_short(
    session: AsyncSession, attempt_id: UUID, *, cause: Cause, reason: str, policy: MarketPolicy
) -> bool:
    held = await repository.lock(session, attempt_id)
    if held is None or AttemptStatus(held.status).is_final:
        return False
    if held.is_standby:
        await standby.give_up(session, held, cause=cause, error=reason)
        return True
    await store_sentence(session, held, f"Stopped: {reason}.")
    await _end(session, held, Standing.of(held), cause=cause, report=None, policy=policy, error=reason)
    return True


async def _end(
    session: AsyncSession,
    held: Row[Any],
    standing: Standing,
    *,
    cause: Cause,
    report: CompleteReport | None,
    policy: MarketPolicy,
    error: str | None = None,
) -> PaymentInfo | None:
    stop_cause = None if held.stop_cause is None else Cause(held.stop_cause)
    if cause is Cause.CANCELLED and stop_cause is not None:
        cause = stop_cause
    if held.workers > 1 or held.standby:
        await repository.lock_with_machines(session, held.job_id)
    payments: list[Posting] = []
    if held.workers > 1:
        held = await gang.refreshed(session, held)
        if cause is not Cause.COMPLETED:
            held, payments = await gang.end_peers(session, held, cause=cause, policy=policy)
    held = await pending.give_back_if_lost(session, held, cause=cause, policy=policy)
    owed = owed_at_end(held, started_at=standing.started_at, ended_at=standing.now, cause=cause, policy=policy)
    error = report.error if report is not None else error
    exit_code = report.exit_code if report is not None else None
    result = report.result if report is not None else None
    await close(session, held, standing, owed, cause=cause, error=error, exit_code=exit_code)
    if held.workers > 1 and cause is Cause.COMPLETED:
        if held.sharing > 1:  # others of the gang go on
            await gang.keep_result(session, held, result)
            await pay_for_part(session, held, owed)
            return _payment(held, owed, refund=0)
        result = await gang.result_of(session, held, result)
    tried = await _tried_again(session, held)
    to, job_cause = next_state(
        cause=cause,
        # That it had to make room says nothing of the job: such an attempt is not one of those that it allows.
        attempts=held.attempts - sum(tried.values()) - held.preempted - (cause is Cause.PREEMPTED),
        max_attempts=held.max_attempts,
        cancel_requested=held.cancel_requested_at is not None,
        stop_cause=stop_cause,
        is_time_up=owed.seconds >= held.limit_seconds,
        is_retried=tried.get(cause, 0) < held.retry.get(cause, 0),
    )
    change = JobChange(
        standing.job,
        to,
        cause=job_cause,
        error=error,
        result=result,
        facts={"workerId": held.worker_id, "reason": error},
    )
    if not to.is_final:
        await pay_for_part(session, held, owed, others=payments)
        await transition_job(session, job_id=held.job_id, change=change)
        if held.standby:
            await standby.take_over(session, held.job_id, policy=policy)
        return None
    if held.standby:
        await standby.dismiss(session, held.job_id)
    parts = await finish(session, purse_of(held), change=change, bill=owed.bill, others=payments)
    return None if parts is None else _payment(held, owed, refund=parts.refund)


async def _tried_again(session: AsyncSession, held: Row[Any]) -> Mapping[Cause, int]:
    """How often the job was tried again already, for each cause that its consumer named."""
    if not held.retry:
        return {}
    return await repository.ended_before(session, held, causes=[Cause(cause) for cause in held.retry])


def _payment(held: Row[Any], owed: Owed, *, refund: int) -> PaymentInfo:
    """What the whole attempt was paid, with what it was paid on the way."""
    cost = owed.bill.charged_before + owed.bill.charged
    provider = held.earned + owed.bill.parts.provider
    return PaymentInfo(
        cost=cost, provider_amount=provider, fee=cost - provider, refund=refund, billable_seconds=owed.seconds
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
    if cause in _PLATFORMS_TO_SAY:
        raise ContradictoryReport(
            asked="Reporting completion",
            obstacle=f"the cause {cause.value!r} is the platform's to find, not a runner's",
            remedy="Say what the runner itself saw: CANCELLED where it was told to stop.",
        )
    return cause


def _wanted(cause: Cause, held: Row[Any]) -> Cause:
    """Why an attempt ended, where it says that it was told to stop: nobody else than the platform can say that."""
    if cause is not Cause.CANCELLED or held.cancel_requested_at is not None:
        return cause
    return Cause.PLATFORM_ERROR if held.preemption_noticed_at is None else Cause.PREEMPTED


def _only_stopped(cause: Cause) -> Cause:
    """Why an attempt ended that only stood by: it can be no success, as it ran nothing."""
    return Cause.PLATFORM_ERROR if cause is Cause.COMPLETED else cause
