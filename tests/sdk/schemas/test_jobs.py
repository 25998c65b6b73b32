"""Jobs as they are asked for."""

import pytest
from pydantic import ValidationError

from qubix.schemas.jobs import JobCreate


def _asked(entrypoint: str) -> JobCreate:
    return JobCreate(max_price=1, time_limit_seconds=1, source="", entrypoint=entrypoint)


def test_an_entrypoint_may_be_written_as_shells_complete_it() -> None:
    assert _asked("./a//main.py").entrypoint == "a/main.py"


@pytest.mark.parametrize("entrypoint", ["", ".", "/main.py", "//main.py", "../main.py", "a/../main.py"])
def test_an_entrypoint_lies_inside_the_jobs_folder(entrypoint: str) -> None:
    with pytest.raises(ValidationError):
        _asked(entrypoint)
