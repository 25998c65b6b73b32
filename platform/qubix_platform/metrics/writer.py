"""Buffered writing of machines' samples: whatever a second brings goes into the database by one COPY."""

import asyncio
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from qubix_platform.database.errors import DatabaseUnavailable
from qubix_platform.database.session import Database
from qubix_platform.metrics import repository, service
from qubix_platform.metrics.samples import ProviderSample

log = structlog.get_logger(__name__)

DEFAULT_INTERVAL: Final = timedelta(seconds=1)
DEFAULT_CAPACITY: Final = 100_000
_UPKEEP_S: Final = 6 * 3600.0
_RETRY_UPKEEP_S: Final = 60.0


class MetricsWriter:
    """Takes samples from the hot routes and stores them in batches, and keeps their daily partitions.

    A sample is no fact: those that a crash or a database that stays away costs are gone, and are counted in the log.

    Args:
        database: where to.
        interval: how long a sample waits at most.
        capacity: samples that are kept while the database does not answer; the oldest make room.

    Example:
        >>> async with MetricsWriter(database) as metrics:
        ...     metrics.add(sample)
    """

    def __init__(
        self, database: Database, *, interval: timedelta = DEFAULT_INTERVAL, capacity: int = DEFAULT_CAPACITY
    ) -> None:
        self._database = database
        self._interval = interval.total_seconds()
        self._waiting: deque[ProviderSample] = deque(maxlen=capacity)
        self._lost = 0
        self._stopping = asyncio.Event()
        self._flushing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "MetricsWriter":
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping.set()
        if self._task is not None:
            await self._task
        await self.flush()

    def add(self, sample: ProviderSample) -> None:
        """Have a sample stored soon. Never waits and never raises."""
        self._lost += len(self._waiting) == self._waiting.maxlen
        self._waiting.append(sample)

    async def flush(self) -> int:
        """Store what waits and return how much it was. What the database would not take now goes on waiting."""
        async with self._flushing:
            return await self._store()

    async def _store(self) -> int:
        batch = list(self._waiting)
        if not batch:
            return 0
        self._waiting.clear()
        try:
            async with self._database.transaction() as session:
                await repository.copy(session, batch)
        except DatabaseUnavailable:
            self._keep(batch)
            return 0
        except Exception:
            # A batch that cannot be stored would be in the way of all that follow.
            log.exception("metrics_dropped", samples=len(batch))
            return 0
        if self._lost:
            log.warning("metrics_lost", samples=self._lost, reason="the database did not answer for too long")
            self._lost = 0
        return len(batch)

    def _keep(self, batch: list[ProviderSample]) -> None:
        newer = list(self._waiting)
        self._waiting.clear()
        self._waiting.extend(batch + newer)
        self._lost += len(batch) + len(newer) - len(self._waiting)
        log.warning("metrics_kept", samples=len(self._waiting), reason="the database does not answer")

    async def _run(self) -> None:
        upkeep_at = time.monotonic()
        while not self._stopping.is_set():
            if time.monotonic() >= upkeep_at:
                upkeep_at = time.monotonic() + (_UPKEEP_S if await self._keep_partitions() else _RETRY_UPKEEP_S)
            try:
                await asyncio.wait_for(self._stopping.wait(), timeout=self._interval)
            except TimeoutError:
                await self.flush()

    async def _keep_partitions(self) -> bool:
        try:
            async with self._database.transaction() as session:
                made, dropped = await service.keep_partitions(session, now=datetime.now(UTC))
        except Exception:
            # Samples go into the default partition meanwhile, and are moved when this works again.
            log.exception("metric_partitions_not_kept")
            return False
        if made or dropped:
            log.info("metric_partitions_kept", made=made, dropped=dropped)
        return True
