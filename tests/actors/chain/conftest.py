"""A real devnet, real books, and the chain's process between them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from qubix_actors.chain.settings import ChainSettings
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from tests.actors.chain.bank import Bank
from tests.devnet_fixture import DevnetProcess

TICK_MS = 40


@pytest.fixture
async def bank(database: Database, database_settings: DatabaseSettings, tmp_path: Path) -> AsyncIterator[Bank]:
    """A platform whose devnet runs in a process of its own, as it does beside a real one."""
    with DevnetProcess(tmp_path / "devnet", tick_ms=TICK_MS) as devnet:
        settings = ChainSettings(
            database=database_settings,
            url=devnet.url,
            key_file=tmp_path / "none",
            poll_ms=20,
            ticks_ahead=30,
            reconcile_ticks=20,
        )
        bank = Bank(database, devnet, settings)
        yield bank
        await bank.close()
