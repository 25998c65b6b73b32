"""The SDK and the command line against a whole platform: jobs that truly run, in a sandbox, on a provider's node."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qubix import AsyncClient, Client
from qubix.errors import JobFailed
from qubix.schemas.states import Cause, JobStatus, LogStream
from tests.e2e import remote
from tests.platform_fixture import LivePlatform

pytestmark = [pytest.mark.xdist_group("platform"), pytest.mark.timeout(300)]

PRICE = 10_000_000
PATIENCE = 180

WORKER = """
import sys, qubix
from package.numbers import double
given = qubix.inputs()
for step in range(1, 5):
    print("step", step)
    qubix.progress(step / 4)
print("to stderr", file=sys.stderr)
qubix.output("tables/result.txt").write_text("42")
qubix.result({"doubled": double(given["x"]), "arguments": sys.argv[1:], "job": qubix.job_id()})
"""


@pytest.fixture(scope="module")
def client(platform: LivePlatform) -> Iterator[Client]:
    with Client(platform.url, platform.api_key) as client:
        client.credit(10_000_000_000)
        yield client


def test_a_folder_runs_with_inputs_progress_output_and_result(client: Client, tmp_path: Path) -> None:
    (tmp_path / "work" / "package").mkdir(parents=True)
    (tmp_path / "work" / "main.py").write_text(WORKER)
    (tmp_path / "work" / "package" / "numbers.py").write_text("def double(x): return 2 * x")
    job = client.submit(
        tmp_path / "work", max_price=PRICE, timeout="5m", gpu_count=1, inputs={"x": 21}, arguments=["--fast"]
    )
    entries = list(job.logs(follow=True))
    assert job.wait(timeout=PATIENCE).status is JobStatus.COMPLETED
    written = "".join(entry.text for entry in entries if entry.stream is LogStream.STDOUT)
    assert written == "step 1\nstep 2\nstep 3\nstep 4\n"
    assert "to stderr\n" in [entry.text for entry in entries if entry.stream is LogStream.STDERR]
    assert job.result() == {"doubled": 42, "arguments": ["--fast"], "job": str(job.id)}
    assert job.progress == 100
    (artifact,) = job.artifacts
    assert job.download(artifact, tmp_path / "saved") == tmp_path / "saved" / "tables" / "result.txt"
    assert (tmp_path / "saved" / "tables" / "result.txt").read_text() == "42"
    receipt = job.receipt()
    assert (receipt.settled, receipt.simulated) == (True, True)
    assert sum(leg.amount for leg in receipt.legs) == receipt.hold
    assert job.why() is None


def test_a_groups_workers_come_with_its_items_and_go(client: Client) -> None:
    source = "import qubix\nfor item in qubix.items(): item.done(item.data ** 2)"
    group = client.create_group(
        source=source, max_price=PRICE, timeout="5m", max_workers=2, items_per_worker=10, idle="1s"
    )
    group.push(range(4))
    assert [item.result for item in group.wait(timeout=PATIENCE)] == [0, 1, 4, 9]
    group.drain()
    (worker,) = group.workers()
    assert worker.wait(timeout=PATIENCE).status is JobStatus.COMPLETED
    assert worker.receipt().settled


def test_a_function_runs_elsewhere(client: Client) -> None:
    job = client.run_function(remote.describe, [3, 1, 2], keywords={"scale": 10}, max_price=PRICE, timeout="5m")
    assert job.result(timeout=PATIENCE) == {"sorted": [10, 20, 30], "numpy": True}


def test_a_program_that_fails_says_so_with_its_last_words(client: Client) -> None:
    job = client.submit(source="print('before')\n1 / 0\n", max_price=PRICE, timeout="5m")
    with pytest.raises(JobFailed) as caught:
        job.result(timeout=PATIENCE)
    assert caught.value.details["cause"] == Cause.USER_ERROR
    assert any("ZeroDivisionError" in entry.text for entry in job.logs())


def test_a_job_that_runs_is_cancelled(client: Client) -> None:
    job = client.submit(source="import time\nprint('up', flush=True)\ntime.sleep(600)", max_price=PRICE, timeout="20m")
    first = next(entry for entry in job.logs(follow=True) if entry.stream is LogStream.STDOUT)
    assert first.text == "up\n"
    job.cancel()
    assert job.wait(timeout=30).cause is Cause.CANCELLED
    assert job.receipt().refund > 0


def test_a_job_that_nobody_can_run_says_why(client: Client) -> None:
    job = client.submit(source="pass", gpu="H100", max_price=PRICE, timeout="1m")
    reports = (job.why() for _ in job.watch())
    report = next(report for report in reports if report is not None and report.reasons)
    assert report.considered == sum(reason.removed for reason in report.reasons)
    assert job.cancel().status is JobStatus.CANCELLED


def test_a_command_line_runs(client: Client) -> None:
    job = client.submit(command=["sh", "-c", "echo $((6 * 7)); exit 0"], max_price=PRICE, timeout="1m")
    job.wait(timeout=PATIENCE)
    assert [entry.text for entry in job.logs() if entry.stream is LogStream.STDOUT] == ["42\n"]


async def test_the_asynchronous_client_runs_several_at_once(platform: LivePlatform, client: Client) -> None:
    async with AsyncClient(platform.url, platform.api_key) as asynchronous:
        jobs = [
            await asynchronous.submit(source=f"import qubix; qubix.result({number})", max_price=PRICE, timeout="5m")
            for number in range(3)
        ]
        assert [await job.result(timeout=PATIENCE) for job in jobs] == [0, 1, 2]


def test_an_array_runs_one_by_one_after_a_job_that_is_tried_again(client: Client) -> None:
    second_try = "import os, sys; sys.exit(os.environ['QUBIX_ATTEMPT'] == '1')"
    first = client.submit(source=second_try, max_price=PRICE, timeout="1m", retry={"user_error": 1})
    told = "import os, qubix; qubix.result([os.environ['QUBIX_ARRAY_' + name] for name in ('INDEX', 'SIZE')])"
    array = client.submit_array(source=told, max_price=PRICE, timeout="1m", array="3-4%1", after=[first])
    assert array.wait(timeout=PATIENCE).counts == {JobStatus.COMPLETED: 2}
    assert first.info.attempts == 2
    one, other = array.jobs()
    assert [job.result() for job in (one, other)] == [["3", "2"], ["4", "2"]]
    assert one.info.completed_at is not None
    assert other.info.started_at is not None
    assert one.info.completed_at <= other.info.started_at


def test_the_command_line_follows_a_job_to_its_end(platform: LivePlatform, client: Client, tmp_path: Path) -> None:
    script = tmp_path / "hello.py"
    script.write_text("import qubix\nprint('hello')\nqubix.result([1, 2])\n")
    environment = {"QUBIX_URL": platform.url, "QUBIX_API_KEY": platform.api_key, "XDG_CONFIG_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "qubix", "submit", str(script), "--max-price", str(PRICE), "--timeout", "5m"]
    ran = subprocess.run(
        [*command, "-f"], env=environment, capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    assert ran.stdout == "hello\n"
    assert "Completed on" in ran.stderr
    ran = subprocess.run(
        [*command, "-f", "--json"], env=environment, capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    assert json.loads(ran.stdout.splitlines()[-1])["job"]["result"] == [1, 2]
