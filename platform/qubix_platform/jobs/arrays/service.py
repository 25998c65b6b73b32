"""Arrays: created, listed and cancelled as a whole. Each element is a job like any other."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.arrays import ArrayCancelled, ArrayCreate, ArrayCreated, ArrayRange, JobArray
from qubix.schemas.states import Cause, EventType, JobStatus
from qubix_platform.auth.callers import UserCaller
from qubix_platform.escrow import service as escrow
from qubix_platform.events import service as events
from qubix_platform.events.models import NewEvent
from qubix_platform.jobs import creation, view
from qubix_platform.jobs import repository as all_jobs
from qubix_platform.jobs.arrays import repository
from qubix_platform.jobs.arrays.errors import ArrayNotFound
from qubix_platform.jobs.finish import end_waiting
from qubix_platform.jobs.transition import announce_queued
from qubix_platform.ledger import repository as ledger
from qubix_platform.ledger.errors import BalanceTooLow
from qubix_platform.pricing.policy import MarketPolicy
from qubix_platform.spending import service as spending


async def create_array(
    session: AsyncSession,
    *,
    caller: UserCaller,
    request: ArrayCreate,
    idempotency_key: str | None = None,
    policy: MarketPolicy,
) -> ArrayCreated:
    """Store an array of jobs and hold the escrow of each; all of it, or nothing.

    A repeated `idempotency_key` with the same request gives the array that it made, and holds nothing again.

    Raises:
        BalanceTooLow: the caller's balance does not cover all the holds; says for how many jobs it would do.
        SpendingLimitReached: they go beyond a limit that the caller set.
        Others as of `creation.create_job`.
    """
    known = await creation.made_before(session, caller=caller, request=request, key=idempotency_key)
    if known is not None:
        array_id = await repository.of_job(session, known)
        assert array_id is not None, "the request had an array, and its fingerprint is the same"
        return _created(
            await get_array(session, caller=caller, array_id=array_id), await repository.jobs(session, array_id)
        )
    span = ArrayRange.parse(request.array)
    new = await creation.prepare(session, caller=caller, request=request, policy=policy)
    await _check_balance(session, caller, new.job.hold_amount, span.size)
    first = await all_jobs.insert(session, new.job)
    array_id, rows = await repository.insert(session, first, span)
    ids = [row.id for row in rows]
    await creation.store_beside(session, ids, request=request, dependencies=new.dependencies)
    if first.is_limited:
        await spending.check(session, user_id=caller.user_id, key_id=caller.key_id, job_total=new.most, added=0)
    await creation.remember(session, caller=caller, request=request, key=idempotency_key, job_id=first.id)
    await escrow.hold_all(session, [replace(view.purse(row), held=0) for row in rows], new.job.hold_amount)
    await announce_queued(session, [row.id for row in rows if not row.is_held_back])
    return _created(await get_array(session, caller=caller, array_id=array_id), rows)


async def get_array(session: AsyncSession, *, caller: UserCaller, array_id: UUID) -> JobArray:
    """One of the caller's arrays.

    Raises:
        ArrayNotFound: the caller has no such array.
    """
    row = await repository.get(session, array_id=array_id, user_id=caller.user_id)
    if row is None:
        raise ArrayNotFound.of(array_id, asked="Looking up an array")
    return _view(row)


async def list_arrays(
    session: AsyncSession, *, caller: UserCaller, limit: int, offset: int
) -> tuple[list[JobArray], int]:
    """A page of the caller's arrays, newest first, and how many there are in all."""
    rows = await repository.list_page(session, user_id=caller.user_id, limit=limit, offset=offset)
    return [_view(row) for row in rows], (rows[0].total if rows else 0)


async def cancel_array(session: AsyncSession, *, caller: UserCaller, array_id: UUID) -> ArrayCancelled:
    """Stop every job of an array that has not ended. Cancelling again changes nothing.

    Raises:
        ArrayNotFound: the caller has no such array.
    """
    await get_array(session, caller=caller, array_id=array_id)
    live = await repository.lock_live(session, array_id)
    await all_jobs.request_cancel_of(session, [row.id for row in live])
    waiting = [row.id for row in live if row.status == JobStatus.PENDING]
    await end_waiting(session, dict.fromkeys(waiting), cause=Cause.CANCELLED)
    running = [row.id for row in live if row.status != JobStatus.PENDING and row.cancel_requested_at is None]
    await events.record_all(session, [_cancelling(job_id) for job_id in running])
    return ArrayCancelled(success=True, array=await get_array(session, caller=caller, array_id=array_id))


async def _check_balance(session: AsyncSession, caller: UserCaller, each: int, size: int) -> None:
    available, _ = await ledger.balances_of(session, caller.user_id)
    if each * size <= available:
        return
    raise BalanceTooLow(
        asked=f"Creating an array of {size:,} jobs",
        obstacle=f"each of them holds {each:,} QU, {each * size:,} QU in all, and the balance is {available:,} QU",
        remedy=f"It covers {available // each:,} of them: submit so many, add funds, or lower maxPrice or "
        "timeLimitSeconds, whose product the hold of each is.",
        details={"needed": each * size, "available": available, "covered": available // each},
    )


def _view(row: Row[Any]) -> JobArray:
    return JobArray.model_validate(dict(row._mapping))


def _created(array: JobArray, rows: Sequence[Row[Any]]) -> ArrayCreated:
    found = [view.job(row) for row in rows]
    return ArrayCreated(success=True, array=array, jobs=found, estimated_cost=sum(job.estimated_cost for job in found))


def _cancelling(job_id: UUID) -> NewEvent:
    topics = ("scheduler", f"job:{job_id}")
    return NewEvent(type=EventType.JOB_CANCEL_REQUESTED, topics=topics, data={"jobId": str(job_id)})
