"""A dispatcher and a listener on the test's database."""

from collections.abc import AsyncIterator

import pytest

from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.events.dispatcher import Dispatcher
from qubix_platform.events.listener import EventListener
from qubix_platform.events.service import poke_after_commits
from tests.platform.events.inbox import Inbox


@pytest.fixture
async def dispatcher(database: Database, database_settings: DatabaseSettings) -> AsyncIterator[Dispatcher]:
    running = Dispatcher(database_settings.app_url)
    await running.start()
    poke_after_commits(database, running.poke)
    yield running
    await running.stop()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def listener(database_settings: DatabaseSettings, inbox: Inbox) -> AsyncIterator[EventListener]:
    running = EventListener(database_settings.app_url, on_events=inbox)
    await running.start()
    yield running
    await running.stop()
