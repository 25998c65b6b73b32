"""What a runner has to work with on its machine, made once per process and kept warm between attempts."""

import functools
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Final, Protocol

from qubix.errors import InvalidRequest
from qubix.retries import RetryPolicy
from qubix.settings import Connection, normalise
from qubix.transport import Transport
from qubix_agent.environments.cache import EnvironmentCache
from qubix_agent.hardware.nvidia import NvidiaUsage
from qubix_agent.home import HOME_VARIABLE, URL_VARIABLE, AgentHome
from qubix_agent.runner.bundle import BundleCache
from qubix_agent.runner.delivery import DeliveryPolicy
from qubix_agent.runner.reporter import ReportTiming
from qubix_agent.sandbox.launcher import Launcher

# The reporter decides itself what to send again and for how long.
_NO_RETRIES: Final = RetryPolicy(retries=0)


class EnvironmentInUse(Protocol):
    """An environment that stays until `close`: `path` is bound at `/env`, `interpreter` where it lies on the host."""

    @property
    def path(self) -> Path | None:
        """Its folder; None where the interpreter is all there is."""
        ...

    @property
    def interpreter(self) -> Path:
        """The prefix of the Python that it is made of."""
        ...

    @property
    def python(self) -> PurePath:
        """The program, as a job sees it."""
        ...

    def close(self) -> None:
        """The job does not need it any more."""
        ...


class EnvironmentSource(Protocol):
    """Has environments ready for jobs."""

    def prepare(
        self, requirements: Sequence[str], progress: Callable[[str], None], *, cancel: threading.Event
    ) -> EnvironmentInUse:
        """The environment with these packages, built first where it is not there yet.

        Args:
            requirements: as pip takes them; none of them means the default ones.
            progress: takes lines about the building, for the job's log.
            cancel: set when nobody wants the environment any more.

        Raises:
            QubixError: it cannot be had, and why.
        """
        ...


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
    gpu_usage: NvidiaUsage | None = None

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
    launcher = Launcher(standbys=standbys)
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
