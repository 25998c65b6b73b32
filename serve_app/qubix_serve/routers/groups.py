"""Groups of identical jobs, for their owners."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, status

from qubix.schemas.groups import (
    GroupAnswer,
    GroupCreate,
    GroupItem,
    GroupScale,
    ItemsPush,
    ItemsPushed,
    JobGroup,
)
from qubix.schemas.states import ItemStatus
from qubix_platform.groups import service as groups
from qubix_platform.groups.items import service as items
from qubix_serve.dependencies import Context, IdempotencyKey, JobsUser, Paged, ReadUser, Session
from qubix_serve.paging import Streamed

router = APIRouter(prefix="/api/groups", tags=["jobs"])

GroupId = Annotated[UUID, Path(description="The group's id.")]


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_group(
    request: GroupCreate,
    session: Session,
    caller: JobsUser,
    context: Context,
    idempotency_key: IdempotencyKey = None,
) -> GroupAnswer:
    """Create a group of identical jobs that share a queue of items. Each is held for when it is started."""
    return await groups.create_group(
        session, caller=caller, request=request, idempotency_key=idempotency_key, policy=context.settings.policy
    )


@router.get("")
async def list_groups(
    session: Session,
    caller: ReadUser,
    page: Paged,
    ended: Annotated[bool, Query(description="With those that have ended.")] = False,
) -> list[JobGroup]:
    """The caller's groups, newest first."""
    found, total = await groups.list_groups(
        session, caller=caller, with_ended=ended, limit=page.limit, offset=page.offset
    )
    page.describe(total)
    return found


@router.get("/{group_id}")
async def get_group(group_id: GroupId, session: Session, caller: ReadUser) -> JobGroup:
    """One of the caller's groups; its workers are the jobs of `GET /api/jobs?group=`."""
    return await groups.get_group(session, caller=caller, group_id=group_id)


@router.patch("/{group_id}")
async def scale_group(group_id: GroupId, request: GroupScale, session: Session, caller: JobsUser) -> GroupAnswer:
    """Other bounds for its number of workers; a group that stopped after failures goes on."""
    return await groups.scale_group(session, caller=caller, group_id=group_id, request=request)


@router.post("/{group_id}/items")
async def push_items(group_id: GroupId, request: ItemsPush, session: Session, caller: JobsUser) -> ItemsPushed:
    """Add items to the end of its queue. Of those that have a name already nothing is added."""
    return await items.push(session, caller=caller, group_id=group_id, request=request)


@router.get("/{group_id}/items")
async def list_items(  # noqa: PLR0917 - one argument for each filter of the query string
    group_id: GroupId,
    session: Session,
    caller: ReadUser,
    stream: Streamed,
    status: Annotated[list[ItemStatus] | None, Query()] = None,
    after: Annotated[int, Query(ge=0, le=2**62, description="Only items with a greater id.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> list[GroupItem]:
    """Its items in order, with what came of them."""
    found = await items.list_items(
        session, caller=caller, group_id=group_id, statuses=tuple(status or ()), after=after, limit=limit
    )
    if len(found) == limit:
        stream.continue_after(found[-1].id)
    return found


@router.post("/{group_id}/drain")
async def drain_group(group_id: GroupId, session: Session, caller: JobsUser) -> GroupAnswer:
    """Take no more items, do those that are there, and end."""
    return await groups.drain_group(session, caller=caller, group_id=group_id)


@router.delete("/{group_id}")
async def delete_group(group_id: GroupId, session: Session, caller: JobsUser) -> GroupAnswer:
    """End it now: items are dropped and workers stopped. What they used is paid, the rest of the holds goes back."""
    return await groups.delete_group(session, caller=caller, group_id=group_id)
