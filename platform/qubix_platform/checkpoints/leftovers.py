"""Removing what only pruned checkpoints needed."""

from typing import Final

from qubix_platform.blobs.storage import BlobStorage
from qubix_platform.checkpoints import repository
from qubix_platform.database.session import Database

AT_ONCE: Final = 200

ENDED_HOURS: Final = 24
"""For how long after a job's end its checkpoints are kept."""


async def clear_leftovers(database: Database, storage: BlobStorage) -> int:
    """Drop checkpoints of jobs that ended, and some of the blobs that no checkpoint needs any more; how many blobs.

    Called after a checkpoint was stored, so that the storage grows no faster than it shrinks. A blob's content is
    removed while its row is locked: whoever stores it again meanwhile waits for that at the row, not at the file.
    """
    async with database.transaction() as session:
        await repository.prune_ended(session, ended_hours=ENDED_HOURS)
    async with database.transaction() as session:
        found = await repository.take_leftovers(session, limit=AT_ONCE)
        for sha256 in found:
            await storage.remove(sha256)
        if found:
            await repository.forget(session, found)
    return len(found)
