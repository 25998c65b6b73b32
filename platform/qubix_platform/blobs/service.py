"""Who may store and read which blob."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.auth.callers import AttemptCaller, UserCaller
from qubix_platform.blobs import repository
from qubix_platform.blobs.errors import BlobNotFound


async def owner(session: AsyncSession, caller: UserCaller | AttemptCaller) -> UUID:
    """On whose behalf a caller stores and reads: a runner acts for its job's consumer.

    Raises:
        BlobNotFound: the attempt does not exist.
    """
    if isinstance(caller, UserCaller):
        return caller.user_id
    user_id = await repository.consumer_of(session, caller.attempt_id)
    if user_id is None:
        raise BlobNotFound(
            asked="Reaching a job's blobs",
            obstacle=f"there is no attempt {caller.attempt_id}",
            remedy="Use the attempt token that came with the job.",
        )
    return user_id


async def size_of(session: AsyncSession, *, sha256: str, user_id: UUID) -> int:
    """Size in bytes of one of the user's blobs.

    Raises:
        BlobNotFound: they have no such blob.
    """
    size = await repository.owned_size(session, sha256=sha256, user_id=user_id)
    if size is None:
        raise BlobNotFound(asked=f"Reading blob {sha256}", obstacle="you have no such blob", remedy="Upload it first.")
    return size
