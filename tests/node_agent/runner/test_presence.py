import fcntl
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from qubix_agent.runner.presence import (
    Control,
    Presence,
    RunningAttempt,
    control_path,
    order,
    remove_stale,
    running_attempts,
)
from qubix_agent.runner.stop import Stop

ATTEMPT, JOB = uuid4(), uuid4()


def test_an_attempt_is_seen_while_its_runner_lives(tmp_path: Path) -> None:
    with Presence(tmp_path, attempt_id=ATTEMPT, job_id=JOB):
        assert running_attempts(tmp_path) == [RunningAttempt(ATTEMPT, JOB)]
        with pytest.raises(BlockingIOError):
            Presence(tmp_path, attempt_id=ATTEMPT, job_id=JOB)
    assert running_attempts(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_orders_reach_the_runner(tmp_path: Path) -> None:
    with Presence(tmp_path, attempt_id=ATTEMPT, job_id=JOB) as presence:
        assert presence.control.read() is None
        assert order(tmp_path, ATTEMPT, Stop.CANCELLED)
        assert presence.control.read() is Stop.CANCELLED
        assert order(tmp_path, ATTEMPT, Stop.LEASE_LOST)
        assert presence.control.read() is Stop.LEASE_LOST
    assert not order(tmp_path, ATTEMPT, Stop.CANCELLED)


def test_an_order_that_comes_before_the_runner_waits_for_it(tmp_path: Path) -> None:
    launcher = Control(control_path(tmp_path, ATTEMPT))
    assert order(tmp_path, ATTEMPT, Stop.CANCELLED)
    with Presence(tmp_path, attempt_id=ATTEMPT, job_id=JOB) as presence:
        assert presence.control.read() is Stop.CANCELLED
    launcher.close()
    launcher.order(Stop.CANCELLED)


def test_what_dead_runners_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / f"{ATTEMPT}.json").write_text(json.dumps({"attempt": str(ATTEMPT), "job": str(JOB)}))
    os.mkfifo(control_path(tmp_path, ATTEMPT))
    with Presence(tmp_path, attempt_id=uuid4(), job_id=JOB):
        assert remove_stale(tmp_path) == 2
        assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("look", [running_attempts, remove_stale])
def test_a_look_at_any_moment_of_its_making_does_not_hide_an_attempt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, look: Callable[[Path], object]
) -> None:
    lock, looks = fcntl.flock, list[int]()

    def look_before(descriptor: int, kind: int) -> None:
        if not looks:
            looks.append(kind)
            look(tmp_path)
        lock(descriptor, kind)

    monkeypatch.setattr(fcntl, "flock", look_before)
    with Presence(tmp_path, attempt_id=ATTEMPT, job_id=JOB):
        assert looks
        assert running_attempts(tmp_path) == [RunningAttempt(ATTEMPT, JOB)]
    assert list(tmp_path.iterdir()) == []


def test_an_attempt_can_be_started_while_others_look(tmp_path: Path) -> None:
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            remove_stale(tmp_path)

    lookers = [threading.Thread(target=look) for _ in range(3)]
    for looker in lookers:
        looker.start()
    try:
        for _ in range(100):
            (tmp_path / f"{ATTEMPT}.json").write_text("left by a dead runner")
            with Presence(tmp_path, attempt_id=ATTEMPT, job_id=JOB):
                assert running_attempts(tmp_path) == [RunningAttempt(ATTEMPT, JOB)]
    finally:
        done.set()
        for looker in lookers:
            looker.join()
