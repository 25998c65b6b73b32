"""The runner with a real sandbox against a real HTTP server."""

import hashlib
import io
import select
import signal
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from qubix.errors import InvalidRequest, Unavailable
from qubix.schemas.attempts import AttemptSpec
from qubix.schemas.states import Cause, ModelType
from qubix_agent.runner.context import RunnerContext
from qubix_agent.runner.presence import order, running_attempts
from qubix_agent.runner.reporter import Delivered
from qubix_agent.runner.run import Ended, run
from qubix_agent.runner.stop import Stop
from tests.node_agent.api_double import ApiDouble, Received, refusal
from tests.node_agent.runner.conftest import BarePython, SpecMaker


class Running:
    """A runner in a thread of its own."""

    def __init__(self, spec: AttemptSpec, context: RunnerContext) -> None:
        self.ended: Ended | None = None
        self._thread = threading.Thread(target=self._run, args=(spec, context))
        self._thread.start()

    def _run(self, spec: AttemptSpec, context: RunnerContext) -> None:
        self.ended = run(spec, context=context)

    def join(self, seconds: float = 20) -> Ended:
        self._thread.join(seconds)
        assert self.ended is not None, f"the runner did not end within {seconds} s"
        return self.ended


def nothing_is_left(context: RunnerContext) -> bool:
    return not list(context.home.work.iterdir()) and not list(context.home.running.iterdir())


def test_a_short_job_takes_one_call(api: ApiDouble, context: RunnerContext, spec: SpecMaker) -> None:
    command = ["/bin/sh", "-c", "echo out; echo err >&2; echo 0.5 > $QUBIX_PROGRESS; echo hi > $QUBIX_OUTPUT/a.txt"]
    ended = run(spec(model_type=ModelType.COMMAND, command=command), context=context)
    assert ended.delivered is Delivered.ACCEPTED
    [body] = api.bodies("/complete")
    reports = [path for path in api.paths() if len(path) != 64]
    assert reports == ["complete"]
    assert body["status"] == "completed"
    assert body["cause"] == "COMPLETED"
    assert body["exitCode"] == 0
    assert body["progress"] == 100
    assert body["artifacts"] == [{"path": "a.txt", "sha256": hashlib.sha256(b"hi\n").hexdigest(), "size": 3}]
    assert len(body["samples"]) == 1
    assert api.output("stdout") == "out\n"
    assert api.output("stderr") == "err\n"
    assert {request.token for request in api.received} == {"qbx_att_test"}
    assert nothing_is_left(context)


def test_a_script_with_arguments_environment_and_result(
    api: ApiDouble, context: RunnerContext, spec: SpecMaker
) -> None:
    source = """
import json, os, sys, qubix
qubix.progress(0.25)
qubix.result({"arguments": sys.argv[1:], "env": os.environ["GREETING"], "inputs": qubix.inputs()})
qubix.progress(1)
"""
    ended = run(spec(source, arguments=["a b", "c"], env={"GREETING": "hé"}, input_data={"n": [1, 2]}), context=context)
    assert ended.report.cause is Cause.COMPLETED, ended.report.error
    assert api.bodies("/complete")[0]["result"] == {"arguments": ["a b", "c"], "env": "hé", "inputs": {"n": [1, 2]}}


@pytest.mark.parametrize(
    ("body", "data", "result"),
    [
        ("def f(a, b): return a + b", [1, 2], 3),
        ("def f(a, b): return a * b", {"a": 4, "b": 5}, 20),
        ("async def f(): return 'awaited'", None, "awaited"),
        ("def f(x): return x.upper()", "loud", "LOUD"),
    ],
)
def test_a_function_is_called_with_its_input(
    api: ApiDouble, context: RunnerContext, spec: SpecMaker, body: str, data: Any, result: Any
) -> None:
    ended = run(
        spec(body, model_type=ModelType.FUNCTION, function="pkg.work:f", input_data=data),
        context=context,
    )
    assert ended.report.cause is Cause.COMPLETED, api.output()
    assert api.bodies("/complete")[0]["result"] == result


def test_what_a_function_raises_is_the_jobs_error(api: ApiDouble, context: RunnerContext, spec: SpecMaker) -> None:
    ended = run(
        spec("def f(): raise ValueError('no such layer')", model_type=ModelType.FUNCTION, function="m:f"),
        context=context,
    )
    assert ended.report.cause is Cause.USER_ERROR
    assert ended.report.error == "The program ended with exit code 1: ValueError: no such layer"


def test_output_is_streamed_while_the_job_runs(api: ApiDouble, context: RunnerContext, spec: SpecMaker) -> None:
    source = """
import sys, pathlib, time
print("first", flush=True)
while not pathlib.Path("go").exists(): time.sleep(0.01)
print("second")
"""
    running = Running(spec(source), context)
    api.wait_for("logs")
    assert api.output("stdout") == "first\n"
    assert api.wait_for("started")
    [workspace] = context.home.work.iterdir()
    (workspace / "job" / "go").touch()
    assert running.join().report.cause is Cause.COMPLETED
    assert api.output("stdout") == "first\nsecond\n"


def test_progress_and_usage_are_reported_each_second(api: ApiDouble, context: RunnerContext, spec: SpecMaker) -> None:
    source = """
import time, qubix
held = bytearray(60 << 20)
for step in range(24):
    qubix.progress(step / 24)
    end = time.monotonic() + 0.1
    while time.monotonic() < end: pass
"""
    ended = run(spec(source), context=context)
    assert ended.report.cause is Cause.COMPLETED, api.output()
    percents = [body["progress"] for body in api.bodies("/progress")]
    assert percents == sorted(percents)
    assert len(percents) >= 3
    samples = [sample for body in api.bodies("/metrics") for sample in body["samples"]]
    samples += api.bodies("/complete")[0].get("samples", [])
    assert len(samples) >= 2
    assert max(sample["memoryMib"] for sample in samples) > 55
    assert max(sample["cpuPercent"] for sample in samples) > 10
    assert api.bodies("/complete")[0]["metrics"]["ramUsageAvg"] > 15


def test_cancelling_by_the_control_pipe_ends_it_within_a_second(
    api: ApiDouble, context: RunnerContext, spec: SpecMaker
) -> None:
    attempt = spec(
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(60)"
    )
    running = Running(attempt, context)
    api.wait_for("logs")
    assert [found.attempt_id for found in running_attempts(context.home.running)] == [attempt.attempt_id]
    began = time.monotonic()
    assert order(context.home.running, attempt.attempt_id, Stop.CANCELLED)
    ended = running.join()
    assert time.monotonic() - began < 1
    assert ended.report.cause is Cause.CANCELLED
    assert nothing_is_left(context)
    assert not order(context.home.running, attempt.attempt_id, Stop.CANCELLED)


def test_cancelling_by_the_platforms_answer(api: ApiDouble, context: RunnerContext, spec: SpecMaker) -> None:
    def cancel(request: Received) -> tuple[int, dict[str, Any]] | None:
        return (
            (200, {"success": True, "cancel": True, "leaseSeconds": 15}) if request.path.endswith("/started") else None
        )

    api.responder = cancel
    ended = run(spec("import time; time.sleep(60)"), context=context)
    assert ended.report.cause is Cause.CANCELLED
    assert len(api.bodies("/complete")) == 1


def test_a_lost_lease_stops_the_job_and_silences_the_runner(
    api: ApiDouble, context: RunnerContext, spec: SpecMaker
) -> None:
    api.responder = lambda request: refusal(409, "attempt_fenced") if request.path.endswith("/started") else None
    ended = run(spec("import time; time.sleep(60)"), context=context)
    assert ended.delivered is Delivered.NOT_OURS
    assert api.paths() == ["started"]
    assert nothing_is_left(context)


def test_reports_wait_for_a_platform_that_is_away(api: ApiDouble, context: RunnerContext, spec: SpecMaker) -> None:
    refused: list[Received] = []

    def away(request: Received) -> tuple[int, dict[str, Any]] | None:
        if len(refused) < 4:
            refused.append(request)
            return refusal(503, "unavailable")
        return None

    api.responder = away
    ended = run(spec("for n in range(5): print(n)"), context=context)
    assert ended.delivered is Delivered.ACCEPTED
    assert api.output("stdout") == "0\n1\n2\n3\n4\n"


def test_the_time_limit(api: ApiDouble, context: RunnerContext, spec: SpecMaker) -> None:
    ended = run(
        spec("print('on', flush=True)\nimport time; time.sleep(60)", time_limit_seconds=1),
        context=context,
    )
    assert ended.report.cause is Cause.TIMEOUT
    assert ended.report.error == "The time limit of 1 s was reached."
    assert api.output("stdout") == "on\n"


def test_the_memory_limit(api: ApiDouble, context: RunnerContext, spec: SpecMaker) -> None:
    ended = run(spec("held = [bytearray(16 << 20) for _ in range(64)]", memory_mib=96), context=context)
    assert ended.report.cause is Cause.OUT_OF_MEMORY


def test_a_flood_of_output_is_bounded_and_can_be_stopped(
    api: ApiDouble, context: RunnerContext, spec: SpecMaker
) -> None:
    attempt = spec(model_type=ModelType.COMMAND, command=["yes", "all work and no play"])
    running = Running(attempt, context)
    with api.changed:
        assert api.changed.wait_for(lambda: "the rest is dropped" in api.output("system"), 60)
    began = time.monotonic()
    assert order(context.home.running, attempt.attempt_id, Stop.CANCELLED)
    assert running.join().report.cause is Cause.CANCELLED
    assert time.monotonic() - began < 2
    assert len(api.output("stdout")) <= 16 << 20


def test_a_daemon_that_ignores_sigterm_dies_with_its_job(
    api: ApiDouble, context: RunnerContext, spec: SpecMaker
) -> None:
    source = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print("daemon", flush=True)
        time.sleep(600)
    os._exit(0)
time.sleep(0.3)
"""
    began = time.monotonic()
    ended = run(spec(source), context=context)
    assert ended.report.cause is Cause.COMPLETED
    assert time.monotonic() - began < 10
    assert nothing_is_left(context)


def test_a_death_by_signal_is_named(api: ApiDouble, context: RunnerContext, spec: SpecMaker) -> None:
    ended = run(spec("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"), context=context)
    assert ended.report.exit_code == 128 + signal.SIGSEGV
    assert "signal SIGSEGV" in (ended.report.error or "")


def make_bundle(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return content.getvalue()


def test_a_bundle_is_fetched_once(api: ApiDouble, context: RunnerContext, spec: SpecMaker) -> None:
    bundle = make_bundle({"src/train.py": b"import helper; print(helper.NAME)", "src/helper.py": b"NAME = 'bundled'"})
    sha256 = hashlib.sha256(bundle).hexdigest()
    api.blobs[sha256] = bundle
    for _ in range(2):
        ended = run(spec(bundle_sha256=sha256, entrypoint="src/train.py"), context=context)
        assert ended.report.cause is Cause.COMPLETED, api.output()
    assert api.paths().count(sha256) == 1
    assert api.output("stdout") == "bundled\n" * 2


def test_a_bundle_that_is_not_there_is_the_jobs_error(api: ApiDouble, context: RunnerContext, spec: SpecMaker) -> None:
    ended = run(spec(bundle_sha256="0" * 64, entrypoint="a.py"), context=context)
    assert ended.report.cause is Cause.USER_ERROR
    assert ended.report.exit_code is None
    assert "started" not in api.paths()


def test_cancelling_while_the_bundle_trickles_in(api: ApiDouble, context: RunnerContext, spec: SpecMaker) -> None:
    slow = Trickling(api)
    attempt = spec(bundle_sha256=slow.sha256, entrypoint="a.py")
    running = Running(attempt, context)
    assert slow.began.wait(20)
    asked = time.monotonic()
    assert order(context.home.running, attempt.attempt_id, Stop.CANCELLED)
    assert running.join().report.cause is Cause.CANCELLED
    assert time.monotonic() - asked < 1
    assert list(context.home.bundles.glob(".*.part")) == []


class Trickling:
    """A bundle of many gigabytes on a slow line."""

    sha256 = "f" * 64

    def __init__(self, api: ApiDouble) -> None:
        self.began = threading.Event()
        api.streams[self.sha256] = self._pieces()

    def _pieces(self) -> Iterator[bytes]:
        while True:
            yield b"piece"
            self.began.set()
            select.select([], [], [], 0.05)


def test_an_environment_that_cannot_be_had_is_unbilled_and_in_the_log(
    api: ApiDouble, context: RunnerContext, spec: SpecMaker
) -> None:
    class Refusing(BarePython):
        def prepare(self, requirements: Any, progress: Callable[[str], None], *, cancel: threading.Event) -> Any:
            progress("Looking for no-such-package")
            raise InvalidRequest(asked="Building", obstacle="no-such-package does not exist", remedy="Name another.")

    ended = run(spec("print(1)", requirements=["no-such-package"]), context=replace(context, environments=Refusing()))
    assert ended.report.cause is Cause.USER_ERROR
    assert ended.report.exit_code is None
    assert "Looking for no-such-package" in api.output("system")
    assert "no-such-package does not exist" in (ended.report.error or "")
    assert "started" not in api.paths()


def test_cancelling_while_the_environment_is_built(api: ApiDouble, context: RunnerContext, spec: SpecMaker) -> None:
    class Slow(BarePython):
        def prepare(self, requirements: Any, progress: Callable[[str], None], *, cancel: threading.Event) -> Any:
            progress("building")
            assert cancel.wait(20)
            raise Unavailable(asked="Building", obstacle="nobody wants it", remedy="Ask again.")

    attempt = spec("print(1)", requirements=["x"])
    running = Running(attempt, replace(context, environments=Slow()))
    api.wait_for("logs")
    assert order(context.home.running, attempt.attempt_id, Stop.CANCELLED)
    assert running.join().report.cause is Cause.CANCELLED


def test_answers_that_a_proxy_damages_are_asked_for_again(
    api: ApiDouble, context: RunnerContext, spec: SpecMaker
) -> None:
    api.damaged = 3
    ended = run(spec("print('done')"), context=context)
    assert ended.delivered is Delivered.ACCEPTED
    assert api.damaged == 0
    assert api.output("stdout") == "done\n"


def test_a_completion_that_is_refused_is_reported_bare(api: ApiDouble, context: RunnerContext, spec: SpecMaker) -> None:
    api.responder = lambda request: (
        refusal(422, "invalid_request", "the result is too deep")
        if request.path.endswith("/complete") and request.body.get("result")
        else None
    )
    ended = run(spec("import qubix; qubix.result([[1]])"), context=context)
    assert ended.delivered is Delivered.ACCEPTED
    last = api.bodies("/complete")[-1]
    assert last["cause"] == "USER_ERROR"
    assert "the result is too deep" in last["error"]


def test_the_same_attempt_never_runs_twice_at_once(api: ApiDouble, context: RunnerContext, spec: SpecMaker) -> None:
    attempt = spec("import time; time.sleep(60)")
    running = Running(attempt, context)
    api.wait_for("started")
    with pytest.raises(BlockingIOError):
        run(attempt, context=context)
    order(context.home.running, attempt.attempt_id, Stop.CANCELLED)
    running.join()
