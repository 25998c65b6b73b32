"""Which blobs there are, and whose they are."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import AttemptStatus

_REGISTER = text("""
    insert into blobs (sha256, size) values (:sha256, :size) on conflict (sha256) do update set used_at = now()
""")
_USE = text("update blobs set used_at = now() where sha256 = :sha256")
_OWN = text("insert into blob_owners (sha256, user_id) values (:sha256, :user_id) on conflict do nothing")
_SIZE_OWNED = text("""
    select b.size from blobs b join blob_owners o using (sha256) where b.sha256 = :sha256 and o.user_id = :user_id
""")
_ACTING_FOR = text("""
    select j.user_id, a.status from attempts a join jobs j on j.id = a.job_id where a.id = :attempt_id
""")
_SIZE_FOR_ATTEMPT = text("""
    select b.size from attempts a join jobs j on j.id = a.job_id
      join blob_owners o on o.user_id = j.user_id and o.sha256 = :sha256 join blobs b on b.sha256 = o.sha256
     where a.id = :attempt_id
       and (j.spec ->> 'bundle_sha256' = b.sha256
            or exists (select from checkpoints c join checkpoint_parts p on p.checkpoint_id = c.id
                        where c.job_id = j.id and c.attempt < a.number and p.sha256 = b.sha256))
""")


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


async def acting_for(session: AsyncSession, attempt_id: UUID) -> tuple[UUID, AttemptStatus] | None:
    """The user whose job an attempt runs, and how the attempt stands; None where there is no such attempt."""
    row = (await session.execute(_ACTING_FOR, {"attempt_id": attempt_id})).one_or_none()
    return None if row is None else (row.user_id, AttemptStatus(row.status))


async def size_for_attempt(session: AsyncSession, *, sha256: str, attempt_id: UUID) -> int | None:
    """Size in bytes of the job's bundle, or of a part of what an earlier attempt saved; None where it is neither."""
    values = {"sha256": sha256, "attempt_id": attempt_id}
    size: int | None = (await session.execute(_SIZE_FOR_ATTEMPT, values)).scalar_one_or_none()
    return size
