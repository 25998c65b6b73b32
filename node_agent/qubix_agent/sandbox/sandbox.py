"""One job's sandbox, from its folders to the removal of its last trace.

with launcher.prepare(folder) as sandbox:
    ...                                    # unpack the bundle into sandbox.workspace.incoming_job
    sandbox.start(command=..., view=..., limits=...)
    ...                                    # read sandbox.stdout and sandbox.stderr until they end
    outcome = sandbox.wait()
    ...                                    # upload what lies in sandbox.workspace.output
"""

import os
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

from qubix_agent.sandbox.bubblewrap import mount_options
from qubix_agent.sandbox.errors import SandboxFailed, SandboxMisused
from qubix_agent.sandbox.limits import Limits
from qubix_agent.sandbox.outcome import Outcome, Usage
from qubix_agent.sandbox.slot import Journal
from qubix_agent.sandbox.standby import Standby, resource_limits
from qubix_agent.sandbox.supervisor import Supervisor
from qubix_agent.sandbox.view import Command, View
from qubix_agent.sandbox.warm import (
    READY,
    WAITING_LIMITS,
    Profile,
    can_become,
    mount_limits,
    order_for,
    profile_of,
    waiting_command,
)
from qubix_agent.sandbox.workspace import Workspace

_READ_BYTES: Final = 1 << 16


class OutputPipe:
    """The reading end of what a job writes to stdout or stderr, non-blocking: `fileno` fits a selector or a loop."""

    def __init__(self, descriptor: int) -> None:
        """Called by `Sandbox`."""
        self._descriptor = descriptor

    def fileno(self) -> int:
        """For selectors, from the sandbox's start to its close; readable at the end of the stream too."""
        return self._descriptor

    def read(self, size: int = _READ_BYTES) -> bytes | None:
        """What is there now: bytes, `b""` at the end of the stream, None when there is nothing yet."""
        if self._descriptor < 0:
            return b""
        try:
            return os.read(self._descriptor, size)
        except BlockingIOError:
            return None

    def move(self, descriptor: int) -> None:
        """Called by `Sandbox`: read from here from now on, from nowhere if negative."""
        self._descriptor = descriptor


class Source(Protocol):
    """Where a sandbox comes from."""

    def replacement(self) -> Standby:
        """Another parked bubblewrap, for a sandbox whose waiting interpreter does not fit its job."""
        ...

    def started(self, profile: Profile | None) -> None:
        """A job was started; None where no waiting interpreter could have stood in for it."""
        ...


class Sandbox:
    """Prepared, then started once, then ended, then closed. `close` ends it first if need be."""

    def __init__(self, standby: Standby, workspace: Workspace, *, source: Source) -> None:
        """Called by `Launcher.prepare`."""
        self.workspace = workspace
        self.stdout = OutputPipe(standby.stdout)
        self.stderr = OutputPipe(standby.stderr)
        self._standby = standby
        self._source = source
        self._profile: Profile | None = None
        self._ready = False
        self._supervisor: Supervisor | None = None
        self._usage_lock = threading.Lock()
        self._last_cpu = (0.0, 0.0)
        self._closed = False
        self._record(standby)
        workspace.make()

    def _record(self, standby: Standby, *former: Path) -> None:
        cgroups = standby.cgroup.folders if standby.cgroup else ()
        standby.slot.record(Journal(workspaces=(self.workspace.root, *former), cgroups=cgroups))

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
        waits = self._profile is not None and self.is_alive
        fits = waits and can_become(command) and self._profile == self._profile_of(view)
        if not (fits and self._become(command, view, limits)):
            self._begin(command, view, limits)
        self._source.started(self._profile_of(view) if can_become(command) else None)

    def warm_up(self, profile: Profile) -> None:
        """Called by `Launcher`: let an interpreter wait inside.

        Raises:
            SandboxFailed: the sandbox broke.
        """
        self._hand_over()
        options = mount_options(
            workspace=self.workspace, view=profile.view, command=waiting_command(), limits=mount_limits()
        )
        self._standby.begin_waiting(options=options, limits=WAITING_LIMITS)
        self._profile = profile

    def take_up(self, workspace: Workspace) -> None:
        """Called by `Launcher`: the workspace goes to where a job's is looked for. What is mounted stays mounted.

        Raises:
            SandboxFailed: the disk refuses.
        """
        former, self.workspace = self.workspace, workspace
        self._record(self._standby, former.root)
        former.move_to(workspace)

    def waits(self) -> bool:
        """Called by `Launcher`: whether the interpreter inside is ready by now. Its mounts are made then, so that its
        workspace may be moved."""
        self._ready = self._ready or self.stdout.read(1) == READY
        return self._ready

    @property
    def is_alive(self) -> bool:
        """Nothing killed it while it waited."""
        return self._standby.is_alive

    def _profile_of(self, view: View) -> Profile | None:
        return profile_of(view=view, folder=self.workspace.root.parent)

    def _become(self, command: Command, view: View, limits: Limits) -> bool:
        """Let the waiting interpreter be the job's program; False where it has died meanwhile."""
        kernel_limits = resource_limits(self._standby, limits, has_gpu=bool(view.devices))
        order = order_for(command=command, view=view, limits=limits, kernel_limits=kernel_limits)
        supervisor = self._fill(view, limits)
        try:
            self._standby.give_order(order, limits=limits)
        except SandboxFailed:
            return False
        self._supervise(supervisor)
        return True

    def _begin(self, command: Command, view: View, limits: Limits) -> None:
        options = mount_options(workspace=self.workspace, view=view, command=command, limits=limits)
        if self._profile is not None:
            self._replace_standby()
        self._hand_over()
        supervisor = self._fill(view, limits)
        self._standby.begin(options=options, limits=limits, has_gpu=bool(view.devices))
        self._supervise(supervisor)

    def _replace_standby(self) -> None:
        fresh, old = self._source.replacement(), self._standby
        self._record(fresh)
        old.slot.record(Journal(cgroups=old.cgroup.folders if old.cgroup else ()))
        self._standby, self._profile = fresh, None
        self.stdout.move(fresh.stdout)
        self.stderr.move(fresh.stderr)
        old.discard()

    def _hand_over(self) -> None:
        if self.job_uid is not None:
            self.workspace.hand_over(self.job_uid)

    def _fill(self, view: View, limits: Limits) -> Supervisor:
        self.workspace.fill(self.job_uid)
        built = [view.environment] if view.environment and view.writable_environment else []
        return Supervisor(self._standby, (*self.workspace.kept, *built), limits)

    def _supervise(self, supervisor: Supervisor) -> None:
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
            self.stdout.move(-1)
            self.stderr.move(-1)
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
