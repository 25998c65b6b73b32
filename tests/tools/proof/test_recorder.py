import pytest

from tools.proof.record import Recorder

SAMPLE = """
import pytest

@pytest.fixture
def broken():
    raise ValueError

def test_shows(record_property):
    record_property("p50_ms", 60)

def test_fails():
    assert False

def test_cannot_start(broken):
    pass
"""


def test_keeps_each_outcome_once_and_what_was_shown(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    pytester.makepyfile(SAMPLE)
    recorder = Recorder()
    pytester.inline_run("-p", "no:xdist", plugins=[recorder])
    assert [(proof.name.split("::")[1], proof.outcome, proof.shown) for proof in recorder.proofs] == [
        ("test_shows", "passed", "p50_ms 60"),
        ("test_fails", "failed", ""),
        ("test_cannot_start", "failed", ""),
    ]


def test_keeps_outcomes_where_folders_have_settings_of_their_own(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    passes = "def test_passes(): pass"
    pytester.makepyfile(**{"one/conftest": "", "one/test_one": passes, "two/conftest": "", "two/test_two": passes})
    recorder = Recorder()
    pytester.inline_run("-p", "no:xdist", plugins=[recorder])
    assert [proof.outcome for proof in recorder.proofs] == ["passed", "passed"]
