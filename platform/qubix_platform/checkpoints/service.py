"""Keeping what attempts save, and giving it to those that come after them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.errors import SnapshotRefused
from qubix.schemas.checkpoints import (
    MAX_CHECKPOINT_BYTES,
    MAX_PINNED,
    Checkpoint,
    CheckpointReport,
    CheckpointRequested,
    ResumedAnswer,
)
from qubix.schemas.reports import ReportAnswer
from qubix.schemas.states import AttemptStatus, Cause, JobStatus
from qubix_platform.attempts import repository as attempts
from qubix_platform.attempts.history import owed_for_resumed, purse_of
from qubix_platform.attempts.reports import answer, ensure_started, hold
from qubix_platform.attempts.settlements import repository as settlements
from qubix_platform.auth.callers import UserCaller
from qubix_platform.checkpoints import repository
from qubix_platform.checkpoints.errors import (
    CheckpointIncomplete,
    CheckpointNotYours,
    CheckpointTooLarge,
    CheckpointUnknown,
    NoRoomForSnapshot,
    NothingToCheckpoint,
    TooManyPinned,
)
from qubix_platform.escrow import service as escrow
from qubix_platform.jobs import service as jobs
from qubix_platform.jobs.states import UNBILLED_CAUSES
from qubix_platform.ledger.announcing import announce
from qubix_platform.pricing.policy import MarketPolicy
from qubix_platform.pricing.rates import whole_seconds


async def store(
    session: AsyncSession, *, attempt_id: UUID, job_id: UUID, report: CheckpointReport, policy: MarketPolicy
) -> ReportAnswer:
    """Keep a checkpoint of an attempt that runs, and drop the job's oldest. A repeat changes nothing.

    Raises:
        AttemptFenced: the attempt lost its lease meanwhile.
        CheckpointIncomplete: a part was not uploaded.
        CheckpointTooLarge: it is over the limit.
        SnapshotRefused: it is a snapshot that its owner does not wait for.
        NoRoomForSnapshot: it is one, and they keep as many as may be kept.
    """
    held = await hold(session, attempt_id=attempt_id, job_id=job_id, policy=policy, asked="Reporting a checkpoint")
    if held.rank:  # of a gang the first worker saves, and all go on from that
        return answer(held, policy)
    if report.snapshot:
        if await repository.is_stored(session, held.id, number=report.number):
            return answer(held, policy)
        await _check_wanted(session, held, report)
    _check_size(report)
    await _check_parts(session, held, report)
    started_at = await ensure_started(session, held) or held.started_at
    await repository.store(
        session,
        held,
        report.files,
        started_at=started_at,
        number=report.number,
        age_seconds=report.age_seconds,
        is_snapshot=report.snapshot,
    )
    if not report.snapshot:
        await repository.prune(session, job_id)
    return answer(held, policy)


async def resume(
    session: AsyncSession, *, attempt_id: UUID, job_id: UUID, checkpoint_id: UUID, policy: MarketPolicy
) -> ResumedAnswer:
    """An attempt that is about to begin goes on from this checkpoint.

    What an attempt that was lost had saved in it was not lost: its provider is paid up to there, in this transaction,
    and the time counts against the job's limit. Telling it again changes nothing.

    Raises:
        AttemptFenced: the attempt lost its lease meanwhile.
        CheckpointUnknown: there is no such checkpoint, or the attempt has begun without it.
    """
    held = await hold(session, attempt_id=attempt_id, job_id=job_id, policy=policy, asked="Resuming a job")
    if held.resumed_from == checkpoint_id:
        return ResumedAnswer(success=True, time_limit_seconds=held.limit_seconds)
    checkpoint = await repository.find(session, checkpoint_id, job_id=job_id)
    if checkpoint is None or checkpoint.attempt >= held.number or held.status != AttemptStatus.ASSIGNED:
        raise CheckpointUnknown(
            asked=f"Going on from checkpoint {checkpoint_id}",
            obstacle="the job has no such checkpoint of an earlier attempt, or this attempt runs already",
            remedy="Say so before the job starts, of one of the checkpoints that came with the attempt.",
        )
    paid = await _pay_for_saved(session, checkpoint, rank=held.rank, policy=policy)
    limit = await settlements.store_resumption(
        session, attempt_id=attempt_id, checkpoint_id=checkpoint_id, paid_seconds=paid
    )
    return ResumedAnswer(success=True, time_limit_seconds=limit)


async def of_job(session: AsyncSession, *, caller: UserCaller, job_id: UUID) -> list[Checkpoint]:
    """The checkpoints of one of the caller's jobs, the newest first.

    Raises:
        JobNotFound: the caller has no such job.
    """
    await jobs.get_job(session, caller=caller, job_id=job_id)
    return [Checkpoint.model_validate(dict(row._mapping)) for row in await repository.of_job(session, job_id)]


async def request(session: AsyncSession, *, caller: UserCaller, job_id: UUID) -> CheckpointRequested:
    """Ask for a checkpoint of a job that runs.

    Raises:
        JobNotFound: the caller has no such job.
        NothingToCheckpoint: it does not run.
    """
    job = await jobs.get_job(session, caller=caller, job_id=job_id)
    if job.status is not JobStatus.RUNNING:
        raise NothingToCheckpoint(
            asked=f"Taking a checkpoint of job {job_id}",
            obstacle=f"it is {job.status.value}",
            remedy="Ask while it runs.",
        )
    await repository.request(session, job_id)
    return CheckpointRequested(success=True)


async def request_snapshot(session: AsyncSession, *, caller: UserCaller, job_id: UUID) -> CheckpointRequested:
    """Ask for a snapshot of the workspace of a job that runs. It is kept until told otherwise, as what is pinned.

    Raises:
        JobNotFound: the caller has no such job.
        NothingToCheckpoint: it does not run.
        TooManyPinned: the caller keeps as many as may be kept.
    """
    asked = f"Taking a snapshot of job {job_id}"
    job = await jobs.get_job(session, caller=caller, job_id=job_id)
    if job.status is not JobStatus.RUNNING:
        raise NothingToCheckpoint(asked=asked, obstacle=f"it is {job.status.value}", remedy="Ask while it runs.")
    # The job's row is locked before the user's pins: so does whoever stores the snapshot.
    await repository.request_snapshot(session, job_id)
    kept = await repository.count_pinned(session, caller.user_id)
    if kept >= MAX_PINNED:
        raise _too_many(asked, kept)
    return CheckpointRequested(success=True)


async def pin(
    session: AsyncSession, *, caller: UserCaller, job_id: UUID, checkpoint_id: UUID, is_pinned: bool
) -> Checkpoint:
    """Keep a checkpoint until told otherwise, whatever comes after it and after the job's end; or as others are kept.

    Raises:
        JobNotFound: the caller has no such job.
        CheckpointNotYours: the job has no such checkpoint, or it is no longer kept.
        TooManyPinned: the caller keeps as many as may be kept.
    """
    await jobs.get_job(session, caller=caller, job_id=job_id)
    others = await repository.count_pinned(session, caller.user_id)
    row = await repository.pin(session, checkpoint_id, job_id=job_id, is_pinned=is_pinned)
    if row is None:
        raise CheckpointNotYours(
            asked="Keeping a checkpoint" if is_pinned else "Keeping a checkpoint no longer",
            obstacle=f"job {job_id} has no checkpoint {checkpoint_id}, or it is no longer kept",
            remedy="List those of a job with `qubix checkpoints JOB`.",
        )
    if is_pinned and others >= MAX_PINNED and await repository.count_pinned(session, caller.user_id) > MAX_PINNED:
        raise _too_many("Keeping a checkpoint", others)
    return Checkpoint.model_validate(dict(row._mapping))


def _too_many(asked: str, kept: int) -> TooManyPinned:
    return TooManyPinned(
        asked=asked,
        obstacle=f"you keep {kept} already, and {MAX_PINNED} may be kept",
        remedy="Keep another one no longer: `qubix checkpoints JOB --unpin CHECKPOINT`.",
    )


async def _check_wanted(session: AsyncSession, held: Row[Any], report: CheckpointReport) -> None:
    """What runs on a provider's machine pins nothing that the job's owner did not ask for."""
    since = held.snapshot_requested_at
    if since is None or held.now - timedelta(seconds=report.age_seconds) < since:
        raise SnapshotRefused(
            asked="Keeping a snapshot",
            obstacle="nobody has asked for one" if since is None else "another was asked for after it was taken",
            remedy="Take one when the platform asks for it.",
        )
    kept = await repository.count_pinned(session, held.user_id)
    if kept >= MAX_PINNED:
        full = _too_many("Keeping a snapshot", kept)
        raise NoRoomForSnapshot(asked=full.asked, obstacle=full.obstacle, remedy=full.remedy)


def _check_size(report: CheckpointReport) -> None:
    size = sum(file.size for file in report.files)
    if size > MAX_CHECKPOINT_BYTES:
        raise CheckpointTooLarge(
            asked="Keeping a checkpoint",
            obstacle=f"its files take {size} bytes, and {MAX_CHECKPOINT_BYTES} are kept at most",
            remedy="Save less in $QUBIX_CHECKPOINT: only what the next attempt needs to go on.",
        )


async def _check_parts(session: AsyncSession, held: Row[Any], report: CheckpointReport) -> None:
    named = {sha256 for file in report.files for sha256 in file.parts}
    sizes = await repository.sizes(session, user_id=held.user_id, shas=named)
    for file in report.files:
        stored = [sizes.get(sha256) for sha256 in file.parts]
        if None in stored or sum(size or 0 for size in stored) != file.size:
            raise CheckpointIncomplete(
                asked="Keeping a checkpoint",
                obstacle=f"the parts of {file.path!r} that were uploaded do not make up its {file.size} bytes",
                remedy="PUT each part to /api/blobs/{sha256} before reporting the checkpoint.",
            )


async def _pay_for_saved(session: AsyncSession, checkpoint: Row[Any], *, rank: int, policy: MarketPolicy) -> int:
    """Pay the attempt that a checkpoint is of (in a gang, of this worker), where it was lost; for how many seconds."""
    before = await attempts.of_worker(session, checkpoint.job_id, number=checkpoint.attempt, rank=rank)
    lost = None if before is None else await attempts.lock(session, before)
    if lost is None or lost.started_at is None or lost.cause is None or Cause(lost.cause) not in UNBILLED_CAUSES:
        return 0
    resumed = max(lost.resumed_seconds, whole_seconds(start=lost.started_at, end=checkpoint.taken_at))
    owed = owed_for_resumed(lost, resumed_seconds=resumed, policy=policy)
    paid: int = owed.seconds - lost.billable_seconds
    if paid == 0:
        return 0
    parts = await escrow.release(session, purse_of(lost), owed.bill, part=f"{lost.id}:{owed.seconds}")
    await settlements.store_resumed_part(session, lost, parts, through=owed.seconds, resumed_seconds=resumed)
    reason = "a job went on from what a lost attempt had saved"
    await announce(session, {lost.provider_user_id: parts.provider}, reason=reason)
    return paid
