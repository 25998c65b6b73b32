"""What a machine has that stands by, before it takes over: with a real sandbox against a real HTTP server."""

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from qubix.schemas.attempts import ReadyAnswer
from qubix.schemas.checkpoints import CheckpointFile, RestorableCheckpoint
from qubix.schemas.states import Cause
from qubix_agent.runner.context import RunnerContext
from tests.node_agent.api_double import Answer, ApiDouble, Received
from tests.node_agent.runner.conftest import BareEnvironment, BarePython, SpecMaker
from tests.node_agent.runner.test_run import Running, make_bundle

_SOURCE = b"import os; print(open(os.environ['QUBIX_CHECKPOINT'] + '/notes').read())"


class _Packages(BarePython):
    """An environment that takes note of what the platform had been asked when it was made."""

    def __init__(self, api: ApiDouble) -> None:
        self._api = api
        self.made_after: list[str] | None = None

    def prepare(
        self, requirements: Sequence[str], progress: Callable[[str], None], *, cancel: threading.Event
    ) -> BareEnvironment:
        assert requirements == ["numpy"]
        self.made_after = self._api.paths()
        return super().prepare(requirements, progress, cancel=cancel)


class _Primary:
    """The platform's word on the first machine: it saves twice, and is lost when the test says so."""

    def __init__(self, api: ApiDouble, saved: Sequence[RestorableCheckpoint]) -> None:
        self._api = api
        self._saved = saved
        self.successor: ReadyAnswer | None = None

    def answer(self, request: Received) -> Answer | None:
        if request.path.endswith("/resumed"):
            return 200, {"success": True, "timeLimitSeconds": 30}
        if not request.path.endswith("/ready"):
            return None
        if self.successor is not None:
            return 200, self.successor.wire()
        newest_first = self._saved[: 1 + (self._api.paths().count("ready") >= 2)][::-1]
        return 200, ReadyAnswer(success=True, checkpoints=list(newest_first)).wire()


def _stored(api: ApiDouble, content: bytes) -> str:
    sha256 = hashlib.sha256(content).hexdigest()
    api.blobs[sha256] = content
    return sha256


def _checkpoint(api: ApiDouble, content: bytes) -> RestorableCheckpoint:
    file = CheckpointFile(path="notes", size=len(content), parts=[_stored(api, content)])
    return RestorableCheckpoint(id=uuid4(), attempt=1, taken_at=datetime.now(UTC), files=[file])


def test_bundle_environment_and_newest_checkpoint_are_there_before_the_first_machine_is_lost(
    api: ApiDouble, context: RunnerContext, spec: SpecMaker
) -> None:
    bundle = _stored(api, make_bundle({"main.py": _SOURCE}))
    older, newest = (_checkpoint(api, content) for content in (b"older", b"newest"))
    waits = spec(bundle_sha256=bundle, entrypoint="main.py", requirements=["numpy"], waits=True)
    primary, packages = _Primary(api, [older, newest]), _Packages(api)
    api.responder = primary.answer

    running = Running(waits, replace(context, environments=packages))
    [part] = newest.files[0].parts
    api.wait_for(part)
    before = api.paths()
    goes_on = waits.model_copy(update={"waits": False, "number": 2, "checkpoints": [newest, older]})
    primary.successor = ReadyAnswer(success=True, go=True, spec=goes_on)
    assert running.join().report.cause is Cause.COMPLETED, api.output()

    assert packages.made_after == [bundle]
    assert before.index(bundle) < before.index("ready") < before.index(part)
    after = api.paths()[len(before) :]
    assert "resumed" in after
    assert not {bundle, *older.files[0].parts, part} & set(after), "something was fetched only at the takeover"
    assert api.output("stdout") == "newest\n"
