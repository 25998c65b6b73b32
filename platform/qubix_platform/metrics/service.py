"""Reading metrics, and keeping their storage in shape."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.hardware import ProviderMetric
from qubix_platform.metrics import repository
from qubix_platform.metrics.samples import ProviderSample

KEEP_DAYS: Final = 7
DAYS_AHEAD: Final = 2


async def store_now(session: AsyncSession, sample: ProviderSample) -> None:
    """Store one sample in the caller's transaction. Everything that may wait a second goes to the `MetricsWriter`."""
    await repository.copy(session, [sample])


async def provider_samples(
    session: AsyncSession, *, provider_id: UUID, since: datetime, limit: int = 1000
) -> list[ProviderMetric]:
    """A machine's samples from `since` on, the newest `limit` of them, in order of time."""
    rows = await repository.of_provider(session, provider_id=provider_id, since=since, limit=limit)
    return [ProviderMetric.model_validate(dict(row._mapping)) for row in reversed(rows)]


async def keep_partitions(session: AsyncSession, *, now: datetime, keep_days: int = KEEP_DAYS) -> tuple[int, int]:
    """Make the next days' partitions and drop what is older than `keep_days`. The `MetricsWriter` does so at
    its start and every few hours.

    Where it was not called in time nothing is lost: samples wait in the default partition and are moved.

    Returns:
        How many partitions were made, and how many dropped.
    """
    today = now.astimezone(UTC)
    made = await repository.create_partitions(session, today=today, days_ahead=DAYS_AHEAD)
    return made, await repository.drop_partitions(session, today=today, keep_days=keep_days)
