"""What cannot be mended now is tried again, and takes nothing else with it."""

import errno
from contextlib import AbstractContextManager, nullcontext
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from qubix.errors import QubixError, Unavailable
from qubix_serve.supervisor.accounts import new_join_token
from qubix_serve.supervisor.up import Platform
from qubix_serve.supervisor.watch import Watch


class Notes:
    """Keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def step(self, _name: str) -> AbstractContextManager[None]:
        return nullcontext()

    def note(self, text: str) -> None:
        self.said.append(text)

    def ready(self, facts: dict[str, Any]) -> None:
        raise AssertionError("a watch is not told that it is ready")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (ValueError("Expecting value"), "Expecting value"),
        (QubixError(asked="Starting", obstacle="the port is taken", remedy="Free it."), "the port is taken"),
    ],
)
def test_part_that_does_not_start_does_not_end_the_platform(fault: Exception, words: str) -> None:
    def start() -> None:
        raise fault

    notes = Notes()
    Watch(cast("Platform", SimpleNamespace(progress=notes)))._mend("PostgreSQL", start)

    assert notes.said[0] == "PostgreSQL is down, starting it again"
    assert words in notes.said[1]
    assert len(notes.said) == 2


def test_proxy_that_answers_in_the_apis_place_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = httpx.Response(503, text="The API is not up yet.")
    monkeypatch.setattr(httpx, "post", lambda *_, **__: answer)

    with pytest.raises(Unavailable, match="503"):
        new_join_token("http://127.0.0.1:8000", api_key="qbx_key_x")
