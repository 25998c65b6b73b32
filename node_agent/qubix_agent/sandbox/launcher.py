"""Making sandboxes fast: some always wait, started by one thread that lives as long as this process."""

import atexit
import logging
import secrets
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Final, Self

from qubix_agent.sandbox.errors import SandboxFailed, SandboxMisused
from qubix_agent.sandbox.hierarchy import find_hierarchy
from qubix_agent.sandbox.reclaim import Swept, sweep
from qubix_agent.sandbox.sandbox import Sandbox
from qubix_agent.sandbox.slot import Slot, default_runtime_folder, open_runtime_folder
from qubix_agent.sandbox.standby import Standby, park
from qubix_agent.sandbox.view import View
from qubix_agent.sandbox.warm import Profile, profile_of
from qubix_agent.sandbox.workspace import Workspace

_log = logging.getLogger(__name__)


# Workspaces of interpreters that wait for a job have names that begin so; no job has been there.
WAITING_PREFIX: Final = "waiting-"


class Launcher:
    """One per process that runs jobs. All methods may be called from any thread.

    The kernel ends a job with the thread that started it (that is how a job dies with its runner, however that dies),
    so all are started by one thread that only `close` ends. When this process ends, its jobs end.
    """

    def __init__(self, *, standbys: int = 1, keep_warm: bool = False, use_cgroups: bool = True) -> None:
        """Look at what the machine offers, and park the first sandboxes in the background.

        Args:
            standbys: how many sandboxes wait for the next jobs.
            keep_warm: let an interpreter wait too, in the environment of the job before. It takes about 12 MiB, and
                only where there are cgroups, since its job's memory limit is not known yet.
            use_cgroups: False where the owner of the machine wants none made.

        Raises:
            SandboxUnavailable: the folder of the locks cannot be had.
        """
        self.runtime = open_runtime_folder(default_runtime_folder())
        self._hierarchy = find_hierarchy() if use_cgroups else None
        self._spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-spawner")
        self._lock = Lock()
        self._waiting: deque[Future[Standby]] = deque()
        self._standbys = standbys
        self._keep_warm = keep_warm and self._hierarchy is not None
        self._profile: Profile | None = None
        self._warm: Future[Sandbox] | None = None
        self._closed = False
        # A process that ends in order leaves nothing for a sweep to find.
        atexit.register(self.close)
        self._refill()

    @property
    def has_cgroups(self) -> bool:
        """Limits are enforced by the kernel; otherwise a watchdog looks every fifth of a second."""
        return self._hierarchy is not None

    def prepare(self, folder: Path) -> Sandbox:
        """A sandbox with its workspace below `folder`, which may be filled before the start.

        Raises:
            SandboxUnavailable: the machine lacks what it takes, or all slots are taken.
            SandboxFailed: the workspace cannot be made.
        """
        root = folder.resolve()
        if (warm := self._take_warm(root)) is not None:
            return warm
        standby = self._take()
        return self._new_sandbox(standby, _workspace(root, standby.slot))

    def keep_ready(self, *, view: View, folder: Path) -> None:
        """Let an interpreter wait for a job with this view before the first such job came. See `keep_warm`.

        Args:
            view: what the job will see; it needs an environment, which must stay in use until this returns.
            folder: what `prepare` will be given.
        """
        self.started(profile_of(view=view, folder=folder.resolve()))

    def replacement(self) -> Standby:
        """See `Source`."""
        return self._take()

    def started(self, profile: Profile | None) -> None:
        """See `Source`."""
        if not self._keep_warm:
            return
        with self._lock:
            if profile is not None and profile != self._profile:
                self._profile, stale, self._warm = profile, self._warm, None
                if stale is not None:
                    self._spawner.submit(_close_quietly, stale)
            if self._warm is None and self._profile is not None and not self._closed:
                self._warm = self._spawner.submit(self._warm_up, self._profile)

    def _new_sandbox(self, standby: Standby, workspace: Workspace) -> Sandbox:
        try:
            return Sandbox(standby, workspace, source=self)
        except BaseException:
            standby.discard()
            raise

    def _warm_up(self, profile: Profile) -> Sandbox:
        standby = park(runtime=self.runtime, hierarchy=self._hierarchy)
        sandbox = self._new_sandbox(standby, _workspace(profile.folder, standby.slot, prefix=WAITING_PREFIX))
        try:
            sandbox.warm_up(profile)
        except BaseException:
            sandbox.close()
            raise
        return sandbox

    def _take_warm(self, root: Path) -> Sandbox | None:
        """The warm sandbox, if it is ready now and for this folder: waiting for one would be no gain."""
        with self._lock:
            if self._warm is None or not self._warm.done() or self._profile is None or self._profile.folder != root:
                return None
            if (error := self._warm.exception()) is not None:
                self._warm = None
                _log.warning("no interpreter could be kept waiting: %s", error)
                return None
            sandbox = self._warm.result()
            if sandbox.is_alive and not sandbox.waits():
                return None
            self._warm = None
        try:
            if sandbox.is_alive:
                name = sandbox.workspace.root.name.removeprefix(WAITING_PREFIX)
                sandbox.take_up(Workspace(root / name))
                return sandbox
        except SandboxFailed as error:
            _log.warning("a waiting interpreter could not be used: %s", error)
        sandbox.close()
        return None

    def sweep(self, folder: Path) -> Swept:
        """Clean up after dead owners on this machine: call at the agent's start and every few minutes.

        Args:
            folder: what this agent gives to `prepare`; in it, whatever belongs to no living sandbox is removed.
        """
        return sweep(runtime=self.runtime, folder=folder.resolve())

    def close(self) -> None:
        """End the sandboxes that wait. Jobs that still run end with it, so close them first. Idempotent."""
        with self._lock:
            self._closed = True
            waiting, self._waiting = list(self._waiting), deque()
            warm, self._warm = self._warm, None
        if warm is not None:
            _close_quietly(warm)
        for future in waiting:
            if not future.cancel() and future.exception() is None:
                future.result().discard()
        self._spawner.shutdown(wait=True)
        atexit.unregister(self.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _take(self) -> Standby:
        with self._lock:
            if self._closed:
                raise SandboxMisused(
                    asked="Preparing a sandbox",
                    obstacle="the launcher is closed",
                    remedy="Make another launcher.",
                )
            future = self._waiting.popleft() if self._waiting else self._park()
        try:
            standby = self._alive(future)
        finally:
            self._refill()
        return standby

    def _alive(self, future: Future[Standby]) -> Standby:
        # What failed, or was killed, in the background gets one more try now that somebody hears the answer.
        if future.exception() is None:
            standby = future.result()
            if standby.is_alive:
                return standby
            standby.discard()
        return self._park().result()

    def _refill(self) -> None:
        with self._lock:
            while not self._closed and len(self._waiting) < self._standbys:
                self._waiting.append(self._park())

    def _park(self) -> Future[Standby]:
        return self._spawner.submit(park, runtime=self.runtime, hierarchy=self._hierarchy)


def _close_quietly(future: Future[Sandbox]) -> None:
    """Close what nobody took; if it never came to be, there is nothing to close and nobody to tell."""
    if not future.cancel() and future.exception() is None:
        future.result().close()


def _workspace(root: Path, slot: Slot, *, prefix: str = "") -> Workspace:
    return Workspace(root / f"{prefix}{slot.number}-{secrets.token_hex(6)}")
