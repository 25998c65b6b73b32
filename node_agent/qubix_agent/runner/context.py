"""What a runner has to work with on its machine, made once per process and kept warm between attempts."""

import contextlib
import functools
import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from qubix.errors import InvalidRequest, QubixError
from qubix.retries import RetryPolicy
from qubix.settings import Connection, normalise
from qubix.transport import Transport
from qubix_agent.environments.cache import EnvironmentCache
from qubix_agent.hardware.nvidia import NvidiaUsage
from qubix_agent.home import HOME_VARIABLE, URL_VARIABLE, AgentHome
from qubix_agent.runner.bundle import BundleCache
from qubix_agent.runner.calls import health
from qubix_agent.runner.checkpoints.timing import CheckpointTiming
from qubix_agent.runner.delivery import DeliveryPolicy
from qubix_agent.runner.environment import EnvironmentSource
from qubix_agent.runner.program import view_of
from qubix_agent.runner.reporter import ReportTiming
from qubix_agent.sandbox.launcher import Launcher

_log = logging.getLogger(__name__)

# The reporter decides itself what to send again and for how long.
_NO_RETRIES: Final = RetryPolicy(retries=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerContext:
    """One per process that runs jobs. All of it may be used from several threads."""

    home: AgentHome
    transport: Transport
    launcher: Launcher
    environments: EnvironmentSource
    bundles: BundleCache
    timing: ReportTiming = field(default_factory=ReportTiming)
    delivery: DeliveryPolicy = field(default_factory=DeliveryPolicy)
    checkpoints: CheckpointTiming = field(default_factory=CheckpointTiming)
    gpu_usage: NvidiaUsage | None = None

    def warm_up(self) -> None:
        """Have the first job start as fast as the second: connection open, an interpreter waiting in its sandbox."""
        # Where the API is away, the first report opens the connection, and that knows how to wait.
        with contextlib.suppress(QubixError):
            self.transport.send(health())
        if self.environments.has([]):
            environment = self.environments.prepare([], _log.info, cancel=threading.Event())
            try:
                self.launcher.keep_ready(view=view_of(environment, devices=()), folder=self.home.work)
            finally:
                environment.close()

    def close(self) -> None:
        """Give everything back. Jobs that run end with it."""
        self.launcher.close()
        self.transport.close()
        if self.gpu_usage is not None:
            self.gpu_usage.close()


def make_context(*, url: str, home: AgentHome, standbys: int = 1) -> RunnerContext:
    """A context for the platform at `url`.

    Raises:
        InvalidRequest: the home cannot be used.
        SandboxUnavailable: the machine cannot isolate jobs.
    """
    home.make()
    launcher = Launcher(standbys=standbys, keep_warm=True)
    return RunnerContext(
        home=home,
        transport=Transport(Connection(url=normalise(url)), retries=_NO_RETRIES),
        launcher=launcher,
        environments=EnvironmentCache(home.environments, launcher=launcher),
        bundles=BundleCache(home.bundles),
        gpu_usage=NvidiaUsage(),
    )


@functools.cache
def context_of_process() -> RunnerContext:
    """The context that the environment variables of this process describe, made at the first call.

    Raises:
        InvalidRequest: the variables are missing, or the home cannot be used.
    """
    return make_context(
        url=_required(os.environ, URL_VARIABLE), home=AgentHome(Path(_required(os.environ, HOME_VARIABLE)))
    )


def _required(environment: Mapping[str, str], name: str) -> str:
    try:
        return environment[name]
    except KeyError:
        raise InvalidRequest(
            asked="Running a job on this node",
            obstacle=f"the node was started without {name}",
            remedy="Start the node with qubix-agent, which sets it.",
        ) from None
