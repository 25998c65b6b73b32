"""Which blobs there are, and whose they are."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_REGISTER = text("""
    insert into blobs (sha256, size) values (:sha256, :size) on conflict (sha256) do update set used_at = now()
""")
_USE = text("update blobs set used_at = now() where sha256 = :sha256")
_OWN = text("insert into blob_owners (sha256, user_id) values (:sha256, :user_id) on conflict do nothing")
_SIZE_OWNED = text("""
    select b.size from blobs b join blob_owners o using (sha256) where b.sha256 = :sha256 and o.user_id = :user_id
""")
_OWNER_OF_ATTEMPT = text("select j.user_id from attempts a join jobs j on j.id = a.job_id where a.id = :attempt_id")


async def register(session: AsyncSession, *, sha256: str, size: int, user_id: UUID) -> None:
    """Record a stored blob as one of the user's."""
    await session.execute(_REGISTER, {"sha256": sha256, "size": size})
    await session.execute(_OWN, {"sha256": sha256, "user_id": user_id})


async def use(session: AsyncSession, sha256: str) -> None:
    """Somebody is about to count on this blob: it is not to be cleared away now, even if nothing needs it yet."""
    await session.execute(_USE, {"sha256": sha256})


async def owned_size(session: AsyncSession, *, sha256: str, user_id: UUID) -> int | None:
    """Size in bytes of one of the user's blobs; None where they have no such blob."""
    size: int | None = (await session.execute(_SIZE_OWNED, {"sha256": sha256, "user_id": user_id})).scalar_one_or_none()
    return size


async def is_owned(session: AsyncSession, *, sha256: str, user_id: UUID) -> bool:
    """Whether the user has this blob."""
    return await owned_size(session, sha256=sha256, user_id=user_id) is not None


async def consumer_of(session: AsyncSession, attempt_id: UUID) -> UUID | None:
    """The user whose job an attempt runs."""
    user_id: UUID | None = (await session.execute(_OWNER_OF_ATTEMPT, {"attempt_id": attempt_id})).scalar_one_or_none()
    return user_id
