"""What a job's own code uses, as it finds it in a sandbox: two files, and the standard library."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import qubix
import qubix.inside
from qubix.inside import _ProgressFile


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A job's variables and folders."""
    for name in ("output", "checkpoint"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("QUBIX_JOB_ID", "7")
    monkeypatch.setenv("QUBIX_PROGRESS", str(tmp_path / "progress"))
    monkeypatch.setenv("QUBIX_OUTPUT", str(tmp_path / "output"))
    monkeypatch.setenv("QUBIX_RESULT", str(tmp_path / "output" / "result.json"))
    monkeypatch.setenv("QUBIX_CHECKPOINT", str(tmp_path / "checkpoint"))
    (tmp_path / "input.json").write_text('{"x": [1, 2]}')
    monkeypatch.setenv("QUBIX_INPUT", str(tmp_path / "input.json"))
    return tmp_path


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No job, and a folder to be in."""
    for name in list(os.environ):
        if name.startswith("QUBIX_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_two_files_and_the_standard_library_are_enough(inside: Path) -> None:
    package = inside / "library" / "qubix"
    package.mkdir(parents=True)
    for file in (qubix.__file__, qubix.inside.__file__):
        shutil.copy(file, package)
    program = """
import sys, qubix
assert not {"pydantic", "httpx"} & set(sys.modules)
qubix.progress(0.25); qubix.progress(0.5)
qubix.output("a/model.txt").write_text("weights")
qubix.result({"seen": qubix.inputs(), "id": qubix.job_id(), "before": qubix.resume(0)})
qubix.checkpoint({"epoch": 3})
try:
    from qubix import Client
except ImportError as error:
    print(error)
"""
    environment = dict(os.environ) | {"PYTHONPATH": str(inside / "library")}
    ran = subprocess.run(
        [sys.executable, "-S", "-c", program], env=environment, check=True, capture_output=True, text=True
    )
    assert "qubix.Client does not exist inside a job" in ran.stdout
    assert (inside / "progress").read_text() == "0.500000\n", "the last one is written at exit, however soon it came"
    assert (inside / "output" / "a" / "model.txt").read_text() == "weights"
    expected = {"seen": {"x": [1, 2]}, "id": "7", "before": 0}
    assert json.loads((inside / "output" / "result.json").read_text()) == expected
    assert qubix.resume() == {"epoch": 3}


@pytest.mark.parametrize("fraction", [-0.1, 1.1, 40, float("nan"), float("inf")])
@pytest.mark.parametrize("place", ["inside", "outside"])
def test_progress_is_a_fraction_everywhere(place: str, fraction: float, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(place)
    with pytest.raises(ValueError, match="fraction from 0 to 1"):
        qubix.progress(fraction)


def test_progress_is_written_rarely_and_its_end_at_once(inside: Path) -> None:
    file, path = _ProgressFile(), inside / "progress"
    file.report(path, 0.1)
    file.report(path, 0.2)
    assert path.read_text() == "0.100000\n"
    file.report(path, 1.0)
    assert path.read_text() == "1.000000\n"


def test_progress_overwrites_what_was_longer_in_the_same_file(inside: Path) -> None:
    path = inside / "progress"
    path.write_text("something longer than a fraction")
    number = path.stat().st_ino
    _ProgressFile().report(path, 0.5)
    assert (path.read_text(), path.stat().st_ino) == ("0.500000\n", number)


def test_a_checkpoint_is_whole_or_the_one_before(inside: Path) -> None:
    assert qubix.resume("none yet") == "none yet"
    qubix.checkpoint({"step": 1})
    with pytest.raises(TypeError):
        qubix.checkpoint({"step": {1, 2}})
    assert qubix.resume() == {"step": 1}
    qubix.checkpoint(b"\x00weights\n", name="model")
    assert qubix.resume(name="model") == b"\x00weights\n"
    assert sorted(path.name for path in (inside / "checkpoint").iterdir()) == ["model.ckpt", "state.ckpt"]
    (inside / "checkpoint" / "other.ckpt").write_text("not ours")
    with pytest.raises(ValueError, match="not a checkpoint"):
        qubix.resume(name="other")


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden"])
def test_a_checkpoints_name_is_a_file_name(inside: Path, name: str) -> None:
    with pytest.raises(ValueError, match="plain file name"):
        qubix.checkpoint(1, name=name)


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x"])
def test_output_stays_in_its_folder(inside: Path, path: str) -> None:
    with pytest.raises(ValueError, match="inside the output folder"):
        qubix.output(path)


def test_a_result_is_json(inside: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        qubix.result(float("nan"))
    qubix.result([1])
    qubix.result({"accuracy": 0.97})
    assert json.loads((inside / "output" / "result.json").read_text()) == {"accuracy": 0.97}


def test_outside_a_job_all_of_it_is_harmless(outside: Path) -> None:
    qubix.progress(0.5)
    qubix.result({"accuracy": 1})
    assert (qubix.inputs(), qubix.job_id()) == (None, None)
    qubix.output("plot.png").write_bytes(b"")
    qubix.checkpoint([1])
    assert qubix.resume() == [1]
    assert sorted(path.name for path in outside.iterdir()) == ["qubix-checkpoint", "qubix-output"]
