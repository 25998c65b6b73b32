import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from qubix.schemas.hardware import ResourceUsage
from qubix_platform.database.engine import create_engine
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.metrics import service as metrics
from qubix_platform.metrics.samples import ProviderSample
from qubix_platform.metrics.writer import MetricsWriter

NOW = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
PROVIDER = uuid4()


def provider_sample(*, seconds: float = 0, cpu: float = 50) -> ProviderSample:
    usage = ResourceUsage(cpu_percent=cpu, ram_percent=5, ram_used_gb=1, ram_total_gb=2, timestamp=NOW)
    return ProviderSample.of(usage, provider_id=PROVIDER, at=NOW + timedelta(seconds=seconds))


async def count(database: Database, table: str) -> int:
    async with database.transaction() as session:
        return int((await session.execute(text(f"select count(*) from {table}"))).scalar_one())


async def test_samples_are_stored_within_the_interval(database: Database) -> None:
    async with MetricsWriter(database, interval=timedelta(milliseconds=20)) as writer:
        writer.add(provider_sample(seconds=1))
        writer.add(provider_sample())
        async with asyncio.timeout(5):
            while await count(database, "provider_metrics") < 2:
                pass
    async with database.transaction() as session:
        stored = await metrics.provider_samples(session, provider_id=PROVIDER, since=NOW)
        newest = await metrics.provider_samples(session, provider_id=PROVIDER, since=NOW, limit=1)
    assert [sample.timestamp for sample in stored] == [NOW, NOW + timedelta(seconds=1)]
    assert (stored[0].cpu_percent, stored[0].gpu_percent) == (50, None)
    assert newest == stored[1:]


async def test_the_days_partitions_are_made_at_the_start(database: Database) -> None:
    async with MetricsWriter(database, interval=timedelta(milliseconds=20)), asyncio.timeout(5):
        made = text("select to_regclass('provider_metrics_' || to_char(now() at time zone 'UTC', 'YYYYMMDD'))::text")
        name = None
        while name is None:
            async with database.transaction() as session:
                name = (await session.execute(made)).scalar_one()


async def test_what_waits_is_stored_at_the_end(database: Database) -> None:
    async with MetricsWriter(database, interval=timedelta(hours=1)) as writer:
        for second in range(500):
            writer.add(provider_sample(seconds=second))
    assert await count(database, "provider_metrics") == 500


@pytest.fixture
def away(database_settings: DatabaseSettings) -> Callable[[Database], None]:
    """Points a database to where nobody listens, and back."""

    def point(database: Database) -> None:
        url = database_settings.app_url.update_query_dict({"host": "/nonexistent"})
        database._sessions.configure(bind=create_engine(url))

    return point


async def test_samples_wait_while_the_database_is_away(
    database_settings: DatabaseSettings, away: Callable[[Database], None]
) -> None:
    database = Database(create_engine(database_settings.app_url), retry_for=timedelta(milliseconds=50))
    writer = MetricsWriter(database, capacity=3)
    writer.add(provider_sample())
    away(database)
    assert await writer.flush() == 0
    for second in range(1, 4):
        writer.add(provider_sample(seconds=second))
    assert await writer.flush() == 0

    reopened = Database(database.engine)
    writer._database = reopened
    assert await writer.flush() == 3
    async with reopened.transaction() as session:
        stored = await metrics.provider_samples(session, provider_id=PROVIDER, since=NOW)
    assert [int((sample.timestamp - NOW).total_seconds()) for sample in stored] == [1, 2, 3]
    await reopened.close()
