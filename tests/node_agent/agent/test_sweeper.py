"""Cleaning up must never keep the machine from its work."""

from pathlib import Path

import pytest

from qubix_agent.agent.sweeper import Sweeper
from qubix_agent.environments.cache import EnvironmentCache
from qubix_agent.home import AgentHome
from qubix_agent.sandbox.launcher import Launcher


def test_a_sweep_that_fails_is_logged_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: EnvironmentCache) -> int:
        raise OSError("the disk is broken")

    monkeypatch.setattr(EnvironmentCache, "sweep", fail)
    home = AgentHome(tmp_path / "agent")
    home.make()
    with Launcher(standbys=0) as launcher:
        Sweeper(home=home, launcher=launcher).sweep()
    assert "the disk is broken" in caplog.text
