"""Items of a group, from the platform through the runner into a real sandbox and back."""

import json
import socket
import threading
from pathlib import Path
from typing import Any

from qubix.schemas.groups import ItemAnswer, ItemExchange, TakenItem
from qubix.schemas.states import Cause
from qubix_agent.runner.context import RunnerContext
from qubix_agent.runner.items import ItemDesk
from qubix_agent.runner.run import run
from tests.node_agent.api_double import Answer, ApiDouble, Received
from tests.node_agent.runner.conftest import SpecMaker

WORKER = """
import qubix
for item in qubix.items():
    if item.data == "bad":
        item.fail("it is bad")
    else:
        item.done({"twice": item.data * 2})
try:
    item.done()
except ValueError as error:
    print(error)
"""


class Queue:
    """What the platform would answer. Every other time there is nothing for a moment."""

    def __init__(self, *data: Any) -> None:
        self.left = [{"id": number, "name": str(number), "data": one, "tries": 0} for number, one in enumerate(data)]
        self.ended: list[Any] = []
        self.asked = 0

    def answer(self, request: Received) -> Answer | None:
        if not request.path.endswith("/items"):
            return None
        if request.body.get("end"):
            self.ended.append(request.body["end"])
            self.left.pop(0)
        if not request.body.get("wants", True):
            return 200, {"success": True}
        self.asked += 1
        if self.asked % 2:
            return 200, {"success": True}
        return 200, {"success": True, "item": self.left[0]} if self.left else {"success": True, "leave": True}


def test_a_worker_takes_items_and_ends_when_it_is_to_leave(
    api: ApiDouble, context: RunnerContext, spec: SpecMaker
) -> None:
    queue = Queue(1, "bad", 3)
    api.responder = queue.answer
    ended = run(spec(WORKER, takes_items=True), context=context)
    assert ended.report.cause is Cause.COMPLETED, ended.report.error
    assert queue.ended == [
        {"id": 0, "result": {"twice": 2}},
        {"id": 1, "error": "it is bad"},
        {"id": 2, "result": {"twice": 6}},
    ]
    assert "item '2' has ended already" in api.output("stdout")
    assert not list(context.home.work.iterdir())


def test_a_worker_that_leaves_an_item_open_is_told_so(api: ApiDouble, context: RunnerContext, spec: SpecMaker) -> None:
    api.responder = Queue(1, 2).answer
    ended = run(spec("import qubix\nfor item in qubix.items(): pass", takes_items=True), context=context)
    assert ended.report.cause is Cause.USER_ERROR
    assert "call its done() or fail() before taking the next" in (ended.report.error or "")


def test_a_job_that_is_no_worker_has_no_items(context: RunnerContext, spec: SpecMaker) -> None:
    ended = run(spec("import qubix; qubix.result(qubix.take() is None)"), context=context)
    assert ended.report.result is True


def ask(path: Path, line: bytes) -> Any:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(path))
        connection.sendall(line)
        return json.loads(connection.makefile("rb").readline())


def test_nonsense_is_refused_and_harms_nobody(tmp_path: Path) -> None:
    def exchange(request: ItemExchange, ended: threading.Event) -> ItemAnswer:
        return ItemAnswer(success=True, item=TakenItem(id=1, name="a", data=None, tries=0))

    path = tmp_path / "items"
    with ItemDesk(path, exchange).serving():
        assert "no request for items" in ask(path, b"[]\n")["refused"]
        assert "no request for items" in ask(path, b'{"end": {"id": "x"}}\n')["refused"]
        assert ask(path, b'{"wants": true}\n')["item"]["name"] == "a"


def test_who_waits_for_an_item_and_goes_is_not_given_one(tmp_path: Path) -> None:
    asked, goes_on = threading.Event(), threading.Event()

    def exchange(request: ItemExchange, ended: threading.Event) -> ItemAnswer:
        asked.set()
        return ItemAnswer(success=True, leave=goes_on.is_set())

    path = tmp_path / "items"
    with ItemDesk(path, exchange).serving():
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(str(path))
            connection.sendall(b'{"wants": true}\n')
            assert asked.wait(5)
        goes_on.set()
        assert ask(path, b'{"wants": true}\n') == {"item": None}  # its turn comes as soon as the other is gone
