"""Who may store and read which blob."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.attempts.errors import AttemptFenced
from qubix_platform.auth.callers import AttemptCaller, UserCaller
from qubix_platform.blobs import repository
from qubix_platform.blobs.errors import BlobNotFound


async def begin_upload(session: AsyncSession, *, caller: UserCaller | AttemptCaller, sha256: str) -> UUID:
    """The user in whose name a caller is about to store a blob. It is not cleared away while it travels.

    Raises:
        AttemptFenced: the caller's attempt no longer holds its job's lease.
        BlobNotFound: the attempt does not exist.
    """
    user_id = await _owner(session, caller, asked=f"Storing blob {sha256}")
    await repository.use(session, sha256)
    return user_id


async def end_upload(session: AsyncSession, *, user_id: UUID, sha256: str, size: int) -> None:
    """Record a blob, whose content is stored, as one of the user's."""
    await repository.register(session, sha256=sha256, size=size, user_id=user_id)


async def find(session: AsyncSession, *, caller: UserCaller | AttemptCaller, sha256: str) -> int:
    """Size in bytes of one of the blobs of the caller, or of the user whose job they run; they count on it now.

    Raises:
        AttemptFenced: the caller's attempt no longer holds its job's lease.
        BlobNotFound: there is no such blob.
    """
    user_id = await _owner(session, caller, asked=f"Looking for blob {sha256}")
    size = await repository.owned_size(session, sha256=sha256, user_id=user_id)
    if size is None:
        raise _unknown(sha256, obstacle="you have no such blob")
    await repository.use(session, sha256)
    return size


async def open_for_reading(session: AsyncSession, *, caller: UserCaller | AttemptCaller, sha256: str) -> int:
    """Size in bytes of a blob whose content the caller may read.

    Users read their own. A runner reads what it needs to run its job, and none of its user's other blobs: the job's
    bundle, and the checkpoints that earlier attempts left.

    Raises:
        AttemptFenced: the caller's attempt no longer holds its job's lease.
        BlobNotFound: there is no such blob for them.
    """
    user_id = await _owner(session, caller, asked=f"Reading blob {sha256}")
    if isinstance(caller, UserCaller):
        size, obstacle = await repository.owned_size(session, sha256=sha256, user_id=user_id), "you have no such blob"
    else:
        size = await repository.size_for_attempt(session, sha256=sha256, attempt_id=caller.attempt_id)
        obstacle = "it is neither your job's bundle nor part of a checkpoint of an earlier attempt"
    if size is None:
        raise _unknown(sha256, obstacle=obstacle)
    return size


async def _owner(session: AsyncSession, caller: UserCaller | AttemptCaller, *, asked: str) -> UUID:
    """On whose behalf a caller stores and reads: a runner acts for its job's consumer while it holds the lease."""
    if isinstance(caller, UserCaller):
        return caller.user_id
    acting = await repository.acting_for(session, caller.attempt_id)
    if acting is None:
        raise BlobNotFound(
            asked=asked,
            obstacle=f"there is no attempt {caller.attempt_id}",
            remedy="Use the attempt token that came with the job.",
        )
    user_id, status = acting
    if status.is_final:
        raise AttemptFenced.of(caller.attempt_id, status=status, asked=asked)
    return user_id


def _unknown(sha256: str, *, obstacle: str) -> BlobNotFound:
    return BlobNotFound(asked=f"Reading blob {sha256}", obstacle=obstacle, remedy="Upload it first.")
