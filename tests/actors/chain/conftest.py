"""A real devnet, real books, and the chain's process between them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from qubix_actors.chain.settings import ChainSettings
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from tests.actors.chain.bank import Bank
from tests.devnet_fixture import LiveDevnet


@pytest.fixture
def chain_settings(database_settings: DatabaseSettings, devnet: LiveDevnet) -> ChainSettings:
    return ChainSettings(
        database=database_settings, url=devnet.url, key_file=Path("/nowhere"), poll_ms=15, reconcile_ticks=20
    )


@pytest.fixture
async def bank(database: Database, devnet: LiveDevnet, chain_settings: ChainSettings) -> AsyncIterator[Bank]:
    opened = Bank(database, devnet, chain_settings)
    yield opened
    await opened.close()
