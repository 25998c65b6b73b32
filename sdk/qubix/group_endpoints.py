"""The endpoints of groups, as calls. No I/O."""

from collections.abc import Sequence
from uuid import UUID

from qubix.calls import Call, Page, body_of, one, several
from qubix.schemas.groups import GroupAnswer, GroupCreate, GroupItem, GroupScale, ItemsPush, ItemsPushed, JobGroup
from qubix.schemas.states import ItemStatus

_PATH = "/api/groups"


def create_group(request: GroupCreate, *, idempotency_key: str) -> Call[GroupAnswer]:
    """Create a group. The same key with the same request gives the same one."""
    return Call(
        asked=f"Creating the group {request.name or 'without a name'}",
        method="POST",
        path=_PATH,
        parse=one(GroupAnswer),
        **body_of(request, {"Idempotency-Key": idempotency_key}),
    )


def groups(*, ended: bool, limit: int, offset: int) -> Call[Page[JobGroup]]:
    """The caller's groups."""
    query = (("ended", str(ended).lower()), ("limit", str(limit)), ("offset", str(offset)))
    return Call(asked="Listing groups", method="GET", path=_PATH, parse=several(JobGroup), query=query)


def group(group_id: UUID) -> Call[JobGroup]:
    """One group."""
    return Call(asked=f"Showing group {group_id}", method="GET", path=f"{_PATH}/{group_id}", parse=one(JobGroup))


def scale(group_id: UUID, request: GroupScale) -> Call[GroupAnswer]:
    """Other bounds for a group."""
    return Call(
        asked=f"Scaling group {group_id}",
        method="PATCH",
        path=f"{_PATH}/{group_id}",
        parse=one(GroupAnswer),
        repeatable=True,
        **body_of(request),
    )


def push(group_id: UUID, request: ItemsPush) -> Call[ItemsPushed]:
    """Give a group items. Each has a name, so that a repeat adds none."""
    return Call(
        asked=f"Giving {len(request.items)} items to group {group_id}",
        method="POST",
        path=f"{_PATH}/{group_id}/items",
        parse=one(ItemsPushed),
        repeatable=all(item.name is not None for item in request.items),
        **body_of(request),
    )


def items(group_id: UUID, *, statuses: Sequence[ItemStatus], after: int, limit: int) -> Call[Page[GroupItem]]:
    """Items of a group in order, after one of them."""
    query = (*(("status", status.value) for status in statuses), ("after", str(after)), ("limit", str(limit)))
    return Call(
        asked=f"Listing the items of group {group_id}",
        method="GET",
        path=f"{_PATH}/{group_id}/items",
        parse=several(GroupItem),
        query=query,
    )


def drain(group_id: UUID) -> Call[GroupAnswer]:
    """Have a group end with its last item; asking again changes nothing."""
    return Call(
        asked=f"Draining group {group_id}",
        method="POST",
        path=f"{_PATH}/{group_id}/drain",
        parse=one(GroupAnswer),
        repeatable=True,
    )


def delete(group_id: UUID) -> Call[GroupAnswer]:
    """End a group now; asking again changes nothing."""
    return Call(
        asked=f"Ending group {group_id}",
        method="DELETE",
        path=f"{_PATH}/{group_id}",
        parse=one(GroupAnswer),
        repeatable=True,
    )
