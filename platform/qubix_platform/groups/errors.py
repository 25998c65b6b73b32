"""Refusals about groups."""

from uuid import UUID

from qubix.errors import Conflict, InvalidRequest, NotFound


class GroupNotFound(NotFound):
    """No such group, or it is somebody else's: which of the two is not told."""

    code = "group_not_found"

    @classmethod
    def of(cls, group_id: UUID, *, asked: str) -> "GroupNotFound":
        """The refusal for one group."""
        return cls(asked=asked, obstacle=f"you have no group {group_id}", remedy="List yours with `qubix group list`.")


class GroupTakesNoMore(Conflict):
    """The group is being drained or has ended: it takes no items, and is not scaled."""

    code = "group_takes_no_more"


class NoWorkerOfGroup(Conflict):
    """The job is no worker of a group: there are no items for it."""

    code = "no_worker_of_group"


class BoundsContradict(InvalidRequest):
    """A group cannot have a minimum above its maximum."""

    code = "bounds_contradict"
