from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from qubix_platform.database.session import Database
from qubix_platform.metrics import repository
from qubix_platform.metrics import service as metrics
from qubix_platform.metrics.service import DAYS_AHEAD, KEEP_DAYS
from tests.platform.metrics.test_writer import NOW as NOON
from tests.platform.metrics.test_writer import PROVIDER, provider_sample

TODAY = datetime.now(UTC)
KINDS = 2


async def partitions(database: Database) -> list[str]:
    """Names of the daily partitions."""
    async with database.transaction() as session:
        names = await session.execute(
            text("select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where c.relkind = 'r'")
        )
        return sorted(name for name in names.scalars() if not name.endswith("default"))


async def keep(database: Database, now: datetime) -> tuple[int, int]:
    async with database.transaction() as session:
        return await metrics.keep_partitions(session, now=now)


async def test_days_ahead_are_made_once_and_old_ones_dropped(database: Database) -> None:
    ahead = DAYS_AHEAD + 1
    start = TODAY - timedelta(days=20)
    assert await keep(database, start) == (ahead * KINDS, 0)
    assert await keep(database, start) == (0, 0)
    assert await keep(database, start + timedelta(days=1)) == (KINDS, 0)
    assert await keep(database, TODAY) == (ahead * KINDS, (ahead + 1) * KINDS)
    assert f"provider_metrics_{TODAY:%Y%m%d}" in await partitions(database)


async def test_the_days_that_are_kept_stay(database: Database) -> None:
    for ago in range(9, -1, -1):
        await keep(database, TODAY - timedelta(days=ago))
    kept = [name for name in await partitions(database) if name.startswith("provider_metrics")]
    first = TODAY - timedelta(days=KEEP_DAYS - 1)
    assert kept[0] == f"provider_metrics_{first:%Y%m%d}"
    assert len(kept) == KEEP_DAYS + DAYS_AHEAD


async def test_samples_that_came_before_their_partition_are_moved_into_it(database: Database) -> None:
    async with database.transaction() as session:
        await repository.copy(session, [provider_sample(seconds=second) for second in range(10)])
    await keep(database, NOON)
    async with database.transaction() as session:
        await repository.copy(session, [provider_sample(seconds=11)])
        found = await session.execute(
            text("select tableoid::regclass::text, count(*) from provider_metrics group by 1")
        )
        assert found.all() == [(f"provider_metrics_{NOON:%Y%m%d}", 11)]
        assert len(await metrics.provider_samples(session, provider_id=PROVIDER, since=NOON)) == 11


async def test_old_samples_of_the_default_partition_go_too(database: Database) -> None:
    async with database.transaction() as session:
        await repository.copy(session, [provider_sample(seconds=-86_400 * 10)])
    await keep(database, TODAY)
    async with database.transaction() as session:
        assert await metrics.provider_samples(session, provider_id=PROVIDER, since=NOON - timedelta(days=30)) == []


@pytest.mark.parametrize(
    "call", ["metrics_drop_partitions(current_date, 0)", "metrics_drop_partitions('2099-01-01', 7)"]
)
async def test_the_application_cannot_drop_todays_metrics(database: Database, call: str) -> None:
    async with database.transaction() as session:
        with pytest.raises(DBAPIError, match="never dropped"):
            await session.execute(text(f"select {call}"))


async def test_the_application_cannot_change_the_tables_itself(database: Database) -> None:
    async with database.transaction() as session:
        with pytest.raises(DBAPIError, match="must be owner"):
            await session.execute(text("drop table provider_metrics"))
