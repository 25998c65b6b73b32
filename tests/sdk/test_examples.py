"""The examples say what the client takes."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import qubix
from qubix import Client
from qubix.bundle import prepare
from qubix.schemas.jobs import MAX_SOURCE_BYTES
from qubix.schemas.states import Cause, JobStatus
from tests.sdk.platform import FakePlatform

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def own_client(client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the examples get for `qubix.Client()`."""
    monkeypatch.setattr(qubix, "Client", lambda: client)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("own_client")
def test_the_first_job(platform: FakePlatform, capsys: pytest.CaptureFixture[str]) -> None:
    platform.default_script = ((JobStatus.RUNNING, ("epoch 1",)), (JobStatus.COMPLETED, ()))
    platform.end = {"cause": Cause.COMPLETED, "result": {"accuracy": 0.98}}
    runpy.run_path(str(EXAMPLES / "first_job.py"))
    assert capsys.readouterr().out == "epoch 1\naccuracy: 0.98\npaid 100 QU\n"
    wanted = platform.requests[0]
    assert (wanted.name, wanted.resources.gpu_count, wanted.time_limit_seconds) == ("train_digits.py", 1, 300)


@pytest.mark.usefixtures("own_client")
def test_the_function(platform: FakePlatform, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES / "function_job.py"), run_name="__main__")
    wanted = platform.requests[0]
    assert wanted.function == "function_job:estimate_pi"
    assert wanted.input_data == {"samples": 20_000_000, "seed": 1}
    assert capsys.readouterr().out == "pi is about 42\n"


def test_hello_runs_anywhere() -> None:
    ran = subprocess.run([sys.executable, str(EXAMPLES / "hello.py")], check=True, capture_output=True, text=True)
    assert ran.stdout.startswith("Hello from ")


@pytest.mark.parametrize("name", ["hello.py", "train_digits.py"])
def test_a_script_fits_into_a_request(name: str) -> None:
    work = prepare(EXAMPLES / name, entrypoint=None)
    assert work.source is not None
    assert len(work.source) < MAX_SOURCE_BYTES
