"""Who holds which token."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import Scope, Trust
from qubix_platform.auth.callers import JoinCaller, UserCaller, WorkerCaller

# The last use of a key or session is kept to the minute: exact enough to find keys that nobody uses, without a write at
# each request.
_USER = text("""
    with known as (
        select k.id, k.user_id, u.is_operator, k.scopes, k.expires_at, k.last_used_at
          from api_keys k join users u on u.id = k.user_id
         where k.key_hash = :digest and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
    ), used as (
        update api_keys set last_used_at = now() from known
         where api_keys.id = known.id
           and (known.last_used_at is null or known.last_used_at < now() - interval '1 minute')
    )
    select id, user_id, is_operator, scopes, expires_at from known
""")
_SESSION = text("""
    with known as (
        select s.id, s.user_id, u.is_operator, s.expires_at, s.last_used_at
          from wallet_sessions s join users u on u.id = s.user_id
         where s.token_hash = :digest and s.revoked_at is null and s.expires_at > now()
    ), used as (
        update wallet_sessions set last_used_at = now() from known
         where wallet_sessions.id = known.id
           and (known.last_used_at is null or known.last_used_at < now() - interval '1 minute')
    )
    select id, user_id, is_operator, expires_at from known
""")
_WORKER = text("""
    select id, worker_id, user_id from providers where worker_token_hash = :digest and removed_at is null
""")
_JOIN = text("""
    select id, user_id, trust from join_tokens where token_hash = :digest and expires_at > now()
""")
_ENDED = text("""
    select given.id from unnest(cast(:ids as uuid[])) as given (id)
     where not exists (select from api_keys k where k.id = given.id and k.revoked_at is null
                                                and (k.expires_at is null or k.expires_at > now()))
       and not exists (select from wallet_sessions s where s.id = given.id and s.revoked_at is null
                                                       and s.expires_at > now())
""")


async def user_by_key(session: AsyncSession, digest: bytes) -> UserCaller | None:
    """The user behind a living API key."""
    row = (await session.execute(_USER, {"digest": digest})).one_or_none()
    if row is None:
        return None
    return UserCaller(
        user_id=row.user_id,
        is_operator=row.is_operator,
        scopes=frozenset(Scope(scope) for scope in row.scopes),
        key_id=row.id,
        expires_at=row.expires_at,
    )


async def user_by_session(session: AsyncSession, digest: bytes) -> UserCaller | None:
    """The user behind a living session, which may do all that the user may."""
    row = (await session.execute(_SESSION, {"digest": digest})).one_or_none()
    if row is None:
        return None
    return UserCaller(
        user_id=row.user_id,
        is_operator=row.is_operator,
        scopes=frozenset(Scope),
        session_id=row.id,
        expires_at=row.expires_at,
    )


async def ended(session: AsyncSession, credentials: Collection[UUID]) -> set[UUID]:
    """Those of these API keys and sessions that live no more."""
    return set((await session.execute(_ENDED, {"ids": list(credentials)})).scalars())


async def worker_by_token(session: AsyncSession, digest: bytes) -> WorkerCaller | None:
    """The provider behind a worker token."""
    row = (await session.execute(_WORKER, {"digest": digest})).one_or_none()
    return None if row is None else WorkerCaller(provider_id=row.id, worker_id=row.worker_id, user_id=row.user_id)


async def join_by_token(session: AsyncSession, digest: bytes) -> JoinCaller | None:
    """What a join token that has not expired allows. Whether it was used is for the registration to judge."""
    row = (await session.execute(_JOIN, {"digest": digest})).one_or_none()
    return None if row is None else JoinCaller(token_id=row.id, user_id=row.user_id, trust=Trust(row.trust))
