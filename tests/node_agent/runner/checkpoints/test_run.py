"""The runner takes, stores and restores checkpoints of a real sandbox, against a real HTTP server."""

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from qubix.schemas.attempts import AttemptSpec
from qubix.schemas.checkpoints import CheckpointFile, RestorableCheckpoint
from qubix.schemas.states import Cause
from qubix_agent.runner.checkpoints.timing import CheckpointTiming
from qubix_agent.runner.context import RunnerContext
from qubix_agent.runner.presence import order
from qubix_agent.runner.run import Ended, run
from qubix_agent.runner.stop import Stop
from tests.node_agent.api_double import Answer, ApiDouble, Received, refusal
from tests.node_agent.runner.conftest import SpecMaker

TIMING = CheckpointTiming(every=60, settle=0.1, apart=0.3, hurry=0.1, rest=0.2, look=0.05)
COUNTING = """
import time, qubix
state = qubix.resume({"count": 0})
print("from", state["count"], flush=True)
while True:
    state["count"] += 1
    qubix.checkpoint(state)
    print("count", state["count"], flush=True)
    time.sleep(0.1)
"""


@pytest.fixture
def context(context: RunnerContext) -> RunnerContext:
    return replace(context, checkpoints=TIMING)


class Running:
    """A runner in a thread of its own."""

    def __init__(self, spec: AttemptSpec, context: RunnerContext) -> None:
        self._ended: list[Ended] = []
        self._folder, self._id = context.home.running, spec.attempt_id
        self._thread = threading.Thread(target=lambda: self._ended.append(run(spec, context=context)))
        self._thread.start()

    def stop(self, stop: Stop) -> Ended:
        assert order(self._folder, self._id, stop)
        return self.join()

    def join(self) -> Ended:
        self._thread.join(20)
        assert self._ended, "the runner did not end"
        return self._ended[0]


def saved(api: ApiDouble, number: int = -1) -> dict[str, bytes]:
    """The files of a checkpoint that was reported, put together."""
    files = api.bodies("/checkpoints")[number]["files"]
    return {file["path"]: b"".join(api.blobs[part] for part in file.get("parts", [])) for file in files}


def state(api: ApiDouble, number: int = -1) -> Any:
    return json.loads(saved(api, number)["state.ckpt"].partition(b"\n")[2])


def await_state(api: ApiDouble, expected: Any) -> None:
    def is_saved() -> bool:
        return bool(api.bodies("/checkpoints")) and "state.ckpt" in saved(api) and state(api) == expected

    with api.changed:
        assert api.changed.wait_for(is_saved, 20)


def stored(api: ApiDouble, content: bytes) -> str:
    sha256 = hashlib.sha256(content).hexdigest()
    api.blobs[sha256] = content
    return sha256


def restorable(path: str, parts: list[str], size: int, *, attempt: int = 1) -> RestorableCheckpoint:
    return RestorableCheckpoint(
        id=uuid4(),
        attempt=attempt,
        taken_at=datetime.now(UTC),
        files=[CheckpointFile(path=path, size=size, parts=parts)],
    )


def answering(suffix: str, answer: Answer) -> Callable[[Received], Answer | None]:
    return lambda request: answer if request.path.endswith(suffix) else None


def resumed_from(api: ApiDouble) -> list[UUID]:
    return [UUID(r.path.split("/")[-2]) for r in api.received if r.path.endswith("/resumed")]


def test_what_the_job_saves_is_stored_within_a_second_and_each_content_once(
    api: ApiDouble, context: RunnerContext, spec: SpecMaker
) -> None:
    source = """
import os, pathlib, time, qubix
inner = pathlib.Path(os.environ["QUBIX_CHECKPOINT"]) / "inner"
time.sleep(0.3)
inner.mkdir()
(inner / "data.bin").write_bytes(b"never changes")
for step in (1, 2):
    time.sleep(0.3)
    qubix.checkpoint({"step": step})
    while not pathlib.Path(f"go{step}").exists(): time.sleep(0.02)
"""
    running = Running(spec(source), context)
    for step in (1, 2):
        await_state(api, {"step": step})
        assert saved(api)["inner/data.bin"] == b"never changes"
        [workspace] = context.home.work.iterdir()
        (workspace / "job" / f"go{step}").touch()
    assert running.join().report.cause is Cause.COMPLETED
    bodies = api.bodies("/checkpoints")
    assert [body["number"] for body in bodies] == list(range(1, len(bodies) + 1))
    assert all(body["ageSeconds"] < 5 for body in bodies)
    sent = [request.path for request in api.received if request.method == "PUT"]
    assert len(sent) == len(set(sent)) == 3
    assert list(context.home.work.iterdir()) == []


@pytest.mark.parametrize(
    ("stop", "cause"), [(Stop.HANDED_OVER, Cause.PROVIDER_LOST), (Stop.OVERHEATED, Cause.OVERHEATED)]
)
def test_a_machine_that_leaves_stores_the_last_state_before_it_says_so(
    api: ApiDouble, context: RunnerContext, spec: SpecMaker, stop: Stop, cause: Cause
) -> None:
    source = """
import signal, sys, time, qubix
def leave(*_):
    qubix.checkpoint("saved at the end")
    sys.exit(1)
signal.signal(signal.SIGTERM, leave)
print("ready", flush=True)
time.sleep(60)
"""
    running = Running(spec(source), context)
    api.wait_for("logs")
    assert running.stop(stop).report.cause is cause
    assert ("overheats" in api.output("system")) == (stop is Stop.OVERHEATED)
    assert state(api) == "saved at the end"
    reports = api.paths()
    assert reports.index("checkpoints") < reports.index("complete")


def test_a_lease_that_is_lost_while_an_overheated_job_still_stops_is_obeyed(
    api: ApiDouble, context: RunnerContext, spec: SpecMaker
) -> None:
    source = """
import signal, time
signal.signal(signal.SIGTERM, lambda *_: print("stays", flush=True))
print("ready", flush=True)
while True:
    time.sleep(60)
"""
    attempt = spec(source)
    running = Running(attempt, context)
    api.wait_for("logs")
    assert order(context.home.running, attempt.attempt_id, Stop.OVERHEATED)
    with api.changed:
        assert api.changed.wait_for(lambda: "overheats" in api.output("system"), 20)
    running.stop(Stop.LEASE_LOST)
    assert api.bodies("/complete") == []


@pytest.mark.parametrize("stop", [Stop.CANCELLED, Stop.LEASE_LOST])
def test_whoever_goes_on_nowhere_stores_nothing_at_the_end(
    api: ApiDouble, context: RunnerContext, spec: SpecMaker, stop: Stop
) -> None:
    slow = replace(context, checkpoints=CheckpointTiming())
    running = Running(spec(COUNTING), slow)
    api.wait_for("logs")
    running.stop(stop)
    assert api.bodies("/checkpoints") == []


def test_a_job_counts_on_from_where_it_was_stopped(api: ApiDouble, context: RunnerContext, spec: SpecMaker) -> None:
    first = Running(spec(COUNTING), context)
    api.wait_for("checkpoints", count=2)
    first.stop(Stop.HANDED_OVER)
    count = state(api)["count"]
    assert count >= 2

    files = [CheckpointFile.model_validate(file) for file in api.bodies("/checkpoints")[-1]["files"]]
    checkpoint = RestorableCheckpoint(id=uuid4(), attempt=1, taken_at=datetime.now(UTC), files=files)
    api.responder = answering("/resumed", (200, {"success": True, "timeLimitSeconds": 25}))
    api.received.clear()
    second = Running(spec(COUNTING, number=2, checkpoints=[checkpoint]), context)
    api.wait_for("checkpoints")
    second.stop(Stop.CANCELLED)
    assert api.output("stdout").startswith(f"from {count}\ncount {count + 1}\n")
    assert "Going on from the checkpoint of attempt 1" in api.output("system")
    assert resumed_from(api) == [checkpoint.id]
    paths = api.paths()
    assert paths.index("resumed") < paths.index("started")


def test_the_time_that_an_earlier_attempt_is_paid_for_counts(
    api: ApiDouble, context: RunnerContext, spec: SpecMaker
) -> None:
    checkpoint = restorable("any", [stored(api, b"any")], 3)
    api.responder = answering("/resumed", (200, {"success": True, "timeLimitSeconds": 1}))
    ended = run(spec("import time; time.sleep(20)", number=2, checkpoints=[checkpoint]), context=context)
    assert ended.report.cause is Cause.TIMEOUT
    assert ended.report.error == "The time limit of 1 s was reached."


def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    api: ApiDouble, context: RunnerContext, spec: SpecMaker
) -> None:
    damaged, gone = stored(api, b"damaged"), "0" * 64
    api.blobs[damaged] = b"DAMAGED"
    older = restorable("notes", [stored(api, b"older")], 5)
    checkpoints = [restorable("notes", [gone], 5, attempt=2), restorable("notes", [damaged], 7), older]
    api.responder = answering("/resumed", (200, {"success": True, "timeLimitSeconds": 30}))
    source = "import os; print(open(os.environ['QUBIX_CHECKPOINT'] + '/notes').read())"
    ended = run(spec(source, number=3, checkpoints=checkpoints), context=context)
    assert ended.report.cause is Cause.COMPLETED
    assert api.output("stdout") == "older\n"
    assert "a part of it is gone" in api.output("system")
    assert "a part of it is damaged" in api.output("system")
    assert resumed_from(api) == [older.id]


def test_a_checkpoint_that_the_platform_refuses_is_said_once_and_the_job_goes_on(
    api: ApiDouble, context: RunnerContext, spec: SpecMaker
) -> None:
    api.responder = answering("/checkpoints", refusal(413, "checkpoint_too_large", "its files take 20 GiB"))
    running = Running(spec(COUNTING), context)
    api.wait_for("checkpoints", count=3)
    assert running.stop(Stop.CANCELLED).report.cause is Cause.CANCELLED
    assert api.output("system").count("no checkpoint was taken") == 1
    assert "its files take 20 GiB" in api.output("system")


def test_one_is_taken_when_the_platform_asks(api: ApiDouble, context: RunnerContext, spec: SpecMaker) -> None:
    source = """
import os, pathlib, time
(pathlib.Path(os.environ["QUBIX_CHECKPOINT"]) / "inner").mkdir()
time.sleep(1.5)
(pathlib.Path(os.environ["QUBIX_CHECKPOINT"]) / "inner" / "weights").write_text("trained")
print("saved", flush=True)
time.sleep(60)
"""
    asked = {"success": True, "cancel": False, "checkpoint": True, "leaseSeconds": 15}
    running = Running(spec(source), context)
    api.wait_for("logs")
    assert api.bodies("/checkpoints") == [], "nothing in the folder itself changed, and five minutes are not over"
    api.responder = answering("/metrics", (200, asked))
    api.wait_for("checkpoints")
    running.stop(Stop.CANCELLED)
    assert saved(api) == {"inner/weights": b"trained"}


def test_a_file_that_never_rests_is_said_to_be_why_there_is_none(
    api: ApiDouble, context: RunnerContext, spec: SpecMaker
) -> None:
    source = """
import os, time
with open(os.environ["QUBIX_CHECKPOINT"] + "/log", "w") as log:
    while True:
        log.write("line\\n"); log.flush(); time.sleep(0.02)
"""
    impatient = replace(context, checkpoints=replace(TIMING, tries=3))
    running = Running(spec(source), impatient)
    with api.changed:
        assert api.changed.wait_for(lambda: "change all the time" in api.output("system"), 20)
    running.stop(Stop.CANCELLED)
    assert api.bodies("/checkpoints") == []


def test_no_checkpoint_waits_for_a_snapshot_that_uploads(
    api: ApiDouble, context: RunnerContext, spec: SpecMaker
) -> None:
    source = """
import signal, sys, time, qubix
def leave(*_):
    qubix.checkpoint("saved at the end")
    sys.exit(1)
signal.signal(signal.SIGTERM, leave)
open("large", "w").write("a snapshot alone holds this")
print("ready", flush=True)
time.sleep(0.5)
qubix.checkpoint("saved meanwhile")
time.sleep(60)
"""
    large = hashlib.sha256(b"a snapshot alone holds this").hexdigest()
    asked = {"success": True, "cancel": False, "snapshot": True, "leaseSeconds": 15}
    uploading, arrived = threading.Event(), threading.Event()

    def respond(request: Received) -> Answer | None:
        if request.method == "PUT" and request.path.endswith(large):
            uploading.set()
            arrived.wait(20)
        return (200, asked) if request.path.endswith("/logs") else None

    api.responder = respond
    running = Running(spec(source), context)
    try:
        assert uploading.wait(20)
        await_state(api, "saved meanwhile")
        assert running.stop(Stop.HANDED_OVER).report.cause is Cause.PROVIDER_LOST
        assert state(api) == "saved at the end"
        assert large not in api.blobs
    finally:
        arrived.set()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (refusal(400, "snapshot_refused", "nobody has asked"), 0),
        (refusal(400, "no_room_for_snapshot", "it is full"), 1),
    ],
)
def test_a_snapshot_that_cannot_be_had_is_said_once_however_often_it_is_asked_for(
    api: ApiDouble, context: RunnerContext, spec: SpecMaker, answer: Answer, told: int
) -> None:
    asked = {"success": True, "cancel": False, "snapshot": True, "leaseSeconds": 15}

    def respond(request: Received) -> Answer | None:
        if request.path.endswith("/checkpoints"):
            return answer
        return (200, asked) if request.path.endswith("/metrics") else None

    api.responder = respond
    often = replace(context, checkpoints=replace(TIMING, every=0.1, leave=0))
    running = Running(spec("import time; time.sleep(60)"), often)
    api.wait_for("checkpoints", count=3)
    running.stop(Stop.CANCELLED)
    assert api.output("system").count("no snapshot was taken") == told
    failures = api.bodies("/snapshot/failed")
    assert ["it is full" in failure["why"] for failure in failures] == [True] * len(failures)
    assert bool(failures) == bool(told)
    assert all(body["snapshot"] for body in api.bodies("/checkpoints"))
