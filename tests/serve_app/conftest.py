"""The real API in this process, over a real database; Ray is not the point of these tests."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.users import service as users
from qubix_serve import late
from qubix_serve.app import create_app
from qubix_serve.settings import ServeSettings
from tests.platform.market_life import POLICY, SECRET, Market


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
