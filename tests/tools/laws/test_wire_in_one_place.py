import pytest

from tests.tools.laws.judging import offending_lines
from tools.laws.wire_in_one_place import LAW


@pytest.mark.parametrize(
    "text",
    [
        "from pydantic import BaseModel\nclass Body(BaseModel): ...",
        "import pydantic\nclass Body(pydantic.BaseModel): ...",
        "from qubix.schemas.base import WireModel\nclass Body(WireModel): ...",
    ],
)
def test_catches_a_model_of_ones_own(text: str) -> None:
    assert offending_lines(LAW, "serve_app/qubix_serve/routers/jobs.py", text) == [2]
    assert offending_lines(LAW, "node_agent/qubix_agent/client.py", text) == [2]
    assert offending_lines(LAW, "sdk/qubix/schemas/jobs.py", text) == []


def test_passes_the_use_of_a_schema() -> None:
    text = "from qubix.schemas.jobs import Job\nclass Row:\n    job: Job"
    assert offending_lines(LAW, "serve_app/qubix_serve/routers/jobs.py", text) == []
