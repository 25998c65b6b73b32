"""All faults of the devnet at random: in the end ledger and chain agree to the QU."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from qubix_actors.chain.settings import ChainSettings
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from tests.actors.chain.bank import Bank
from tests.actors.chain.storm import Storm
from tests.devnet_fixture import DevnetProcess

TICK_MS = 30


@pytest.fixture
async def stormy_bank(database: Database, database_settings: DatabaseSettings, tmp_path: Path) -> AsyncIterator[Bank]:
    """A platform whose devnet runs in a process of its own, as it does beside a real one."""
    with DevnetProcess(tmp_path / "devnet", tick_ms=TICK_MS) as devnet:
        settings = ChainSettings(
            database=database_settings, url=devnet.url, key_file=tmp_path / "none", poll_ms=20, hot_limit=10**7
        )
        bank = Bank(database, devnet, settings)
        yield bank
        await bank.close()


async def test_a_short_storm(stormy_bank: Bank, record_property: Callable[[str, object], None]) -> None:
    outcome = await Storm(stormy_bank, seed=1, deposits=20, withdrawals=20).blow()
    record_property("chain", f"20 deposits of {outcome.deposited:,} QU, 20 withdrawals of {outcome.withdrawn:,} QU")


@pytest.mark.proof
@pytest.mark.timeout(1500)
async def test_the_whole_storm(stormy_bank: Bank, record_property: Callable[[str, object], None]) -> None:
    outcome = await Storm(stormy_bank, seed=2, deposits=500, withdrawals=500).blow()
    record_property(
        "chain",
        f"500 deposits of {outcome.deposited:,} QU and 500 withdrawals of {outcome.withdrawn:,} QU agree to the QU,"
        f" {outcome.restarts} restarts",
    )
