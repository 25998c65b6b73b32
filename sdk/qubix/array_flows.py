"""What takes several calls about arrays; see `qubix.flows`."""

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
    return (
        yield from flows.until(
            lambda: array_endpoints.array(array_id),
            is_over=lambda array: array.is_final,
            state=lambda array: array.counts,
            too_long=_too_long,
            timeout=timeout,
            pace=pace,
        )
    )


def _too_long(array: JobArray, timeout: float) -> WaitTimedOut:
    stands = ", ".join(f"{count} {status}" for status, count in array.counts.items())
    return WaitTimedOut(
        asked=f"Waiting for the array {array.name} ({array.id})",
        obstacle=f"after {spoken(round(timeout))} its jobs are {stands}",
        remedy="Wait longer; it goes on by itself.",
        details={"arrayId": str(array.id), "counts": {str(status): count for status, count in array.counts.items()}},
    )
