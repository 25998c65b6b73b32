"""What a consumer does with their groups."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.groups import GroupAnswer, GroupCreate, GroupScale, JobGroup
from qubix.schemas.jobs import JobCreate
from qubix.schemas.states import Cause, EventType, GroupStatus, JobStatus
from qubix_platform.auth.callers import UserCaller
from qubix_platform.events import service as events
from qubix_platform.events.models import NewEvent
from qubix_platform.groups import repository
from qubix_platform.groups.errors import BoundsContradict, GroupNotFound, GroupTakesNoMore
from qubix_platform.groups.items import transition as items
from qubix_platform.groups.repository import NewGroup
from qubix_platform.groups.transition import announce, transition
from qubix_platform.jobs import creation
from qubix_platform.jobs import repository as jobs
from qubix_platform.jobs.errors import IdempotencyKeyReused
from qubix_platform.jobs.finish import end_waiting
from qubix_platform.pricing.policy import MarketPolicy

_OF_GROUP: Final = frozenset(GroupCreate.model_fields) - frozenset(JobCreate.model_fields)


async def create_group(
    session: AsyncSession,
    *,
    caller: UserCaller,
    request: GroupCreate,
    idempotency_key: str | None = None,
    policy: MarketPolicy,
) -> GroupAnswer:
    """Store a group. Its first workers are started within seconds, each with a hold of its own.

    A repeated `idempotency_key` with the same request gives the group that it made.

    Raises:
        As of `creation.create_job`, but for what concerns the balance: nothing is held before a worker is started.
    """
    fingerprint = hashlib.sha256(json.dumps(request.wire(), sort_keys=True).encode()).digest()
    if idempotency_key is not None:
        known = await repository.known_key(session, user_id=caller.user_id, key=idempotency_key)
        if known is not None:
            if bytes(known.fingerprint) != fingerprint:
                raise IdempotencyKeyReused.of(idempotency_key, asked="Creating a group")
            return await _answer(session, caller, known.id, asked="Creating a group")
    template = JobCreate.model_validate(request.model_dump(exclude=set(_OF_GROUP)))
    prepared = await creation.prepare(session, caller=caller, request=template, policy=policy)
    group_id = await repository.insert(
        session,
        NewGroup(
            user_id=caller.user_id,
            key_id=caller.key_id,
            name=prepared.job.name,
            template=template.wire(),
            request_key=idempotency_key,
            fingerprint=fingerprint,
            min_workers=request.min_workers,
            max_workers=request.max_workers,
            items_per_worker=request.items_per_worker,
            idle_seconds=request.idle_seconds,
            max_tries=request.max_tries,
        ),
    )
    await announce(session, group_id, status=GroupStatus.ACTIVE.value)
    return await _answer(session, caller, group_id, asked="Creating a group")


async def get_group(session: AsyncSession, *, caller: UserCaller, group_id: UUID) -> JobGroup:
    """One of the caller's groups.

    Raises:
        GroupNotFound: the caller has no such group.
    """
    return (await _answer(session, caller, group_id, asked="Looking up a group")).group


async def list_groups(
    session: AsyncSession, *, caller: UserCaller, with_ended: bool, limit: int, offset: int
) -> tuple[list[JobGroup], int]:
    """A page of the caller's groups, newest first, and how many there are in all."""
    rows = await repository.list_page(
        session, user_id=caller.user_id, with_ended=with_ended, limit=limit, offset=offset
    )
    return [_view(row) for row in rows], (rows[0].total if rows else 0)


async def scale_group(session: AsyncSession, *, caller: UserCaller, group_id: UUID, request: GroupScale) -> GroupAnswer:
    """Other bounds. A group that stopped after failures, or for an API key that is gone, goes on.

    Raises:
        GroupNotFound: the caller has no such group.
        GroupTakesNoMore: it is drained, or has ended.
        BoundsContradict: the minimum is above the maximum.
    """
    asked = "Scaling a group"
    group = await _locked(session, caller, group_id, asked=asked)
    if group.status != GroupStatus.ACTIVE:
        raise GroupTakesNoMore(
            asked=asked, obstacle=f"group {group_id} is {group.status}", remedy="Make another: `qubix group create`."
        )
    low = group.min_workers if request.min_workers is None else request.min_workers
    high = group.max_workers if request.max_workers is None else request.max_workers
    if low > high:
        raise BoundsContradict(
            asked=asked,
            obstacle=f"at least {low} workers would be more than at most {high}",
            remedy="Give both, minWorkers no more than maxWorkers.",
        )
    await repository.set_bounds(session, group_id, min_workers=low, max_workers=high, key_id=caller.key_id)
    await announce(session, group_id, minWorkers=low, maxWorkers=high)
    return await _answer(session, caller, group_id, asked=asked)


async def drain_group(session: AsyncSession, *, caller: UserCaller, group_id: UUID) -> GroupAnswer:
    """Take no more items, do those that are there, and end. Again, nothing changes.

    Raises:
        GroupNotFound: the caller has no such group.
    """
    await _locked(session, caller, group_id, asked="Draining a group")
    await transition(session, group_id=group_id, to=GroupStatus.DRAINING)
    return await _answer(session, caller, group_id, asked="Draining a group")


async def delete_group(session: AsyncSession, *, caller: UserCaller, group_id: UUID) -> GroupAnswer:
    """End a group now: its items are dropped, its workers stopped. Again, nothing changes.

    Raises:
        GroupNotFound: the caller has no such group.
    """
    await _locked(session, caller, group_id, asked="Ending a group")
    if await transition(session, group_id=group_id, to=GroupStatus.ENDED):
        await items.drop_all(session, group_id)
        await stop_workers(session, await repository.lock_living(session, group_id))
    return await _answer(session, caller, group_id, asked="Ending a group")


async def stop_workers(session: AsyncSession, workers: Sequence[Row[Any]]) -> None:
    """Cancel workers, locked by the caller: at once those without a machine, the others when their runners hear."""
    await jobs.request_cancel_of(session, [row.id for row in workers])
    waiting = [row.id for row in workers if row.status == JobStatus.PENDING]
    await end_waiting(session, dict.fromkeys(waiting), cause=Cause.CANCELLED)
    running = [row.id for row in workers if row.status in (JobStatus.ASSIGNED, JobStatus.RUNNING)]
    await events.record_all(session, [_cancelling(job_id) for job_id in running])


async def _locked(session: AsyncSession, caller: UserCaller, group_id: UUID, *, asked: str) -> Row[Any]:
    group = await repository.lock(session, group_id)
    if group is None or group.user_id != caller.user_id:
        raise GroupNotFound.of(group_id, asked=asked)
    return group


async def _answer(session: AsyncSession, caller: UserCaller, group_id: UUID, *, asked: str) -> GroupAnswer:
    row = await repository.get(session, group_id=group_id, user_id=caller.user_id)
    if row is None:
        raise GroupNotFound.of(group_id, asked=asked)
    return GroupAnswer(success=True, group=_view(row))


def _view(row: Row[Any]) -> JobGroup:
    return JobGroup.model_validate(dict(row._mapping))


def _cancelling(job_id: UUID) -> NewEvent:
    topics = ("scheduler", f"job:{job_id}")
    return NewEvent(type=EventType.JOB_CANCEL_REQUESTED, topics=topics, data={"jobId": str(job_id)})
