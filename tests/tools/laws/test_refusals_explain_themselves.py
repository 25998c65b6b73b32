import pytest

from tests.tools.laws.judging import offending_lines
from tools.laws.refusals_explain_themselves import LAW


@pytest.mark.parametrize(
    "text",
    [
        "raise HTTPException(404)",
        "raise fastapi.HTTPException(404)",
        "raise RuntimeError('no')",
        "raise NotImplementedError",
    ],
)
def test_catches_a_mute_refusal(text: str) -> None:
    assert offending_lines(LAW, "serve_app/qubix_serve/routers/jobs.py", text) == [1]


def test_passes_an_error_of_the_family_and_a_raise_again() -> None:
    text = """
        try:
            raise NotFound(asked="Reading job 1", obstacle="there is none", remedy="List the jobs")
        except KeyError:
            raise
    """
    assert offending_lines(LAW, "serve_app/qubix_serve/routers/jobs.py", text) == []
