"""Keeping each group at the size that its queue calls for."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.errors import QubixError
from qubix.schemas.jobs import JobCreate
from qubix.schemas.states import Cause, GroupStatus, Scope
from qubix_platform.auth.callers import UserCaller
from qubix_platform.groups import repository
from qubix_platform.groups.decide import MAX_FAILURES, Bounds, Load, Plan, Worker, plan
from qubix_platform.groups.items import transition as items
from qubix_platform.groups.service import stop_workers
from qubix_platform.groups.transition import announce, transition
from qubix_platform.jobs.creation import create_job
from qubix_platform.jobs.finish import end_waiting
from qubix_platform.pricing.policy import MarketPolicy

AT_ONCE: Final = 500
_WORKERS: Final = TypeAdapter(list[Worker])


async def give_back(session: AsyncSession) -> int:
    """Queue items anew whose worker ended without them, as many as are done at once; how many it were."""
    rows = await items.give_back(session, limit=AT_ONCE)
    return len(rows)


async def due(session: AsyncSession) -> list[UUID]:
    """Groups that something is to be done for now."""
    return [row.id for row in await repository.standings(session) if _has_work(row, _plan(row))]


async def advance(session: AsyncSession, group_id: UUID, *, policy: MarketPolicy) -> Plan | None:
    """Start the workers that a group lacks, and have those leave that it does not need. Twice is once.

    Where the balance or a limit does not allow for a worker, the group says so, and the next round tries again.

    Returns:
        What was to be done; None where the group has ended.
    """
    group = await repository.lock(session, group_id)
    row = None if group is None else await repository.standing(session, group_id)
    if group is None or row is None:
        return None
    decided = _plan(row)
    if decided.is_over:
        await transition(session, group_id=group_id, to=GroupStatus.ENDED)
        return decided
    await repository.ask_to_leave(session, decided.ask)
    await end_waiting(session, dict.fromkeys(decided.end), cause=Cause.CANCELLED)
    if decided.stop:
        await stop_workers(session, await repository.lock_jobs(session, decided.stop))
    obstacle = await _start(session, group, decided.start, policy=policy) if decided.start else _halted(row)
    await repository.note(session, row, surplus_since=decided.surplus_since, obstacle=obstacle)
    if obstacle != row.obstacle:
        await announce(session, group_id, obstacle=obstacle)
    return decided


def _plan(row: Row[Any]) -> Plan:
    workers = _WORKERS.validate_python(row.workers)
    bounds = Bounds(
        min_workers=row.min_workers,
        max_workers=row.max_workers,
        items_per_worker=row.items_per_worker,
        idle=timedelta(seconds=row.idle_seconds),
    )
    load = Load(
        items=row.items,
        workers=sum(not worker.is_leaving for worker in workers),
        surplus_since=row.surplus_since,
        is_draining=row.status == GroupStatus.DRAINING,
    )
    return plan(bounds, load, workers, failures=row.failures, now=row.now)


def _has_work(row: Row[Any], decided: Plan) -> bool:
    changes = decided.start or decided.end or decided.ask or decided.stop or decided.is_over
    return bool(changes) or decided.surplus_since != row.surplus_since or _halted(row) != row.obstacle


def _halted(row: Row[Any]) -> str | None:
    """Why no worker is started, where the group's own workers are the reason."""
    if row.failures < MAX_FAILURES:
        return None
    return (
        f"the last {row.failures} workers ended without finishing an item, the last with: {row.last_failure}. "
        "No more are started: see their logs, and `qubix group scale` goes on"
    )


async def _start(session: AsyncSession, group: Row[Any], count: int, *, policy: MarketPolicy) -> str | None:
    """Start so many workers, each a job with a hold of its own; why there are fewer, where there are."""
    if group.key_is_gone:
        return "the API key that asked for it was revoked or has expired: `qubix group scale` by another goes on"
    caller = UserCaller(user_id=group.user_id, is_operator=False, scopes=frozenset({Scope.JOBS}), key_id=group.key_id)
    request = JobCreate.model_validate(group.template)
    for started in range(count):
        try:
            async with session.begin_nested():
                created = await create_job(session, caller=caller, request=request, policy=policy)
                await repository.adopt(session, group_id=group.id, job_id=created.job.id)
        except QubixError as refusal:
            return f"{count - started} more workers are called for, and {refusal.obstacle}"
    return None
