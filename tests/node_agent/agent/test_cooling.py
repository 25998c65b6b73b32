"""A machine whose cards are too hot pauses, hands over what runs, and goes on when they are cool."""

from collections import deque
from pathlib import Path
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from qubix_agent.agent.cooling import COOL_C, HOT_C, HOT_FOR_S, Cooling, Heat
from qubix_agent.runner.presence import Presence
from qubix_agent.runner.stop import Stop

readings = st.lists(st.none() | st.floats(20, 110), max_size=40)


@given(readings=readings)
def test_it_is_hot_only_after_a_while_and_until_it_is_known_to_be_cool(readings: list[float | None]) -> None:
    heat = Heat()
    for now, celsius in enumerate(readings):
        before, heat = heat, heat.after(celsius, now=float(now))
        if heat.is_hot and not before.is_hot:
            burning = readings[max(0, now - int(HOT_FOR_S)) : now + 1]
            assert all(each is not None and each >= HOT_C for each in burning)
        if before.is_hot and not heat.is_hot:
            assert celsius is not None
            assert celsius <= COOL_C


def test_what_runs_is_handed_over_and_nothing_is_taken_until_it_is_cool(tmp_path: Path) -> None:
    running = tmp_path / "running"
    running.mkdir()
    said: list[str] = []
    temperatures = deque([70.0, *[95.0] * 6, 90.0, 75.0])
    cooling = Cooling(temperatures.popleft, running=running, say=lambda event, _: said.append(event))
    with Presence(running, attempt_id=uuid4(), job_id=uuid4()) as presence:
        for now in (0, 2, 4, 6, 8, 10):
            cooling.look(now=now)
        assert presence.control.read() is None, "it is not hot for long"
        cooling.look(now=12)
        cooling.look(now=12.5)  # too soon to look again
        assert presence.control.read() is Stop.OVERHEATED
    hot = [cooling.is_hot]
    for now in (14, 16):
        cooling.look(now=now)
        hot.append(cooling.is_hot)
    assert hot == [True, True, False]
    assert said == ["overheating", "cool"]
