"""All SQL of signed-in links."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_FORGET = text("""
    delete from sign_in_links where token_hash in (
        select token_hash from sign_in_links where expires_at < now() order by expires_at limit 100
           for update skip locked
    )
""")
_MAKE = text("""
    insert into sign_in_links (token_hash, user_id, session_until, expires_at)
    values (:digest, :user_id, :session_until, :expires_at)
""")
_USE = text("""
    update sign_in_links set used_at = now()
     where token_hash = :digest and used_at is null and expires_at > now() returning user_id, session_until
""")


@dataclass(frozen=True, kw_only=True)
class UsedLink:
    """Whom a link signs in, and when the session ends at the latest."""

    user_id: UUID
    session_until: datetime | None


async def make(
    session: AsyncSession, *, digest: bytes, user_id: UUID, session_until: datetime | None, expires_at: datetime
) -> None:
    """Store a link's digest, and forget some that have expired."""
    await session.execute(_FORGET)
    values = {"digest": digest, "user_id": user_id, "session_until": session_until, "expires_at": expires_at}
    await session.execute(_MAKE, values)


async def use(session: AsyncSession, digest: bytes) -> UsedLink | None:
    """Use a link up; none where it was used, has expired, or never was."""
    row = (await session.execute(_USE, {"digest": digest})).one_or_none()
    return None if row is None else UsedLink(user_id=row.user_id, session_until=row.session_until)
