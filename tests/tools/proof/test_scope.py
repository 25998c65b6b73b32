import pytest

from tools.proof.record import Recorder
from tools.proof.scope import Scope

SAMPLE = """
import pytest

@pytest.mark.chaos
def test_strike(): pass

@pytest.mark.proof
def test_long(): pass

def test_short(): pass
"""
INI = """
[pytest]
asyncio_default_fixture_loop_scope = function
markers =
    chaos
    proof
"""


def test_repeats_strikes_and_properties_and_leaves_out_what_make_test_covers(pytester: pytest.Pytester) -> None:
    pytester.makeini(INI)
    pytester.makepyfile(SAMPLE)
    pytester.mkpydir("properties").joinpath("test_money.py").write_text("def test_property_04(): pass")
    recorder = Recorder()
    pytester.inline_run("-p", "no:xdist", plugins=[recorder, Scope(rounds=2)])
    assert sorted(proof.name.split("::")[1] for proof in recorder.proofs) == [
        "test_long",
        "test_property_04[1]",
        "test_property_04[2]",
        "test_strike[1]",
        "test_strike[2]",
    ]
