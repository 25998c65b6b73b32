"""What takes several calls about arrays; see `qubix.flows`."""

import time
from uuid import UUID

from qubix import array_endpoints, flows
from qubix.bundle import Work
from qubix.durations import spoken
from qubix.errors import WaitTimedOut
from qubix.flows import Flow, Pace
from qubix.schemas.arrays import ArrayCreate, ArrayCreated, JobArray


def create(request: ArrayCreate, work: Work | None, *, idempotency_key: str) -> Flow[ArrayCreated]:
    """Upload the bundle if the platform does not hold it yet, then submit the array."""
    yield from flows.upload(work)
    created: ArrayCreated = yield array_endpoints.create_array(request, idempotency_key=idempotency_key)
    return created


def wait(array_id: UUID, *, timeout: float | None, pace: Pace) -> Flow[JobArray]:
    """Look at an array until all of its jobs have ended.

    Raises:
        WaitTimedOut: `timeout` seconds went by before that.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    seen = None
    while True:
        array: JobArray = yield array_endpoints.array(array_id)
        if array.is_final:
            return array
        left = float("inf") if deadline is None else deadline - time.monotonic()
        if left <= 0:
            raise _too_long(array, timeout or 0)
        if array.counts != seen:
            seen = array.counts
            pace.changed()
        yield pace.pause(at_most=left)


def _too_long(array: JobArray, timeout: float) -> WaitTimedOut:
    stands = ", ".join(f"{count} {status}" for status, count in array.counts.items())
    return WaitTimedOut(
        asked=f"Waiting for the array {array.name} ({array.id})",
        obstacle=f"after {spoken(round(timeout))} its jobs are {stands}",
        remedy="Wait longer; it goes on by itself.",
        details={"arrayId": str(array.id), "counts": {str(status): count for status, count in array.counts.items()}},
    )
