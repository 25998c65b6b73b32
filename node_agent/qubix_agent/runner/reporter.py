"""Reports of one attempt, sent by a thread of their own so that nothing that the network does can hold the job up."""

import contextlib
import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from qubix.calls import Call
from qubix.errors import QubixError
from qubix.schemas.attempts import AttemptSpec
from qubix.schemas.reports import (
    ArtifactsReport,
    CompleteReport,
    LogsReport,
    MetricsReport,
    ProgressReport,
    ReportAnswer,
    ReportedMetric,
)
from qubix.schemas.states import Cause, CompletionStatus, LogStream
from qubix.transport import Transport
from qubix_agent.runner import calls
from qubix_agent.runner.delivery import AWAY, NO_LONGER_OURS, PASSING, DeliveryPolicy, deliver
from qubix_agent.runner.output import OutputLog
from qubix_agent.runner.stop import Stop

_log = logging.getLogger(__name__)

ENTRIES_PER_CALL: Final = 1000
CHARACTERS_PER_CALL: Final = 256 << 10
SAMPLES_PER_CALL: Final = 600
ARTIFACTS_PER_CALL: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTiming:
    """When reports go out, in seconds.

    Attributes:
        merge: how long the news that the job started waits for the completion, which says as much.
        gather: how long the first output after a pause waits for more of it.
        logs: least time between two reports of output.
        progress: least time between two reports of progress.
        samples: how long samples of usage are gathered.
        ending: how long reports wait for the completion once the job is over.
    """

    merge: float = 0.1
    gather: float = 0.04
    logs: float = 0.2
    progress: float = 0.25
    samples: float = 2.0
    ending: float = 0.5


class Delivered(Enum):
    """What became of the completion."""

    ACCEPTED = "accepted"
    NOT_OURS = "not ours"
    FAILED = "failed"


class Reporter:
    """Takes in what happens, from the thread that runs the job, and tells the platform.

    Args:
        on_stop: called from the reporter's thread when the platform's answer says that the job has to stop.
        on_checkpoint: called from there when it asks for a checkpoint.
        on_snapshot: called from there when it asks for a snapshot of the workspace.
    """

    def __init__(
        self,
        spec: AttemptSpec,
        transport: Transport,
        *,
        on_stop: Callable[[Stop], None],
        on_checkpoint: Callable[[], None] = lambda: None,
        on_snapshot: Callable[[], None] = lambda: None,
        timing: ReportTiming | None = None,
        policy: DeliveryPolicy | None = None,
        output: OutputLog | None = None,
    ) -> None:
        self._spec = spec
        self._transport = transport
        self._on_stop = on_stop
        self._on_checkpoint = on_checkpoint
        self._on_snapshot = on_snapshot
        self._timing = timing or ReportTiming()
        self._policy = policy or DeliveryPolicy()
        self._output = output or OutputLog()
        self._samples: list[ReportedMetric] = []
        self._progress: float | None = None
        self._final: CompleteReport | None = None
        self._delivered = Delivered.FAILED
        self._lost = threading.Event()
        self._changed = threading.Condition()
        self._began_at: float | None = None
        self._told_start = False
        self._not_before = 0.0
        self._output_since = 0.0
        self._samples_since = 0.0
        self._sent_at = {"logs": 0.0, "progress": 0.0}
        self._thread = threading.Thread(target=self._run, name=f"report-{spec.attempt_id}", daemon=True)
        self._thread.start()

    def began(self) -> None:
        """The sandbox runs. Output before this is preparation, which is not billed."""
        with self._changed:
            self._began_at = time.monotonic()
            self._changed.notify()

    def ending(self) -> None:
        """The job is over and its completion will follow shortly: what can travel with it waits a little."""
        with self._changed:
            self._not_before = time.monotonic() + self._timing.ending

    def write(self, stream: LogStream, chunk: bytes) -> None:
        """The job wrote this."""
        with self._changed, self._noticing():
            self._output.feed(stream, chunk)

    def end(self, stream: LogStream) -> None:
        """The job will write no more to this stream."""
        with self._changed, self._noticing():
            self._output.end(stream)

    def system(self, line: str) -> None:
        """A line of our own for the job's log."""
        with self._changed, self._noticing():
            self._output.system(line)

    def sample(self, sample: ReportedMetric) -> None:
        """What the job used in the last second."""
        with self._changed:
            if not self._samples:
                self._samples_since = time.monotonic()
            # While the platform is away the newest ten minutes are kept.
            self._samples = [*self._samples[-(SAMPLES_PER_CALL - 1) :], sample]
            self._changed.notify()

    def progress(self, percent: float) -> None:
        """The job's progress has risen."""
        with self._changed:
            self._progress = percent
            self._changed.notify()

    def abandon(self) -> None:
        """Send nothing more: the attempt is not ours any longer."""
        self._lost.set()
        with self._changed:
            self._changed.notify()

    @property
    def last_error_line(self) -> str:
        """The last line that the job wrote to stderr."""
        return self._output.last_error_line

    def finish(self, report: CompleteReport) -> Delivered:
        """Report the end, with all that was not reported before, and wait until that is delivered or hopeless."""
        with self._changed:
            self._final = report
            self._changed.notify()
        self._thread.join()
        return self._delivered

    @contextlib.contextmanager
    def _noticing(self) -> Any:
        had_any = bool(self._output)
        yield
        if not had_any and self._output:
            self._output_since = time.monotonic()
            self._changed.notify()

    def _run(self) -> None:
        while (call := self._next_call()) is not None:
            self._report(call)
        if self._final is not None and not self._lost.is_set():
            self._delivered = self._complete()
        elif self._lost.is_set():
            self._delivered = Delivered.NOT_OURS

    def _next_call(self) -> Call[ReportAnswer] | None:
        """Wait for something to report before the end; None when there is only the end left, or nothing more at all."""
        with self._changed:
            while not self._lost.is_set():
                now = time.monotonic()
                if self._final is not None:
                    return self._overflow()
                kind, due = min(self._due().items(), key=lambda item: item[1], default=("", math.inf))
                due = max(due, self._not_before)
                if due <= now:
                    return self._build(kind, now)
                self._changed.wait(due - now if due < math.inf else None)
            return None

    def _due(self) -> dict[str, float]:
        """When each kind of report has to go out, on the monotonic clock."""
        due: dict[str, float] = {}
        if self._output:
            due["logs"] = max(self._output_since + self._timing.gather, self._sent_at["logs"] + self._timing.logs)
        if self._began_at is None:
            return due
        if not self._told_start:
            due["started"] = self._began_at + self._timing.merge
        elif self._progress is not None:
            due["progress"] = self._sent_at["progress"] + self._timing.progress
        if self._samples:
            due["metrics"] = self._samples_since + self._timing.samples
        return due

    def _build(self, kind: str, now: float) -> Call[ReportAnswer]:
        if kind in self._sent_at:
            self._sent_at[kind] = now
        if kind == "logs":
            entries = self._output.take(entries=ENTRIES_PER_CALL, characters=CHARACTERS_PER_CALL)
            return calls.logs(self._spec, LogsReport(entries=entries))
        if kind == "progress" and self._progress is not None:
            percent, self._progress = self._progress, None
            return calls.progress(self._spec, ProgressReport(progress=percent))
        if kind == "metrics":
            samples, self._samples = self._samples, []
            return calls.metrics(self._spec, MetricsReport(samples=samples))
        self._told_start = True
        return calls.started(self._spec)

    def _overflow(self) -> Call[ReportAnswer] | None:
        """At the end: a call for what does not fit into the completion, or None when all fits."""
        final = self._final
        if final is None:
            return None
        if rest := final.artifacts[ARTIFACTS_PER_CALL:]:
            self._final = final.model_copy(update={"artifacts": rest})
            return calls.artifacts(self._spec, ArtifactsReport(artifacts=final.artifacts[:ARTIFACTS_PER_CALL]))
        entries = self._output.take(entries=ENTRIES_PER_CALL, characters=CHARACTERS_PER_CALL)
        if self._output:
            return calls.logs(self._spec, LogsReport(entries=entries))
        self._final = final.model_copy(update={"logs": entries, "samples": self._samples})
        return None

    def _report(self, call: Call[ReportAnswer]) -> None:
        try:
            answer = deliver(lambda: self._transport.send(call), policy=self._policy, unwanted=self._lost)
        except NO_LONGER_OURS as refused:
            self._lose(refused)
        except AWAY as failed:
            if not self._lost.is_set() and self._final is None:
                self._lose(failed)
        except QubixError as refused:
            # The other reports may still be taken; this one leaves a gap, and the job's log says so.
            _log.error("a report was refused for good: %s", refused)
            self.system(f"QUBIX: a report was refused and is missing here: {refused.obstacle}")
        else:
            if answer.cancel:
                self._on_stop(Stop.CANCELLED)
            if answer.checkpoint:
                self._on_checkpoint()
            if answer.snapshot:
                self._on_snapshot()

    def _lose(self, why: QubixError) -> None:
        _log.warning("attempt %s is no longer ours: %s", self._spec.attempt_id, why)
        self._lost.set()
        self._on_stop(Stop.LEASE_LOST)

    def _complete(self) -> Delivered:
        report = self._final
        if report is None:
            return Delivered.FAILED
        try:
            return self._deliver_completion(report)
        except QubixError as refused:
            _log.error("the completion of attempt %s was refused: %s", self._spec.attempt_id, refused)
            return self._deliver_refusal(report, refused)

    def _deliver_refusal(self, report: CompleteReport, refused: QubixError) -> Delivered:
        """What the job left is not acceptable as it is, such as a result that is too large: say at least that."""
        bare = CompleteReport(
            status=CompletionStatus.FAILED,
            cause=Cause.USER_ERROR if refused.status in {413, 422} else Cause.PLATFORM_ERROR,
            exit_code=report.exit_code,
            error=f"The platform refused what the job left: {refused.obstacle}. {refused.remedy}"[:16_000],
        )
        try:
            return self._deliver_completion(bare)
        except QubixError as error:
            _log.error("attempt %s could not be completed at all: %s", self._spec.attempt_id, error)
            return Delivered.FAILED

    def _deliver_completion(self, report: CompleteReport) -> Delivered:
        call = calls.complete(self._spec, report)
        try:
            deliver(lambda: self._transport.send(call), policy=self._policy, unwanted=self._lost)
        except NO_LONGER_OURS as refused:
            _log.warning("the completion of attempt %s does not count: %s", self._spec.attempt_id, refused)
            return Delivered.NOT_OURS
        except PASSING as failed:
            _log.error("the completion of attempt %s could not be delivered: %s", self._spec.attempt_id, failed)
            return Delivered.FAILED
        return Delivered.ACCEPTED
