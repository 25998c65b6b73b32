"""Clients of a platform in this process, which wait for nothing."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from qubix import AsyncClient, Client
from qubix.flows import Pace
from qubix.retries import RetryPolicy
from tests.sdk.platform import KEY, URL, FakePlatform, SyncASGI

AT_ONCE = RetryPolicy(first_seconds=0)


def no_pause() -> Pace:
    return Pace(first=0, cap=0)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty configuration, and none of this machine's variables."""
    for name in ("QUBIX_URL", "QUBIX_API_KEY", "QUBIX_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


@pytest.fixture
def platform() -> FakePlatform:
    return FakePlatform()


@pytest.fixture
def wire(platform: FakePlatform) -> SyncASGI:
    return SyncASGI(platform.app)


@pytest.fixture
def client(wire: SyncASGI) -> Iterator[Client]:
    with Client(URL, KEY, transport=wire, retries=AT_ONCE, pace=no_pause) as client:
        yield client


@pytest.fixture
async def async_client(platform: FakePlatform) -> AsyncIterator[AsyncClient]:
    transport = httpx.ASGITransport(platform.app)
    async with AsyncClient(URL, KEY, transport=transport, retries=AT_ONCE, pace=no_pause) as client:
        yield client
