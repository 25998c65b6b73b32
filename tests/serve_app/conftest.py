"""The real API in this process, over a real database; Ray is not the point of these tests."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from qubix import Client
from qubix.cli import plugins, session
from qubix.cli.command import run
from qubix.flows import Pace
from qubix_platform.database.engine import create_engine
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.users import service as users
from qubix_serve import late
from qubix_serve.app import create_app
from qubix_serve.settings import ServeSettings
from tests.conftest import run_blocking
from tests.platform.market_life import POLICY, SECRET, Market
from tests.serve_app.servers import serving_in_a_thread

Run = Callable[..., tuple[int, str, str]]


@dataclass
class Api:
    """The API, its database, and clients of it."""

    app: FastAPI
    market: Market
    database: Database

    def client(self, token: str | None = None) -> httpx.AsyncClient:
        """A client that shows this token."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # An error of ours is what the test is about: it must come as a response, as it would over the network.
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers)

    async def user(self, name: str, *, is_operator: bool = False, balance: int = 1_000_000) -> httpx.AsyncClient:
        """A client of a new user with QU to spend."""
        async with self.database.transaction() as session:
            user = await users.ensure(session, name, is_operator=is_operator)
            key = await users.create_api_key(session, user_id=user.id, name="test")
            if balance:
                await users.credit_play_money(session, user_id=user.id, amount=balance, key="first")
        return self.client(key.key)


@pytest.fixture(autouse=True)
def tests_own_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command sets up its process's log once and for all; here that process is the tests'."""
    monkeypatch.setattr(late, "ready_logs", lambda: None)


@pytest.fixture
def serve_settings(database_settings: DatabaseSettings, tmp_path: Path) -> ServeSettings:
    """Settings of a development platform without Ray."""
    return ServeSettings(
        database=database_settings,
        secret=SECRET,
        blob_url=f"file://{tmp_path}/blobs",
        mode="development",
        policy=POLICY,
        public_url="http://127.0.0.1:8000",
        ray=None,
    )


@pytest.fixture
async def api(serve_settings: ServeSettings) -> AsyncIterator[Api]:
    """The API, started."""
    app = create_app(serve_settings)
    async with app.router.lifespan_context(app):
        database = app.state.context.database
        yield Api(app=app, market=Market(database), database=database)


def soon() -> Pace:
    """Looks again at once."""
    return Pace(first=0.01, cap=0.05)


@pytest.fixture
def ada_key(serve_settings: ServeSettings) -> str:
    """The API key of ada, who has a million QU to spend."""

    async def make() -> str:
        database = Database(create_engine(serve_settings.database.app_url))
        try:
            async with database.transaction() as transaction:
                user = await users.ensure(transaction, "ada", is_operator=False)
                await users.credit_play_money(transaction, user_id=user.id, amount=1_000_000, key="first")
                return (await users.create_api_key(transaction, user_id=user.id, name="test")).key
        finally:
            await database.close()

    return run_blocking(make())


@pytest.fixture
def qubix(
    serve_settings: ServeSettings, ada_key: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Runs ada's command lines against the real API; gives exit code, stdout and stderr."""
    # Whatever the API logs would stand in the commands' output.
    with capture_logs(), serving_in_a_thread(serve_settings) as address:

        def open_client(*, patient: bool = False) -> Client:
            return Client(f"http://{address}", ada_key, pace=soon)

        def call(*arguments: str) -> tuple[int, str, str]:
            code = run(arguments)
            printed = capsys.readouterr()
            return code, printed.out, printed.err

        monkeypatch.setattr(session, "open_client", open_client)
        monkeypatch.setattr(plugins, "entry_points", lambda group: [])
        yield call
