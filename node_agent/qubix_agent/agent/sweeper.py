"""Cleaning up after runners that died without doing so, at the agent's start and every minute."""

import logging
import threading
from typing import Final

from qubix.errors import QubixError
from qubix_agent.environments.cache import EnvironmentCache
from qubix_agent.home import AgentHome
from qubix_agent.runner.bundle import BundleCache
from qubix_agent.runner.presence import remove_stale
from qubix_agent.sandbox.launcher import Launcher

_log = logging.getLogger(__name__)

PERIOD_SECONDS: Final = 60.0


class Sweeper:
    """Sweeps in a thread of its own, and has the default environment ready before the first job asks for it."""

    def __init__(self, *, home: AgentHome, launcher: Launcher) -> None:
        self._home = home
        self._launcher = launcher
        self._environments = EnvironmentCache(home.environments, launcher=launcher)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)

    def sweep(self) -> None:
        """Look once. What fails is logged: it must not keep the machine from its work."""
        try:
            self._sweep()
        except (QubixError, OSError):
            _log.exception("sweeping failed; it is tried again in a minute")

    def _sweep(self) -> None:
        swept = self._launcher.sweep(self._home.work)
        stale = remove_stale(self._home.running)
        BundleCache(self._home.bundles).trim()
        environments = self._environments.sweep()
        if swept.slots or swept.folders or stale or environments:
            _log.info(
                "swept %d sandboxes, %d folders, %d marks and %d environments that nobody owns",
                len(swept.slots),
                len(swept.folders),
                stale,
                environments,
            )

    def start(self) -> None:
        """Sweep every minute from now on."""
        self._thread.start()

    def close(self) -> None:
        """Sweep no more; a build that runs is given up. Idempotent."""
        self._closed.set()

    def _run(self) -> None:
        self._prepare_default()
        while not self._closed.wait(PERIOD_SECONDS):
            self.sweep()

    def _prepare_default(self) -> None:
        try:
            self._environments.prepare([], _log.info, cancel=self._closed).close()
        except QubixError as error:
            _log.warning("the default environment is not ready: %s", error)
