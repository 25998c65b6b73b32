"""What takes several calls about groups; see `qubix.flows`."""

from collections.abc import Sequence
from uuid import UUID

from qubix import flows, group_endpoints
from qubix.bundle import Work
from qubix.calls import Page
from qubix.durations import spoken
from qubix.errors import WaitTimedOut
from qubix.flows import Flow, Pace
from qubix.schemas.groups import (
    MAX_ITEMS_PER_PUSH,
    GroupAnswer,
    GroupCreate,
    GroupItem,
    ItemsPush,
    ItemsPushed,
    JobGroup,
    NewItem,
)
from qubix.schemas.states import ItemStatus

_PAGE = 1000


def create(request: GroupCreate, work: Work | None, *, idempotency_key: str) -> Flow[JobGroup]:
    """Upload the bundle if the platform does not hold it yet, then create the group."""
    yield from flows.upload(work)
    created: GroupAnswer = yield group_endpoints.create_group(request, idempotency_key=idempotency_key)
    return created.group


def push(group_id: UUID, items: Sequence[NewItem]) -> Flow[list[str]]:
    """Give a group items, as many in a call as that takes; their names."""
    names: list[str] = []
    for start in range(0, len(items), MAX_ITEMS_PER_PUSH):
        part = ItemsPush(items=list(items[start : start + MAX_ITEMS_PER_PUSH]))
        pushed: ItemsPushed = yield group_endpoints.push(group_id, part)
        names += pushed.names
    return names


def items(group_id: UUID, *, statuses: Sequence[ItemStatus]) -> Flow[list[GroupItem]]:
    """All items of a group of these states; of any state where none is named."""
    found: list[GroupItem] = []
    while True:
        after = found[-1].id if found else 0
        page: Page[GroupItem] = yield group_endpoints.items(group_id, statuses=statuses, after=after, limit=_PAGE)
        found += page
        if len(page) < _PAGE:
            return found


def wait(group_id: UUID, *, timeout: float | None, pace: Pace) -> Flow[JobGroup]:
    """Look at a group until all of its items have ended.

    Raises:
        WaitTimedOut: `timeout` seconds went by before that.
    """
    return (
        yield from flows.until(
            lambda: group_endpoints.group(group_id),
            is_over=lambda group: all(status.is_final for status, count in group.items.items() if count),
            state=lambda group: group.items,
            too_long=_too_long,
            timeout=timeout,
            pace=pace,
        )
    )


def _too_long(group: JobGroup, timeout: float) -> WaitTimedOut:
    stands = ", ".join(f"{count} {status}" for status, count in group.items.items())
    why = "" if group.obstacle is None else f"; {group.obstacle}"
    return WaitTimedOut(
        asked=f"Waiting for the items of the group {group.name} ({group.id})",
        obstacle=f"after {spoken(round(timeout))} they are {stands}{why}",
        remedy="Wait longer; it goes on by itself.",
        details={"groupId": str(group.id), "items": {str(status): count for status, count in group.items.items()}},
    )
