"""An attempt that waits: it asks, fetches what it will go on from, and begins or stops as it is told."""

import threading
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from qubix.errors import LeaseLost
from qubix.schemas.attempts import AttemptSpec, ReadyAnswer
from qubix.schemas.checkpoints import RestorableCheckpoint
from qubix.schemas.states import ModelType
from qubix_agent.runner.readiness import Unwanted, await_go
from qubix_agent.runner.stop import Stop

SPEC = AttemptSpec(
    job_id=uuid4(),
    attempt_id=uuid4(),
    attempt_token="qbx_att_test",
    number=1,
    model_type=ModelType.SCRIPT,
    source="print()",
    time_limit_seconds=60,
    cpu_cores=1,
    memory_mib=256,
    disk_mib=256,
    waits=True,
    lease_seconds=15,
)
CHECKPOINT = RestorableCheckpoint(id=uuid4(), attempt=1, taken_at=datetime(2026, 11, 22, tzinfo=UTC), files=[])


class Platform:
    """Answers in order, and remembers what was ordered and fetched."""

    def __init__(self, *answers: ReadyAnswer | Exception) -> None:
        self.answers = list(answers)
        self.orders: list[Stop] = []
        self.staged: list[list[RestorableCheckpoint]] = []
        self.unwanted = threading.Event()

    def wait(self) -> AttemptSpec:
        return await_go(
            SPEC,
            send=self._send,
            stage_next=self._stage,
            order=self.orders.append,
            say=lambda _: None,
            unwanted=self.unwanted,
        )

    def _send(self, _: object) -> ReadyAnswer:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _stage(self, found: list[RestorableCheckpoint]) -> bool:
        self.staged.append(found)
        return True


def test_it_fetches_the_newest_checkpoint_until_it_may_begin() -> None:
    again = SPEC.model_copy(update={"number": 2, "waits": False})
    platform = Platform(
        ReadyAnswer(success=True, checkpoints=[CHECKPOINT]),
        ReadyAnswer(success=True),
        ReadyAnswer(success=True, go=True, spec=again),
    )
    assert platform.wait() == again
    assert platform.staged == [[CHECKPOINT], []]


def test_it_stops_when_its_lease_is_gone_or_its_job_cancelled() -> None:
    fenced = Platform(LeaseLost(asked="Asking", obstacle="it is CANCELLED", remedy="Stop."))
    with pytest.raises(Unwanted):
        fenced.wait()
    assert fenced.orders == [Stop.LEASE_LOST]
    cancelled = Platform(ReadyAnswer(success=True, cancel=True))
    with pytest.raises(Unwanted):
        cancelled.wait()
    assert cancelled.orders == [Stop.CANCELLED]


def test_an_order_ends_the_waiting_at_once() -> None:
    platform = Platform()
    platform.unwanted.set()
    with pytest.raises(Unwanted):
        platform.wait()
