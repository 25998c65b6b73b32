import pytest

from tests.tools.laws.judging import offending_lines
from tools.laws.notify_outside_transactions import LAW

OFFENDERS = [
    "run('select pg_notify($1, $2)')",
    "run('NOTIFY events')",
    "run('insert into t values (1); notify events')",
]


@pytest.mark.parametrize("text", OFFENDERS)
def test_catches_a_notify_of_ones_own(text: str) -> None:
    assert offending_lines(LAW, "platform/qubix_platform/jobs/repository.py", text) == [1]
    assert offending_lines(LAW, "platform/qubix_platform/database/migrations/versions/0002_x.py", text) == [1]


@pytest.mark.parametrize("text", OFFENDERS)
def test_allows_the_dispatcher(text: str) -> None:
    assert offending_lines(LAW, "platform/qubix_platform/events/dispatcher.py", text) == []


def test_passes_listeners_and_prose() -> None:
    text = "'''Never NOTIFY here.'''\nrun('listen events')\nprint('we notify you')"
    assert offending_lines(LAW, "platform/qubix_platform/events/listener.py", text) == []
