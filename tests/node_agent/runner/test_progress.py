import pytest
from hypothesis import given
from hypothesis import strategies as st

from qubix_agent.runner.progress import ProgressWatch, parse_progress


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("0.4", 40),
        ("1", 100),
        ("0", 0),
        ("40%", 40),
        (" 12.5 % \n", 12.5),
        ("0.25\nleft over", 25),
        ("", None),
        ("40", None),
        ("-0.1", None),
        ("101%", None),
        ("nan", None),
        ("inf", None),
        ("half", None),
    ],
)
def test_what_the_file_may_say(text: str, percent: float | None) -> None:
    assert parse_progress(text) == percent


@given(st.lists(st.one_of(st.floats(0, 1).map(str), st.text(max_size=8))))
def test_only_rises_are_told_and_none_leaves_the_scale(texts: list[str]) -> None:
    told = []
    watch = ProgressWatch(lambda: texts[0])
    while texts:
        if (percent := watch.look()) is not None:
            told.append(percent)
        texts.pop(0)
    assert told == sorted(set(told))
    assert all(0 <= percent <= 100 for percent in told)


def test_a_progress_file_that_went_away_says_nothing() -> None:
    def gone() -> str:
        raise OSError("replaced by a link")

    assert ProgressWatch(gone).look() is None
