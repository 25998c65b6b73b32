"""A market in the database, and the connection that a scheduler reads it by."""

from collections.abc import AsyncIterator

import pytest

from qubix_platform.database.connection import Connection, connect
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from tests.platform.market_life import Market


@pytest.fixture
def market(database: Database) -> Market:
    """An empty market."""
    return Market(database)


@pytest.fixture
async def connection(database_settings: DatabaseSettings) -> AsyncIterator[Connection]:
    """A connection of the application's role."""
    opened = await connect(database_settings.app_url)
    yield opened
    await opened.close()
