"""What takes several calls, written once for both clients: a flow yields steps and is told what came of them.

A step is a `Call` (answered with its value), a `Pause` (answered when the time is over) or an `Emit` (handed to the
caller, who asks for more). The clients do the I/O.
"""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID

from qubix import endpoints
from qubix.bundle import Work
from qubix.calls import Call, Pause
from qubix.durations import spoken
from qubix.errors import JobFailed, WaitTimedOut
from qubix.schemas.jobs import Job, JobCreate, JobCreated
from qubix.schemas.monitor import LogEntry
from qubix.schemas.states import JobStatus

T = TypeVar("T")
Seen = TypeVar("Seen")


@dataclass(frozen=True, kw_only=True, slots=True)
class Emit:
    """A step: something for the caller, a look at the job or a piece of its output."""

    news: Job | LogEntry


Step = Call[Any] | Pause
Flow = Generator[Step, Any, T]
NewsFlow = Generator[Step | Emit, Any, None]


class Pace:
    """Pauses between looks at something that changes: short while it moves, longer while it rests.

    Args:
        first: seconds of the first pause, and of the one after each change.
        cap: seconds of the longest one.
    """

    def __init__(self, *, first: float = 0.05, cap: float = 1.0) -> None:
        self._first: Final = first
        self._cap: Final = cap
        self._next = first

    def changed(self) -> None:
        """Something moved: look again soon."""
        self._next = self._first

    def pause(self, *, at_most: float = float("inf")) -> Pause:
        """The next pause, no longer than `at_most` seconds."""
        seconds = min(self._next, at_most)
        self._next = min(self._next * 1.5, self._cap)
        return Pause(seconds=max(seconds, 0.0))


def create(request: JobCreate, work: Work | None, *, idempotency_key: str) -> Flow[JobCreated]:
    """Upload the bundle if the platform does not hold it yet, then submit the job."""
    yield from upload(work)
    created: JobCreated = yield endpoints.create_job(request, idempotency_key=idempotency_key)
    return created


def upload(work: Work | None) -> Flow[None]:
    """Upload what was packed, if anything was, and if the platform does not hold it yet."""
    if work is not None and work.archive is not None and work.sha256 is not None:
        known: bool = yield endpoints.blob_exists(work.sha256)
        if not known:
            yield endpoints.put_blob(work.sha256, work.archive)


def wait(job_id: UUID, *, timeout: float | None, pace: Pace) -> Flow[Job]:
    """Look at a job until its state is final.

    Raises:
        WaitTimedOut: `timeout` seconds went by before that.
    """
    return (
        yield from until(
            lambda: endpoints.job(job_id),
            is_over=lambda job: job.status.is_final,
            state=lambda job: (job.status, job.progress),
            too_long=_too_long,
            timeout=timeout,
            pace=pace,
        )
    )


def until(  # what is looked at, and how
    ask: Callable[[], Call[Seen]],
    *,
    is_over: Callable[[Seen], bool],
    state: Callable[[Seen], object],
    too_long: Callable[[Seen, float], WaitTimedOut],
    timeout: float | None,
    pace: Pace,
) -> Flow[Seen]:
    """Ask again and again until it is over, sooner again after each change of its state.

    Raises:
        WaitTimedOut: what `too_long` makes of the last answer and of `timeout` seconds that went by.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    before = None
    while True:
        seen: Seen = yield ask()
        if is_over(seen):
            return seen
        left = float("inf") if deadline is None else deadline - time.monotonic()
        if left <= 0:
            raise too_long(seen, timeout or 0)
        if state(seen) != before:
            before = state(seen)
            pace.changed()
        yield pace.pause(at_most=left)


def news(job_id: UUID, *, after: int | None, follow: bool, pace: Pace) -> NewsFlow:
    """Give a job's log in order; with `follow` each look at the job too, until its end."""
    while True:
        # The state is read before the log: what a job wrote is stored before the job is final.
        over = True
        if follow:
            job: Job = yield endpoints.job(job_id)
            yield Emit(news=job)
            over = job.status.is_final
        size = endpoints.LOG_PAGE
        while size == endpoints.LOG_PAGE:
            page = yield endpoints.logs(job_id, after=after)
            size = len(page)
            for entry in page:
                after = entry.seq
                yield Emit(news=entry)
            if size:
                pace.changed()
        if over:
            return
        yield pace.pause()


def result(job_id: UUID, *, timeout: float | None, pace: Pace) -> Flow[Any]:
    """Wait for a job and give its result.

    Raises:
        JobFailed: it failed or was cancelled.
        WaitTimedOut: `timeout` seconds went by before its end.
    """
    job = yield from wait(job_id, timeout=timeout, pace=pace)
    if job.status is not JobStatus.COMPLETED:
        raise failure(job)
    return job.result


def failure(job: Job) -> JobFailed:
    """The error that says how a job ended which did not complete."""
    cause = str(job.cause or job.status)
    said = f" ({last})" if (last := (job.error or "").strip().rpartition("\n")[2]) else ""
    return JobFailed(
        asked=f"Asking for the result of job {job.name} ({job.id})",
        obstacle=f"it has none, because it ended as {job.status}: {cause}{said}",
        remedy=f"Read its log (qubix logs {job.id}), and submit it again.",
        details={"jobId": str(job.id), "status": str(job.status), "cause": cause, "error": job.error},
    )


def _too_long(job: Job, timeout: float) -> WaitTimedOut:
    return WaitTimedOut(
        asked=f"Waiting for job {job.name} ({job.id})",
        obstacle=f"after {spoken(round(timeout))} it is {job.status} at {job.progress:.0f} %",
        remedy=f"Wait longer; it goes on by itself. qubix why {job.id} says what it waits for.",
        details={"jobId": str(job.id), "status": str(job.status), "progress": job.progress},
    )
