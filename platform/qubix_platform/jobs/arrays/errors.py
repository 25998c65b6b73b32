"""Refusals about arrays."""

from uuid import UUID

from qubix.errors import NotFound


class ArrayNotFound(NotFound):
    """No such array, or it is somebody else's: which of the two is not told."""

    code = "array_not_found"

    @classmethod
    def of(cls, array_id: UUID, *, asked: str) -> "ArrayNotFound":
        """The refusal for one array."""
        return cls(asked=asked, obstacle=f"you have no array {array_id}", remedy="List yours with `qubix arrays`.")
