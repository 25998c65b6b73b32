"""The command line against a platform in this process."""

from collections.abc import Callable

import pytest

from qubix import Client
from qubix.cli import plugins, session
from qubix.cli.command import run
from tests.sdk.conftest import AT_ONCE, no_pause
from tests.sdk.platform import KEY, URL, SyncASGI

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def qubix(wire: SyncASGI, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command line; gives exit code, stdout and stderr."""

    def open_client(*, patient: bool = False) -> Client:
        return Client(URL, KEY, transport=wire, retries=AT_ONCE, pace=no_pause)

    monkeypatch.setattr(session, "open_client", open_client)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [])

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call
