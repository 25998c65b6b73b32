import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from qubix.retries import RetryPolicy
from qubix.schemas.attempts import AttemptSpec
from qubix.schemas.states import ModelType
from qubix.settings import Connection
from qubix.transport import Transport
from qubix_agent.home import AgentHome
from qubix_agent.runner.bundle import BundleCache
from qubix_agent.runner.context import RunnerContext
from qubix_agent.runner.delivery import DeliveryPolicy
from qubix_agent.sandbox.interpreter import base_interpreter
from qubix_agent.sandbox.launcher import Launcher
from tests.node_agent.api_double import ApiDouble, api_double

PREFIX, PYTHON = base_interpreter()


@dataclass(frozen=True)
class BareEnvironment:
    path: Path | None = None
    interpreter: Path = PREFIX
    python: Path = PYTHON

    def close(self) -> None:
        """Nothing was taken."""


class BarePython:
    """Environments without packages, for tests that need none."""

    def prepare(
        self, requirements: Sequence[str], progress: Callable[[str], None], *, cancel: threading.Event
    ) -> BareEnvironment:
        return BareEnvironment()

    def has(self, requirements: Sequence[str]) -> bool:
        return True


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    with Launcher() as launcher:
        yield launcher


@pytest.fixture
def api() -> Iterator[ApiDouble]:
    with api_double() as double:
        yield double


@pytest.fixture
def transport(api: ApiDouble) -> Iterator[Transport]:
    transport = Transport(Connection(url=api.url), retries=RetryPolicy(retries=0))
    yield transport
    transport.close()


@pytest.fixture
def context(tmp_path: Path, transport: Transport, launcher: Launcher) -> RunnerContext:
    home = AgentHome(tmp_path / "agent")
    home.make()
    return RunnerContext(
        home=home,
        transport=transport,
        launcher=launcher,
        environments=BarePython(),
        bundles=BundleCache(home.bundles),
        delivery=DeliveryPolicy(unreachable_seconds=5),
    )


@dataclass(frozen=True)
class SpecMaker:
    def __call__(self, source: str | None = None, **changes: Any) -> AttemptSpec:
        values: dict[str, Any] = {
            "job_id": uuid4(),
            "attempt_id": uuid4(),
            "attempt_token": "qbx_att_test",
            "number": 1,
            "model_type": ModelType.SCRIPT,
            "source": source,
            "time_limit_seconds": 30,
            "cpu_cores": 1,
            "memory_mib": 256,
            "disk_mib": 64,
            "lease_seconds": 15,
        }
        return AttemptSpec(**(values | changes))


@pytest.fixture
def spec() -> SpecMaker:
    return SpecMaker()
