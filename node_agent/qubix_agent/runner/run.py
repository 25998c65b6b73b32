"""One attempt from its specification to its completion. The same for Ray nodes and for providers that pull."""

import contextlib
import logging
import os
import select
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from qubix.calls import Call
from qubix.errors import InvalidRequest, QubixError, TooLarge
from qubix.schemas.attempts import AttemptSpec
from qubix.schemas.groups import ItemAnswer, ItemExchange
from qubix.schemas.reports import CompleteReport
from qubix.schemas.states import MACHINE_LOST, Cause
from qubix_agent.hardware.devices import device_nodes
from qubix_agent.runner import calls
from qubix_agent.runner.artifacts import collect, upload
from qubix_agent.runner.bundle import unpack
from qubix_agent.runner.causes import Conclusion, conclude, failed, stopped
from qubix_agent.runner.checkpoints.of_attempt import AttemptCheckpoints
from qubix_agent.runner.context import RunnerContext
from qubix_agent.runner.delivery import NO_LONGER_OURS, deliver, require_wanted
from qubix_agent.runner.items import ItemDesk
from qubix_agent.runner.presence import Control, Presence
from qubix_agent.runner.program import build_program, write_files
from qubix_agent.runner.readiness import Unwanted, await_go
from qubix_agent.runner.reporter import Delivered, Reporter
from qubix_agent.runner.stop import Stop
from qubix_agent.runner.usage import UsageRecord
from qubix_agent.runner.watch import Watch
from qubix_agent.sandbox.outcome import Outcome
from qubix_agent.sandbox.sandbox import Sandbox

_log = logging.getLogger(__name__)
_MEBIBYTE = 1 << 20
_ERROR_CHARACTERS = 16_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of an attempt: what was reported, and whether that was accepted."""

    report: CompleteReport
    delivered: Delivered


def run(spec: AttemptSpec, *, context: RunnerContext) -> Ended:
    """Run an attempt, report all of it, and leave nothing behind.

    Never raises for what a job, the network or the platform do; the report says what happened.

    Raises:
        BlockingIOError: this very attempt runs on this machine already.
    """
    with Presence(context.home.running, attempt_id=spec.attempt_id, job_id=spec.job_id) as presence:
        attempt = _Attempt(spec, context=context, control=presence.control)
        return attempt.run()


class _Attempt:
    def __init__(self, spec: AttemptSpec, *, context: RunnerContext, control: Control) -> None:
        self._spec = spec
        self._context = context
        self._control = control
        self._unwanted = threading.Event()
        self._reporter = Reporter(
            spec,
            context.transport,
            on_stop=control.order,
            on_checkpoint=self._request_checkpoint,
            on_snapshot=self._request_snapshot,
            timing=context.timing,
            policy=context.delivery,
        )
        self._checkpoints = AttemptCheckpoints(
            transport=context.transport,
            delivery=context.delivery,
            timing=context.checkpoints,
            say=self._reporter.system,
            unwanted=self._unwanted,
        )

    def run(self) -> Ended:
        try:
            return self._run()
        except Exception as broken:  # noqa: BLE001  an attempt that is never completed would hold its job up
            _log.exception("the runner of attempt %s broke", self._spec.attempt_id)
            return self._finish(_report(failed(Cause.PLATFORM_ERROR, f"The runner broke: {type(broken).__name__}.")))

    def _run(self) -> Ended:
        try:
            sandbox = self._context.launcher.prepare(self._context.home.work)
        except QubixError as broken:
            return self._finish(_report(failed(Cause.PLATFORM_ERROR, broken.message)))
        with contextlib.ExitStack() as held:
            held.callback(_remove, sandbox)
            held.callback(self._checkpoints.abandon)
            return self._run_in(sandbox, held)

    def _run_in(self, sandbox: Sandbox, held: contextlib.ExitStack) -> Ended:
        early = self._start(sandbox, held)
        if early is not None:
            return self._finish(_report(early))
        self._reporter.began()
        if self._spec.rank == 0:  # of a gang the first worker saves
            self._checkpoints.begin()
        usage = UsageRecord(self._spec.gpus, self._context.gpu_usage, memory_mib=self._spec.memory_mib)
        watch = Watch(sandbox, reporter=self._reporter, control=self._control, usage=usage)
        try:
            outcome = watch.run()
        except QubixError as broken:
            return self._finish(_report(failed(Cause.PLATFORM_ERROR, broken.message)))
        self._reporter.ending()
        for sample in usage.last(outcome):
            self._reporter.sample(sample)
        return self._finish(self._conclude(sandbox, outcome, usage, watch.progress.highest))

    def _start(self, sandbox: Sandbox, held: contextlib.ExitStack) -> Conclusion | None:
        """Start the job, and hold what it needs until it is gone; or why that cannot be."""
        spec, watcher = self._spec, _OrderWatcher(self._control, self._unwanted)
        try:
            self._unpack(sandbox.workspace.incoming_job)
            write_files(spec, sandbox.workspace.incoming_job)
            environment = self._context.environments.prepare(
                spec.requirements, self._reporter.system, cancel=self._unwanted
            )
            held.callback(environment.close)
            if spec.waits:
                spec = self._spec = self._await_go(spec, sandbox)
            spec = self._spec = self._checkpoints.restore(spec, sandbox.workspace)
            devices = device_nodes([gpu.uuid for gpu in spec.gpus if not gpu.simulated])
            items = self._serve_items(sandbox, held) if spec.takes_items else None
            program = build_program(spec, environment=environment, devices=devices, items=items)
            if (stop := self._control.read()) is not None:
                return stopped(stop)
            sandbox.start(command=program.command, view=program.view, limits=program.limits)
        except Unwanted:
            return stopped(self._control.read() or Stop.CANCELLED)
        except QubixError as broken:
            if (stop := self._control.read()) is not None:
                return stopped(stop)
            # What the job asked for and cannot have is the job's error; all else is ours, and costs nothing.
            cause = Cause.USER_ERROR if broken.status < 500 else Cause.PLATFORM_ERROR
            self._reporter.system(f"The job could not be started: {broken.message}")
            return failed(cause, broken.message)
        except OSError as broken:
            _log.exception("attempt %s could not be started", spec.attempt_id)
            return failed(Cause.PLATFORM_ERROR, f"The machine failed while the job was prepared: {broken.strerror}.")
        finally:
            watcher.close()
        return None

    def _await_go(self, spec: AttemptSpec, sandbox: Sandbox) -> AttemptSpec:
        return await_go(
            spec,
            send=self._send,
            stage_next=lambda found: self._checkpoints.stage_next(spec, sandbox.workspace, found),
            order=self._control.order,
            say=self._reporter.system,
            unwanted=self._unwanted,
        )

    def _serve_items(self, sandbox: Sandbox, held: contextlib.ExitStack) -> Path:
        desk = ItemDesk(sandbox.workspace.items, self._exchange)
        held.enter_context(desk.serving())
        return sandbox.workspace.items

    def _exchange(self, request: ItemExchange, ended: threading.Event) -> ItemAnswer:
        call, send = calls.exchange(self._spec, request), self._context.transport.send
        return deliver(lambda: send(call), policy=self._context.delivery, unwanted=ended)

    def _unpack(self, folder: Path) -> None:
        sha256 = self._spec.bundle_sha256
        if sha256 is None:
            return
        cache, unwanted = self._context.bundles, self._unwanted
        with cache.opened(sha256, fetch=lambda place: self._fetch(sha256, place), unwanted=unwanted) as bundle:
            unpack(bundle, into=folder, max_bytes=self._spec.disk_mib * _MEBIBYTE, unwanted=unwanted)

    def _fetch(self, sha256: str, place: Path) -> None:
        call, transport = calls.get_blob(self._spec, sha256), self._context.transport
        self._deliver(lambda: transport.fetch(call, place, sha256=sha256, go_on=lambda: require_wanted(self._unwanted)))

    def _conclude(
        self, sandbox: Sandbox, outcome: Outcome, usage: UsageRecord, progress: float | None
    ) -> CompleteReport:
        spec = self._spec
        conclusion = conclude(
            outcome,
            stop=self._control.read(),
            last_error_line=self._reporter.last_error_line,
            time_limit_seconds=spec.time_limit_seconds,
            memory_mib=spec.memory_mib,
            disk_mib=spec.disk_mib,
        )
        done = 100.0 if conclusion.cause is Cause.COMPLETED else progress
        report = _report(conclusion).model_copy(update={"metrics": usage.summary(outcome), "progress": done})
        is_ours = self._control.stop is not Stop.LEASE_LOST
        self._checkpoints.end(outcome, cause=conclusion.cause, is_ours=is_ours)
        # Whoever stopped the job has no use for its files, and waits for the end.
        if conclusion.cause in MACHINE_LOST | {Cause.CANCELLED} or not is_ours:
            return report
        return self._with_output(report, sandbox)

    def _with_output(self, report: CompleteReport, sandbox: Sandbox) -> CompleteReport:
        output = collect(sandbox.workspace.output)
        for note in output.notes:
            self._reporter.system(note)
        try:
            artifacts = upload(output.files, is_known=self._is_known, put=self._put)
        except NO_LONGER_OURS:
            self._reporter.abandon()
            return report
        except (QubixError, OSError) as broken:
            error = f"The job ended, but its artifacts could not be stored: {broken}"
            return _report(failed(Cause.PLATFORM_ERROR, error, exit_code=report.exit_code))
        return report.model_copy(update={"result": output.result, "artifacts": artifacts})

    def _is_known(self, sha256: str) -> bool:
        return self._send(calls.has_blob(self._spec, sha256))

    def _put(self, sha256: str, path: Path) -> bool:
        try:
            self._send(calls.put_blob(self._spec, sha256, path))
        except (InvalidRequest, TooLarge) as refused:
            self._reporter.system(f"An artifact was not kept: {refused.message}")
            return False
        return True

    def _send(self, call: Call[T]) -> T:
        return self._deliver(lambda: self._context.transport.send(call))

    def _deliver(self, send: Callable[[], T]) -> T:
        return deliver(send, policy=self._context.delivery, unwanted=self._unwanted)

    def _request_checkpoint(self) -> None:
        self._checkpoints.request()

    def _request_snapshot(self) -> None:
        self._checkpoints.request_snapshot()

    def _finish(self, report: CompleteReport) -> Ended:
        return Ended(report, self._reporter.finish(report))


class _OrderWatcher:
    """Notices orders while the runner's own thread prepares the job, which can take minutes. Leaves them unread."""

    def __init__(self, control: Control, unwanted: threading.Event) -> None:
        self._reading, self._closing = os.pipe2(os.O_CLOEXEC)
        self._control = control
        self._unwanted = unwanted
        self._thread = threading.Thread(target=self._watch, name="order-watcher", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        ready, _, _ = select.select([self._control.fileno(), self._reading], [], [])
        if self._control.fileno() in ready:
            self._unwanted.set()

    def close(self) -> None:
        os.close(self._closing)
        self._thread.join()
        os.close(self._reading)


def _report(conclusion: Conclusion) -> CompleteReport:
    return CompleteReport(
        status=conclusion.status,
        cause=conclusion.cause,
        exit_code=conclusion.exit_code,
        error=conclusion.error[:_ERROR_CHARACTERS] if conclusion.error else None,
    )


def _remove(sandbox: Sandbox) -> None:
    try:
        sandbox.close()
    except QubixError as left:
        _log.error("something of a job is left, the next sweep tries again: %s", left)
