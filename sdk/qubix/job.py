"""A job as a handle."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Unpack
from uuid import UUID, uuid4

from qubix import checkpoint_endpoints, checkpoint_flows, endpoints, flows
from qubix.driver import Driver
from qubix.options import CloneOptions
from qubix.requests import as_id, clone_request
from qubix.schemas.checkpoints import Checkpoint
from qubix.schemas.jobs import Job as JobInfo
from qubix.schemas.monitor import Artifact, JobMonitor, LogEntry
from qubix.schemas.receipts import Receipt
from qubix.schemas.states import JobStatus
from qubix.schemas.waiting import WaitingReport
from qubix.submission import artifact_place


class Job:
    """A job that was submitted. Reading `info`, `status`, `progress` or `artifacts` asks the platform.

    Example:
        job = client.submit("train.py", gpu="RTX 4090", max_price=50_000)
        job.wait()
        for artifact in job.artifacts:
            job.download(artifact, "results")
    """

    def __init__(self, driver: Driver, info: JobInfo) -> None:
        self._driver = driver
        self._info = info
        self.id: Final[UUID] = info.id

    @property
    def info(self) -> JobInfo:
        """All that the platform says of the job; asked anew until its state is final."""
        if not self._info.status.is_final:
            self._info = self._driver.send(endpoints.job(self.id))
        return self._info

    @property
    def latest(self) -> JobInfo:
        """The job as it was last seen, without asking."""
        return self._info

    @property
    def name(self) -> str:
        """The job's name."""
        return self._info.name

    @property
    def status(self) -> JobStatus:
        """The job's state."""
        return self.info.status

    @property
    def progress(self) -> float:
        """How much is done, 0 to 100."""
        return self.info.progress

    def wait(self, timeout: float | None = None) -> JobInfo:
        """Wait until the job's state is final, however it ended.

        Args:
            timeout: seconds to wait at most.

        Raises:
            WaitTimedOut: the job goes on, the waiting does not.
        """
        self._info = self._driver.run(flows.wait(self.id, timeout=timeout, pace=self._driver.pace()))
        return self._info

    def logs(self, *, follow: bool = False, after: int | None = None) -> Iterator[LogEntry]:
        """The job's output in order.

        Args:
            follow: go on until the job ends, and its output was given to the end.
            after: only what came after this sequence number.
        """
        news = self._driver.iterate(flows.news(self.id, after=after, follow=follow, pace=self._driver.pace()))
        return (each for each in news if isinstance(each, LogEntry))

    def watch(self) -> Iterator[JobInfo | LogEntry]:
        """The job's output as it comes, and between its pieces the job itself at each look, until it ends."""
        return self._driver.iterate(flows.news(self.id, after=None, follow=True, pace=self._driver.pace()))

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the job and give what it set by `qubix.result`, or what its function returned.

        Raises:
            JobFailed: the job failed or was cancelled; says why.
            WaitTimedOut: `timeout` seconds went by.
        """
        return self._driver.run(flows.result(self.id, timeout=timeout, pace=self._driver.pace()))

    @property
    def artifacts(self) -> list[Artifact]:
        """The files that the job left in its output folder."""
        return list(self._driver.send(endpoints.artifacts(self.id)))

    def download(self, artifact: Artifact, folder: str | os.PathLike[str] = ".") -> Path:
        """Save an artifact below `folder` under its own path, and give the place of the file.

        Raises:
            InvalidRequest: its path leads out of the folder, or the file cannot be written.
        """
        return self._driver.fetch_blob(artifact.sha256, artifact_place(artifact, folder))

    @property
    def checkpoints(self) -> list[Checkpoint]:
        """What the job's next attempt would go on from, the newest first."""
        return list(self._driver.send(checkpoint_endpoints.checkpoints(self.id)))

    def take_checkpoint(self) -> None:
        """Have what the job keeps in `$QUBIX_CHECKPOINT` stored within seconds; it appears in `checkpoints`.

        Raises:
            Conflict: the job does not run.
        """
        self._driver.send(checkpoint_endpoints.request_checkpoint(self.id))

    def snapshot(self, timeout: float = 60.0, *, pin: bool = False) -> Checkpoint:
        """Have what the job keeps in `$QUBIX_CHECKPOINT` stored now, and wait until it is.

        Args:
            timeout: seconds to wait at most.
            pin: keep it until told otherwise, whatever is stored after it.

        Raises:
            Conflict: the job does not run.
            WaitTimedOut: nothing was stored in that time.
        """
        return self._driver.run(
            checkpoint_flows.take(self.id, timeout=timeout, pace=self._driver.pace(), is_pinned=pin)
        )

    def snapshot_workspace(self, timeout: float = 60.0) -> Checkpoint:
        """Have the job's work folder and `$QUBIX_CHECKPOINT` stored as they are now, and wait until they are.

        It is kept until told otherwise (`pin(id, is_pinned=False)`); `clone(checkpoint=id)` begins a job with it.

        Raises:
            Conflict: the job does not run, you keep as many as may be kept, or none can be taken; then it says why.
            WaitTimedOut: nothing was stored in that time.
        """
        return self._driver.run(checkpoint_flows.snapshot(self.id, timeout=timeout, pace=self._driver.pace()))

    def pin(self, checkpoint_id: UUID | str, *, is_pinned: bool = True) -> Checkpoint:
        """Keep a checkpoint until told otherwise, whatever is stored after it and after the job's end; or tell so.

        Raises:
            NotFound: the job has no such checkpoint, or it is no longer kept.
            Conflict: you keep as many as may be kept.
        """
        wanted = as_id(checkpoint_id, "Keeping a checkpoint")
        return self._driver.send(checkpoint_endpoints.pin(self.id, wanted, is_pinned=is_pinned))

    def clone(self, **options: Unpack[CloneOptions]) -> "Job":
        """Submit the job again: a new one, whose checkpoint folder begins with what this one saved.

        Args:
            options: from which checkpoint (its newest where it is not said), and what else is not as it was.
        """
        key = options.get("idempotency_key") or str(uuid4())
        call = checkpoint_endpoints.clone(self.id, clone_request(options), idempotency_key=key)
        return Job(self._driver, (self._driver.send(call)).job)

    def cancel(self) -> JobInfo:
        """Ask for the job's end. One that waits is CANCELLED at once, one that runs within about a second."""
        self._info = self._driver.send(endpoints.cancel(self.id)).job
        return self._info

    def receipt(self) -> Receipt:
        """What was held, what it was spent on, and why; to the second."""
        return self._driver.send(endpoints.receipt(self.id))

    def why(self) -> WaitingReport | None:
        """Why the job waits: every offer is counted under one reason. None where it does not wait."""
        return self._driver.send(endpoints.why(self.id))

    def monitor(self) -> JobMonitor:
        """Job, attempts, usage, the log's tail and the cost so far at once."""
        return self._driver.send(endpoints.monitor(self.id))

    def __repr__(self) -> str:
        return f"<qubix.Job {self.id} {self._info.name!r} {self._info.status}>"
