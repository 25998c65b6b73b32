"""A runner as a process of its own, which a test can kill: takes an attempt from its standard input, and runs it."""

import sys
from pathlib import Path

from qubix.retries import RetryPolicy
from qubix.schemas.attempts import AttemptSpec
from qubix.settings import Connection
from qubix.transport import Transport
from qubix_agent.home import AgentHome
from qubix_agent.runner.bundle import BundleCache
from qubix_agent.runner.checkpoints.timing import CheckpointTiming
from qubix_agent.runner.context import RunnerContext
from qubix_agent.runner.run import run
from qubix_agent.sandbox.launcher import Launcher
from tests.node_agent.runner.conftest import BarePython


def main(url: str, folder: Path) -> None:
    """Run one attempt to its end."""
    home = AgentHome(folder)
    home.make()
    with Launcher() as launcher:
        context = RunnerContext(
            home=home,
            transport=Transport(Connection(url=url), retries=RetryPolicy(retries=0)),
            launcher=launcher,
            environments=BarePython(),
            bundles=BundleCache(home.bundles),
            checkpoints=CheckpointTiming(apart=0.5),
        )
        run(AttemptSpec.model_validate_json(sys.stdin.read()), context=context)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
