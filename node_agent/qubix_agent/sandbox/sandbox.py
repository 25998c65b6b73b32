"""One job's sandbox, from its folders to the removal of its last trace.

with launcher.prepare(folder) as sandbox:
    ...                                    # unpack the bundle into sandbox.workspace.job
    sandbox.start(command=..., view=..., limits=...)
    ...                                    # read sandbox.stdout and sandbox.stderr until they end
    outcome = sandbox.wait()
    ...                                    # upload what lies in sandbox.workspace.output
"""

import errno
import os
import threading
import time
from concurrent.futures import Future
from types import TracebackType
from typing import Final, Self

from qubix_agent.sandbox.bubblewrap import mount_options
from qubix_agent.sandbox.errors import SandboxMisused
from qubix_agent.sandbox.limits import Limits
from qubix_agent.sandbox.outcome import Outcome, Usage
from qubix_agent.sandbox.slot import Journal
from qubix_agent.sandbox.standby import Standby
from qubix_agent.sandbox.supervisor import Supervisor
from qubix_agent.sandbox.view import Command, View
from qubix_agent.sandbox.workspace import Workspace

_READ_BYTES: Final = 1 << 16


class OutputPipe:
    """The reading end of what a job writes to stdout or stderr, non-blocking: `fileno` fits a selector or a loop."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        """For selectors; it is readable at the end too."""
        return self._descriptor

    def read(self, size: int = _READ_BYTES) -> bytes | None:
        """What is there now: bytes, `b""` at the end of the stream, None when there is nothing yet."""
        try:
            return os.read(self._descriptor, size)
        except BlockingIOError:
            return None
        except OSError as error:
            if error.errno == errno.EBADF:  # closed with its sandbox
                return b""
            raise


class Sandbox:
    """Prepared, then started once, then ended, then closed. `close` ends it first if need be."""

    def __init__(self, standby: Standby, workspace: Workspace) -> None:
        """Called by `Launcher.prepare`."""
        self.workspace = workspace
        self.stdout = OutputPipe(standby.stdout)
        self.stderr = OutputPipe(standby.stderr)
        self._standby = standby
        self._supervisor: Supervisor | None = None
        self._usage_lock = threading.Lock()
        self._last_cpu = (0.0, 0.0)
        self._closed = False
        standby.slot.record(
            Journal(
                workspace=workspace.root,
                cgroups=standby.cgroup.folders if standby.cgroup else (),
            )
        )
        workspace.make()

    @property
    def job_uid(self) -> int | None:
        """The user that the job runs as, or None where that is the agent's own user in a namespace."""
        return self._standby.job_uid

    @property
    def pid(self) -> int:
        """The process on this machine with which the whole job ends."""
        return self._standby.process.pid

    @property
    def done(self) -> Future[Outcome]:
        """Resolves to the outcome; for a loop, `asyncio.wrap_future(sandbox.done)`.

        Raises:
            SandboxMisused: it was not started.
        """
        return self._running().done

    def start(self, *, command: Command, view: View, limits: Limits) -> None:
        """Let the command run.

        Raises:
            InvalidRequest: arguments or variables that no process can be given.
            SandboxFailed: the sandbox broke.
            SandboxMisused: it was started before, or closed.
        """
        if self._supervisor or self._closed:
            raise _misused("starting it", "it was started before" if self._supervisor else "it is closed")
        options = mount_options(workspace=self.workspace, view=view, command=command, limits=limits)
        if self.job_uid is not None:
            self.workspace.hand_over(self.job_uid)
        folders = (
            *self.workspace.kept,
            *([view.environment] if view.environment and view.writable_environment else []),
        )
        supervisor = Supervisor(self._standby, folders, limits)
        self._standby.begin(options=options, limits=limits, has_gpu=bool(view.devices))
        supervisor.start()
        self._supervisor = supervisor
        self._last_cpu = (time.monotonic(), 0.0)

    def wait(self, timeout_seconds: float | None = None) -> Outcome:
        """Wait for the end; every process of the job is gone then.

        Raises:
            TimeoutError: it still runs.
            SandboxMisused: it was not started.
        """
        return self._running().done.result(timeout_seconds)

    def terminate(self, grace_seconds: float = 0.0) -> None:
        """Ask the program to end by SIGTERM, and end everything after the grace. Does not wait. Idempotent.

        Raises:
            SandboxMisused: it was not started.
        """
        self._running().stop(grace_seconds)

    def kill(self) -> None:
        """End everything now. Does not wait. Idempotent.

        Raises:
            SandboxMisused: it was not started.
        """
        self._running().stop(0.0)

    def usage(self) -> Usage | None:
        """What it uses now; None before it truly runs and after its end.

        Raises:
            SandboxMisused: it was not started.
        """
        supervisor = self._running()
        meter = supervisor.meter
        if meter is None:
            return None
        with self._usage_lock:
            try:
                account = meter.account()
            except FileNotFoundError:  # its cgroup was removed just now
                return None
            before, cpu_before = self._last_cpu
            now = time.monotonic()
            self._last_cpu = (now, account.cpu_seconds)
        return Usage(
            cpu_percent=max(0.0, 100.0 * (account.cpu_seconds - cpu_before) / max(now - before, 1e-3)),
            memory_bytes=account.memory_bytes,
            processes=account.processes,
            disk_bytes=supervisor.disk_bytes,
        )

    def close(self) -> None:
        """End it if it runs, and remove every trace: processes, cgroup, folders. Idempotent.

        Raises:
            SandboxFailed: something cannot be removed; the next sweep tries again.
        """
        if self._closed:
            return
        self._closed = True
        try:
            if self._supervisor and not self._supervisor.done.done():
                self._supervisor.stop(0.0)
                self._supervisor.done.result()
        finally:
            self._standby.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _running(self) -> Supervisor:
        if self._supervisor is None:
            raise _misused("using it", "it was not started")
        return self._supervisor


def _misused(asked: str, obstacle: str) -> SandboxMisused:
    return SandboxMisused(
        asked=f"A sandbox: {asked}", obstacle=obstacle, remedy="A sandbox is prepared, started once, and closed."
    )
