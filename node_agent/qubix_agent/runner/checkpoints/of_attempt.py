"""The checkpoints of one attempt, from what it goes on from to what it leaves to the next."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from qubix.calls import Call
from qubix.errors import InvalidRequest
from qubix.schemas.attempts import AttemptSpec
from qubix.schemas.checkpoints import RestorableCheckpoint
from qubix.schemas.states import MACHINE_LOST, Cause
from qubix.transport import Transport
from qubix_agent.runner import calls
from qubix_agent.runner.checkpoints.keeper import CheckpointKeeper, Keeping
from qubix_agent.runner.checkpoints.restore import Restoring
from qubix_agent.runner.checkpoints.timing import CheckpointTiming
from qubix_agent.runner.delivery import DeliveryPolicy, deliver, require_wanted
from qubix_agent.sandbox.outcome import End, Outcome
from qubix_agent.sandbox.workspace import Workspace

_MEBIBYTE: Final = 1 << 20
_BILLION: Final = 10**9
_FETCH_SECONDS: Final = 15.0
_DAMAGED_SECONDS: Final = 3.0
_SIGNALLED: Final = 128

GOES_ON: Final = MACHINE_LOST | {Cause.PLATFORM_ERROR}
"""Ends after which the job goes on elsewhere."""


@dataclass(kw_only=True)
class AttemptCheckpoints:
    """What a runner does about checkpoints, in the order of an attempt's life: `restore`, `begin`, `end`.

    Attributes:
        transport, delivery: how calls are sent, and for how long.
        timing: when checkpoints are taken.
        say: takes a line for the job's log.
        unwanted: set when nobody wants the attempt any more.
    """

    transport: Transport
    delivery: DeliveryPolicy
    timing: CheckpointTiming
    say: Callable[[str], None]
    unwanted: threading.Event
    _keeper: CheckpointKeeper | None = None

    def restore(self, spec: AttemptSpec, workspace: Workspace) -> AttemptSpec:
        """Put the newest checkpoint that is whole in its place.

        Returns:
            What there is to run now: time that an earlier attempt is paid for counts against the limit.

        Raises:
            QubixError: the platform is away for good, or the attempt is no longer ours.
            OSError: the disk refuses.
        """
        restored = self._restoring(spec, workspace).newest(spec.checkpoints)
        if spec.snapshot is not None:
            self._restoring(spec, workspace).overlay(
                spec.snapshot, job=workspace.incoming_job, has_checkpoint=restored is not None
            )
        keeping = Keeping(
            folder=workspace.checkpoint,
            job=workspace.job,
            filled_at_ns=workspace.incoming_checkpoint.stat().st_mtime_ns,
            staging=workspace.staging,
            snapshot_staging=workspace.snapshot_staging,
            send=self._send,
            say=self.say,
            timing=self.timing,
        )
        self._keeper = CheckpointKeeper(spec, keeping, restored=restored)
        if restored is None:
            return spec
        try:
            answer = self._send(calls.resumed(spec, restored.id), self.unwanted)
        except InvalidRequest as refused:
            self.say(f"QUBIX: {refused.message}")
            return spec
        return spec.model_copy(update={"time_limit_seconds": answer.time_limit_seconds})

    def stage_next(self, spec: AttemptSpec, workspace: Workspace, checkpoints: list[RestorableCheckpoint]) -> bool:
        """While the attempt waits: fetch one more part of the newest checkpoint. False where nothing is to be had."""
        return bool(checkpoints) and self._restoring(spec, workspace).stage_next(checkpoints[0])

    def begin(self) -> None:
        """The job runs."""
        if self._keeper is not None:
            self._keeper.start()

    def request(self) -> None:
        """One is asked for. From any thread, at any time."""
        if self._keeper is not None:
            self._keeper.request()

    def request_snapshot(self) -> None:
        """A snapshot of the workspace is asked for. From any thread, at any time."""
        if self._keeper is not None:
            self._keeper.request_snapshot()

    def end(self, outcome: Outcome, *, cause: Cause, is_ours: bool) -> None:
        """The job has stopped. Where it goes on elsewhere, its last state is stored before this returns."""
        if self._keeper is None:
            return
        if cause not in GOES_ON or not is_ours:
            self._keeper.close()
            return
        ended_by_itself = outcome.end is End.EXITED and outcome.exit_code is not None and outcome.exit_code < _SIGNALLED
        rested_at_ns = None if ended_by_itself else time.time_ns() - int(self.timing.rest * _BILLION)
        self._keeper.finish(rested_at_ns=rested_at_ns)

    def abandon(self) -> None:
        """Whatever happens, touch the job's folders no more. Idempotent."""
        if self._keeper is not None:
            self._keeper.close()

    def _restoring(self, spec: AttemptSpec, workspace: Workspace) -> Restoring:
        return Restoring(
            folder=workspace.incoming_checkpoint,
            staging=workspace.staging,
            max_bytes=spec.disk_mib * _MEBIBYTE,
            fetch=lambda sha256, place: self._fetch(spec, sha256, place),
            await_platform=self._await_platform,
            say=self.say,
        )

    def _send(self, call: Call[Any], unwanted: threading.Event) -> Any:
        return deliver(lambda: self.transport.send(call), policy=self.delivery, unwanted=unwanted)

    def _await_platform(self) -> None:
        self._send(calls.health(), self.unwanted)

    def _fetch(self, spec: AttemptSpec, sha256: str, place: Path) -> None:
        policy = replace(self.delivery, unreachable_seconds=_FETCH_SECONDS, broken_seconds=_DAMAGED_SECONDS)
        call = calls.get_blob(spec, sha256)
        deliver(
            lambda: self.transport.fetch(call, place, sha256=sha256, go_on=lambda: require_wanted(self.unwanted)),
            policy=policy,
            unwanted=self.unwanted,
        )
