"""The endpoints of arrays, as calls. No I/O."""

from uuid import UUID

from qubix.calls import Call, Page, body_of, one, several
from qubix.schemas.arrays import ArrayCancelled, ArrayCreate, ArrayCreated, JobArray


def create_array(request: ArrayCreate, *, idempotency_key: str) -> Call[ArrayCreated]:
    """Submit an array. The same key with the same request gives the same one."""
    return Call(
        asked=f"Submitting the array {request.array} of {request.name or 'jobs without a name'}",
        method="POST",
        path="/api/arrays",
        parse=one(ArrayCreated),
        **body_of(request, {"Idempotency-Key": idempotency_key}),
    )


def arrays(*, limit: int, offset: int) -> Call[Page[JobArray]]:
    """The caller's arrays."""
    query = (("limit", str(limit)), ("offset", str(offset)))
    return Call(asked="Listing arrays", method="GET", path="/api/arrays", parse=several(JobArray), query=query)


def array(array_id: UUID) -> Call[JobArray]:
    """One array."""
    return Call(asked=f"Showing array {array_id}", method="GET", path=f"/api/arrays/{array_id}", parse=one(JobArray))


def cancel_array(array_id: UUID) -> Call[ArrayCancelled]:
    """Cancel all of an array; asking again changes nothing."""
    return Call(
        asked=f"Cancelling array {array_id}",
        method="POST",
        path=f"/api/arrays/{array_id}/cancel",
        parse=one(ArrayCancelled),
        repeatable=True,
    )
