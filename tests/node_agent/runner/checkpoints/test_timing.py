"""When checkpoints are taken."""

from hypothesis import given
from hypothesis import strategies as st

from qubix_agent.runner.checkpoints.timing import CheckpointTiming, Prompts

TIMING = CheckpointTiming()


def test_with_nothing_to_prompt_one_it_is_taken_every_five_minutes() -> None:
    assert Prompts(tried_at=100).due(TIMING) == 400


def test_a_change_waits_for_others_but_not_for_ever() -> None:
    prompts = Prompts(tried_at=0)
    prompts.change(50)
    assert prompts.due(TIMING) == 50.5
    for tenths in range(501, 700):
        prompts.change(tenths / 10)
    assert prompts.due(TIMING) == 52


def test_changes_make_no_more_than_one_every_ten_seconds() -> None:
    prompts = Prompts(tried_at=100)
    prompts.change(101)
    assert prompts.due(TIMING) == 110
    prompts.tried(110)
    assert prompts.due(TIMING) == 410


def test_one_that_is_asked_for_comes_sooner_and_a_failed_one_again() -> None:
    prompts = Prompts(tried_at=100)
    prompts.change(101)
    prompts.is_asked_for = True
    assert prompts.due(TIMING) == 102
    prompts.tried(102)
    prompts.again_at = 104
    assert prompts.due(TIMING) == 104
    assert TIMING.pause_after(0.1) == 2
    assert TIMING.pause_after(20) == 80


@given(changes=st.lists(st.floats(0, 3600), max_size=50), asked=st.booleans())
def test_it_is_never_taken_sooner_than_two_seconds_after_another_nor_later_than_five_minutes(
    changes: list[float], asked: bool
) -> None:
    prompts = Prompts(tried_at=0, is_asked_for=asked)
    for change in sorted(changes):
        prompts.change(change)
    assert TIMING.hurry <= prompts.due(TIMING) <= TIMING.every
