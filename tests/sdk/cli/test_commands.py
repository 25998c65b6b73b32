"""The command line against a platform in this process: what it prints, and its exit codes."""

import hashlib
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from qubix import Client, settings
from qubix.cli import session
from qubix.schemas.monitor import Artifact
from qubix.schemas.states import Cause, JobStatus
from tests.sdk.cli.conftest import Run
from tests.sdk.platform import FakePlatform, SyncASGI

RUNNING = JobStatus.RUNNING


@pytest.fixture
def script(tmp_path: Path) -> str:
    place = tmp_path / "train.py"
    place.write_text("print('hello')")
    return str(place)


def test_submit_prints_the_id_alone_on_stdout(qubix: Run, platform: FakePlatform, script: str) -> None:
    code, stdout, stderr = qubix("submit", script, "--max-price", "7200", "--timeout", "1m", "--", "--epochs", "3")
    assert (code, stdout.strip()) == (0, next(iter(platform.jobs)))
    assert "120 QU held for at most 1m" in stderr
    assert platform.requests[0].arguments == ["--epochs", "3"]


def test_submit_hands_every_option_over(qubix: Run, platform: FakePlatform, script: str) -> None:
    options = ["--gpu", "A100", "--gpu", "H100", "--gpu-count", "2", "--cpu", "4", "--memory-mib", "4096"]
    options += ["--env", "A=b=c", "-r", "numpy", "--inputs", '{"x": [1]}', "--name", "mine", "--location", "eu"]
    assert qubix("submit", script, "-p", "1", *options)[0] == 0
    wanted = platform.requests[0]
    assert (wanted.resources.gpu_models, wanted.resources.gpu_count) == (["A100", "H100"], 2)
    assert (wanted.resources.cpu_cores, wanted.resources.memory_mib, wanted.resources.locations) == (4, 4096, ["eu"])
    assert (wanted.env, wanted.requirements, wanted.input_data) == ({"A": "b=c"}, ["numpy"], {"x": [1]})
    assert wanted.name == "mine"


def test_submit_names_the_jobs_that_it_runs_after(qubix: Run, platform: FakePlatform, script: str) -> None:
    first = qubix("submit", script, "-p", "1")[1].strip()
    second = qubix("submit", script, "-p", "1", "--after", first)[1].strip()
    assert qubix("submit", script, "-p", "1", "--after", first, "--after", second, "--after-any", first)[0] == 0
    assert [str(job) for job in platform.requests[2].after] == [first, second]
    assert [str(job) for job in platform.requests[2].after_any] == [first]
    code, _, stderr = qubix("submit", script, "-p", "1", "--after", "yesterday")
    assert (code, "after.0" in stderr) == (1, True)


def test_submit_says_how_often_to_try_again_and_until_when(qubix: Run, platform: FakePlatform, script: str) -> None:
    options = ["--retry", "user_error=2,OUT_OF_MEMORY=1", "--deadline", "2026-12-24T18:00:00+01:00"]
    assert qubix("submit", script, "-p", "1", *options)[0] == 0
    assert platform.requests[0].retry == {Cause.USER_ERROR: 2, Cause.OUT_OF_MEMORY: 1}
    assert platform.requests[0].deadline == datetime(2026, 12, 24, 17, tzinfo=UTC)
    assert qubix("submit", script, "-p", "1", "--deadline", "2h")[0] == 0
    assert platform.requests[1].deadline is not None
    assert timedelta(hours=1) < platform.requests[1].deadline - datetime.now(UTC) <= timedelta(hours=2)
    for option, wrong in (("--retry", "user_error"), ("--retry", "user_error=often"), ("--retry", "timeout=1")):
        assert qubix("submit", script, "-p", "1", option, wrong)[0] == 1
    assert qubix("submit", script, "-p", "1", "--deadline", "soon")[0] == 1


def test_submit_takes_a_command_line(qubix: Run, platform: FakePlatform) -> None:
    code, stdout, _ = qubix("submit", "nvidia-smi", "-p", "1", "--command", "--", "-L", "--json")
    assert (code, stdout.strip()) == (0, next(iter(platform.jobs))), "what follows -- is not for qubix"
    assert platform.requests[0].command == ["nvidia-smi", "-L", "--json"]


def test_following_prints_the_output_and_ends_with_the_job(qubix: Run, platform: FakePlatform, script: str) -> None:
    platform.default_script = ((RUNNING, ("epoch 1",)), (JobStatus.COMPLETED, ("epoch 2",)))
    code, stdout, stderr = qubix("submit", script, "-p", "7200", "-f")
    assert (code, stdout) == (0, "epoch 1\nepoch 2\n")
    assert "Completed" in stderr


def test_following_a_job_that_fails_exits_1_and_says_why(qubix: Run, platform: FakePlatform, script: str) -> None:
    platform.default_script = ((JobStatus.FAILED, ()),)
    platform.end = {"cause": Cause.USER_ERROR, "error": "NameError: name 'x' is not defined"}
    code, _, stderr = qubix("submit", script, "-p", "1", "-f")
    assert code == 1
    assert "USER_ERROR (NameError: name 'x' is not defined)" in stderr


def test_following_as_json_gives_a_document_a_line(qubix: Run, platform: FakePlatform, script: str) -> None:
    platform.default_script = ((RUNNING, ("one",)), (JobStatus.COMPLETED, ("two",)))
    code, stdout, stderr = qubix("submit", script, "-p", "1", "-f", "--json")
    documents = [json.loads(line) for line in stdout.splitlines()]
    assert code == 0
    assert [each["log"]["text"] for each in documents[:-1]] == ["one\n", "two\n"]
    assert documents[-1]["job"]["status"] == "COMPLETED"
    assert stderr == ""


def test_every_command_about_a_job_gives_json_and_words(qubix: Run, platform: FakePlatform, script: str) -> None:
    platform.default_script = ()
    job = qubix("submit", script, "-p", "3600")[1].strip()
    platform.say(next(iter(platform.jobs.values())).id, "hello")
    for command, key, word in (
        ("show", "job", "price cap"),
        ("why", "summary", "nobody offers anything"),
        ("logs", "text", "hello"),
        ("receipt", "legs", "unused time"),
        ("artifacts", None, "no artifacts"),
        ("cancel", "status", "is cancelled"),
    ):
        code, stdout, stderr = qubix(command, job, "--json")
        assert (code, stderr) == (0, ""), command
        document = json.loads(stdout)
        assert key is None or key in document
        code, stdout, _ = qubix(command, job)
        assert code == 0, command
        assert word in stdout, command
    code, stdout, _ = qubix("jobs", "--json")
    assert json.loads(stdout)[0]["id"] == job
    code, stdout, stderr = qubix("jobs")
    assert job in stdout
    assert "100 more" in stderr


def test_artifacts_are_saved(qubix: Run, platform: FakePlatform, script: str, tmp_path: Path) -> None:
    job = qubix("submit", script, "-p", "1")[1].strip()
    digest = hashlib.sha256(b"png").hexdigest()
    platform.blobs[digest] = b"png"
    platform.artifacts[job] = [Artifact(path="plot.png", sha256=digest, size=3, attempt=1)]
    code, stdout, _ = qubix("artifacts", job, "--download", str(tmp_path / "out"), "--json")
    assert code == 0
    assert Path(json.loads(stdout)[0]["savedAs"]).read_bytes() == b"png"


def test_a_refusal_is_one_sentence_and_exit_1(qubix: Run) -> None:
    code, stdout, stderr = qubix("show", "missing")
    assert (code, stdout) == (1, "")
    assert stderr == "qubix: Showing a job: there is none like that. List yours.\n"


def test_a_refusal_as_json_has_the_wires_shape(qubix: Run) -> None:
    code, stdout, stderr = qubix("show", "missing", "--json")
    assert (code, stdout) == (1, "")
    assert json.loads(stderr)["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    "arguments",
    [
        ("jobs", "--colour"),
        ("submit", "x.py"),
        ("submit", "x.py", "-p", "1.5"),
        ("jobs", "--limit", "0"),
        ("jobs", "--status", "resting"),
        ("frobnicate",),
        ("config", "set", "colour", "red"),
    ],
)
def test_misuse_exits_2(qubix: Run, arguments: tuple[str, ...]) -> None:
    code, stdout, stderr = qubix(*arguments)
    assert (code, stdout) == (2, "")
    assert stderr.startswith("qubix: Reading the command line: ")
    code, _, stderr = qubix(*arguments, "--json")
    assert code == 2
    assert json.loads(stderr)["error"]["code"] == "invalid_request"


def test_options_that_cannot_be_are_refused_with_their_name(qubix: Run, script: str) -> None:
    assert "--env" in qubix("submit", script, "-p", "1", "--env", "A")[2]
    assert "--inputs" in qubix("submit", script, "-p", "1", "--inputs", "{")[2]
    assert "soon" in qubix("submit", script, "-p", "1", "-t", "soon")[2]


def test_an_unreachable_platform_is_a_sentence(qubix: Run, wire: SyncASGI) -> None:
    wire.failures = [httpx.ConnectError("Connection refused") for _ in range(20)]
    code, _, stderr = qubix("jobs")
    assert code == 1
    assert "could not be reached" in stderr
    assert "qubix up" in stderr


def test_a_mistake_of_our_own_is_a_sentence_and_a_traceback_on_demand(
    qubix: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: Any) -> Client:
        nothing: dict[str, Client] = {}
        return nothing["client"]

    monkeypatch.setattr(session, "open_client", broken)
    code, _, stderr = qubix("jobs")
    assert (code, "Traceback" in stderr) == (1, False)
    assert "KeyError" in stderr
    monkeypatch.setenv("QUBIX_DEBUG", "1")
    assert "Traceback" in qubix("jobs")[2]


def test_an_interrupt_exits_130(qubix: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(**_: Any) -> Client:
        raise KeyboardInterrupt

    monkeypatch.setattr(session, "open_client", interrupted)
    assert qubix("jobs") == (130, "", "")


def test_health_tells_of_a_platform_that_is_down(qubix: Run) -> None:
    code, stdout, _ = qubix("health")
    assert code == 1
    assert "does not answer" in stdout


def test_the_key_is_kept_for_its_platform_alone(qubix: Run, home: Path) -> None:
    assert qubix("config", "set", "url", "http://one.test:8000/")[0] == 0
    assert qubix("config", "set", "api-key", "qbx_key_0123456789abcdef")[0] == 0
    file = home / "config" / "qubix" / "config.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert settings.connection().api_key == "qbx_key_0123456789abcdef"
    assert settings.connection(url="http://other.test").api_key is None
    shown = json.loads(qubix("config", "show", "--json")[1])
    assert (shown["url"], shown["apiKey"]) == ("http://one.test:8000", "qbx_key_012345…")
    changed = qubix("config", "unset", "api-key", "--json")
    assert json.loads(changed[1]) == {"changed": "api-key", "file": str(file)}
    assert settings.connection().api_key is None
    assert qubix("config", "set", "api-key", "password")[0] == 1


def test_offers_are_asked_for_in_the_unit_of_jobs_needs(qubix: Run, platform: FakePlatform) -> None:
    assert qubix("offers", "--min-vram-mib", "24064")[0] == 0
    assert ("minVram", "23.5") in platform.queries[-1]


def test_offers_says_when_there_are_none(qubix: Run) -> None:
    assert qubix("offers", "--json") == (0, "[]\n", "")
    assert "Nobody offers" in qubix("offers", "--model", "RTX 4090", "--available")[1]


def test_the_version_is_shown(qubix: Run) -> None:
    assert qubix("--version")[:2] == (0, "0.1.0\n")
