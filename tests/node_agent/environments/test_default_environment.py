"""What a job gets that asks for nothing."""

from pathlib import Path

import pytest

from qubix_agent.environments.cache import EnvironmentCache
from qubix_agent.environments.requirements import DEFAULT_LOCK, environment_sha
from qubix_agent.sandbox.launcher import Launcher
from tests.node_agent.environments.conftest import run_in, silent


def test_its_lock_pins_every_package_with_hashes_and_no_address() -> None:
    lock = DEFAULT_LOCK.read_text(encoding="utf-8")
    packages = [line for line in lock.splitlines() if "==" in line]
    assert {line.partition("==")[0] for line in packages} >= {"numpy", "scikit-learn", "matplotlib"}
    assert lock.count("--hash=sha256:") > len(packages)
    assert "://" not in lock


def test_another_lock_is_another_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = environment_sha(())
    other = tmp_path / "lock"
    other.write_text("numpy==1.0 --hash=sha256:00")
    monkeypatch.setattr("qubix_agent.environments.requirements.DEFAULT_LOCK", other)
    assert environment_sha(()) != before


@pytest.mark.timeout(300)
def test_it_trains_and_plots(launcher: Launcher, tmp_path: Path) -> None:
    cache = EnvironmentCache(tmp_path / "cache", launcher=launcher)  # this machine's own index
    code = (
        "from sklearn.datasets import load_digits\n"
        "from sklearn.linear_model import SGDClassifier\n"
        "import matplotlib.pyplot as plot, os\n"
        "x, y = load_digits(return_X_y=True)\n"
        "print(SGDClassifier(random_state=0).fit(x, y).score(x, y) > 0.8)\n"
        "plot.plot([1, 2]); plot.savefig(os.environ['QUBIX_OUTPUT'] + '/plot.png')\n"
        "print(os.path.getsize(os.environ['QUBIX_OUTPUT'] + '/plot.png') > 1000)\n"
    )
    with cache.prepare([], silent) as environment:
        assert run_in(environment, launcher, tmp_path / "work", code) == "True\nTrue\n"
