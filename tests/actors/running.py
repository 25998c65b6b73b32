"""Schedulers that tests run for a while."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from qubix_actors.leader import Leader
from qubix_actors.settings import SchedulerSettings
from tests.actors.cluster import PlayedCluster


@asynccontextmanager
async def running_leader(settings: SchedulerSettings, cluster: PlayedCluster) -> AsyncIterator[Leader]:
    """A scheduler of its own on a played cluster, gone at the end of the block."""
    leader = Leader(settings, cluster)
    await leader.start()
    try:
        yield leader
    finally:
        await leader.stop()
