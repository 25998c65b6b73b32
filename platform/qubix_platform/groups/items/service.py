"""What owners of a group and its workers do with its items."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.groups import GroupItem, ItemAnswer, ItemExchange, ItemsPush, ItemsPushed, TakenItem
from qubix.schemas.states import GroupStatus, ItemStatus
from qubix_platform.attempts import reports
from qubix_platform.attempts.fencing import fence, unknown
from qubix_platform.auth.callers import UserCaller
from qubix_platform.groups import repository as groups
from qubix_platform.groups.decide import has_time
from qubix_platform.groups.errors import GroupNotFound, GroupTakesNoMore, NoWorkerOfGroup
from qubix_platform.groups.items import repository, transition
from qubix_platform.groups.transition import announce
from qubix_platform.pricing.policy import MarketPolicy


async def push(session: AsyncSession, *, caller: UserCaller, group_id: UUID, request: ItemsPush) -> ItemsPushed:
    """Add items to the end of a group's queue. Of those that have a name already nothing is added.

    Raises:
        GroupNotFound: the caller has no such group.
        GroupTakesNoMore: it is drained, or has ended.
    """
    asked = "Giving items to a group"
    status = await groups.status_held(session, group_id=group_id, user_id=caller.user_id)
    if status is None:
        raise GroupNotFound.of(group_id, asked=asked)
    if status != GroupStatus.ACTIVE:
        raise GroupTakesNoMore(
            asked=asked, obstacle=f"group {group_id} is {status}", remedy="Make another: `qubix group create`."
        )
    named = [(item.name or str(uuid4()), item.data) for item in request.items]
    added = await repository.push(session, group_id, named)
    if added:
        await announce(session, group_id, added=added)
    return ItemsPushed(success=True, added=added, names=[name for name, _ in named])


async def list_items(
    session: AsyncSession,
    *,
    caller: UserCaller,
    group_id: UUID,
    statuses: Sequence[ItemStatus],
    after: int,
    limit: int,
) -> list[GroupItem]:
    """Items of one of the caller's groups, in order, after the one with this id.

    Raises:
        GroupNotFound: the caller has no such group.
    """
    if await groups.status_held(session, group_id=group_id, user_id=caller.user_id) is None:
        raise GroupNotFound.of(group_id, asked="Listing a group's items")
    rows = await repository.list_after(session, group_id, statuses=statuses, after=after, limit=limit)
    return [GroupItem.model_validate(dict(row._mapping)) for row in rows]


async def exchange(
    session: AsyncSession, *, attempt_id: UUID, job_id: UUID, request: ItemExchange, policy: MarketPolicy
) -> ItemAnswer:
    """A worker hands in what came of its item, and gets the next one. Asked again, it gets the item that it holds.

    Where there is nothing to do for it nothing is locked: who waits for items asks several times a second.

    Raises:
        AttemptNotFound: there is no such attempt.
        AttemptFenced: it no longer holds a lease; what it did counts no more.
        ContradictoryReport: it is not an attempt of this job.
        NoWorkerOfGroup: its job belongs to no group.
    """
    asked = "Taking an item"
    seen = await repository.look(session, attempt_id)
    if seen is None:
        raise unknown(attempt_id, asked=asked)
    fence(attempt_id, of_job=seen.job_id, on_job=job_id, status=seen.attempt_status, asked=asked)
    if seen.group_id is None:
        raise NoWorkerOfGroup(
            asked=asked,
            obstacle=f"job {job_id} belongs to no group",
            remedy="Run it in one: `qubix group create`.",
        )
    if request.end is None and not seen.is_busy and not seen.is_leaving and not seen.has_more:
        return ItemAnswer(success=True)
    held = await reports.hold(session, attempt_id=attempt_id, job_id=job_id, policy=policy, asked=asked)
    if request.end is not None:
        end = request.end
        await transition.end(session, item_id=end.id, attempt_id=attempt_id, result=end.result, error=end.error)
    if not request.wants:
        return ItemAnswer(success=True)
    row = await repository.held_by(session, attempt_id)
    if row is None:
        tired = not has_time(left_s=seen.left_s, limit_s=seen.limit_seconds, longest_s=seen.longest_s)
        if tired and not seen.is_leaving:
            await groups.ask_to_leave(session, [job_id])
        if tired or seen.is_leaving or held.cancel_requested_at is not None:
            return ItemAnswer(success=True, leave=True)
        row = await transition.take(session, group_id=seen.group_id, attempt_id=attempt_id)
    item = None if row is None else TakenItem.model_validate(dict(row._mapping))
    return ItemAnswer(success=True, item=item)
