"""A market in a real database, a scheduler on it, and a played cluster."""

from collections.abc import AsyncIterator

import pytest

from qubix_actors.leader import Leader
from qubix_actors.settings import SchedulerSettings
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.events.dispatcher import Dispatcher
from qubix_platform.events.service import poke_after_commits
from tests.actors.cluster import PlayedCluster
from tests.actors.running import running_leader
from tests.actors.waiting import Waiting
from tests.platform.market_life import POLICY, SECRET, Market


@pytest.fixture
def scheduler_settings(database_settings: DatabaseSettings) -> SchedulerSettings:
    return SchedulerSettings(database=database_settings, secret=SECRET, market=POLICY)


@pytest.fixture
def cluster() -> PlayedCluster:
    return PlayedCluster()


@pytest.fixture
async def market(database: Database, database_settings: DatabaseSettings) -> AsyncIterator[Market]:
    """The market as the API writes to it: with a dispatcher that is poked after each commit."""
    dispatcher = Dispatcher(database_settings.app_url)
    await dispatcher.start()
    poke_after_commits(database, dispatcher.poke)
    yield Market(database)
    await dispatcher.stop()


@pytest.fixture
def waiting(database: Database) -> Waiting:
    return Waiting(database)


@pytest.fixture
async def leader(
    scheduler_settings: SchedulerSettings, cluster: PlayedCluster, market: Market
) -> AsyncIterator[Leader]:
    async with running_leader(scheduler_settings, cluster) as running:
        yield running
