"""Removing what only pruned checkpoints needed."""

from typing import Final

from qubix_platform.blobs.storage import BlobStorage
from qubix_platform.checkpoints import repository
from qubix_platform.database.session import Database

AT_ONCE: Final = 200


async def clear_leftovers(database: Database, storage: BlobStorage) -> int:
    """Remove some of the blobs that were part of pruned checkpoints and that nothing needs; how many.

    Called after a checkpoint was stored, so that the storage grows no faster than it shrinks. A blob's content is
    removed while its row is locked: whoever stores it again meanwhile waits for that at the row, not at the file.
    """
    async with database.transaction() as session:
        found = await repository.take_leftovers(session, limit=AT_ONCE)
        for sha256 in found:
            await storage.remove(sha256)
        if found:
            await repository.forget(session, found)
    return len(found)
