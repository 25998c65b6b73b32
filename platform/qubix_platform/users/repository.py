"""All SQL of users and their API keys."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.accounts import UserCreate
from qubix.schemas.states import Scope
from qubix_platform.auth.tokens import NewToken

_INSERT = text("""
    insert into users (username, qubic_address, email, role, is_operator)
    values (:username, :qubic_address, :email, :role, :is_operator)
    on conflict do nothing returning id
""")
_GET = text("select * from users where id = :id")
_ADDRESS = text("select qubic_address from users where id = :id")
_BY_NAME = text("select * from users where username = :username")
_NEW_KEY = text("""
    insert into api_keys (user_id, name, prefix, key_hash, scopes, expires_at)
    values (:user_id, :name, :prefix, :digest, :scopes, :expires_at)
    returning id, name, prefix, scopes, created_at, expires_at, last_used_at, revoked_at
""")
_KEYS = text("""
    select id, name, prefix, scopes, created_at, expires_at, last_used_at, revoked_at from api_keys
     where user_id = :user_id order by created_at, id
""")
_REVOKE = text("""
    update api_keys set revoked_at = coalesce(revoked_at, now()) where id = :id and user_id = :user_id
    returning id, name, prefix, scopes, created_at, expires_at, last_used_at, revoked_at
""")
_KEY = text("select id, scopes from api_keys where id = :id and user_id = :user_id")


async def address_of(session: AsyncSession, user_id: UUID) -> str | None:
    """A user's own identity on the chain, where they connected one."""
    address: str | None = (await session.execute(_ADDRESS, {"id": user_id})).scalar_one_or_none()
    return address


async def insert(session: AsyncSession, request: UserCreate, *, is_operator: bool) -> UUID | None:
    """Store a user; none where the name, address or e-mail is taken."""
    values = request.model_dump() | {"role": request.role.value, "is_operator": is_operator}
    user_id: UUID | None = (await session.execute(_INSERT, values)).scalar_one_or_none()
    return user_id


async def get(session: AsyncSession, user_id: UUID) -> Row[tuple[object, ...]]:
    """One user."""
    return (await session.execute(_GET, {"id": user_id})).one()


async def by_name(session: AsyncSession, username: str) -> Row[tuple[object, ...]] | None:
    """A user by name."""
    return (await session.execute(_BY_NAME, {"username": username})).one_or_none()


async def insert_key(
    session: AsyncSession,
    *,
    user_id: UUID,
    name: str,
    token: NewToken,
    scopes: Iterable[Scope],
    expires_at: datetime | None,
) -> Row[tuple[object, ...]]:
    """Store a key's digest, and what it is good for."""
    values = {"user_id": user_id, "name": name, "prefix": token.shown, "digest": token.digest}
    values |= {"scopes": [scope.value for scope in Scope if scope in set(scopes)], "expires_at": expires_at}
    return (await session.execute(_NEW_KEY, values)).one()


async def scopes_of_key(session: AsyncSession, *, user_id: UUID, key_id: UUID) -> frozenset[Scope] | None:
    """What a user's key is good for; none where it is not theirs."""
    row = (await session.execute(_KEY, {"id": key_id, "user_id": user_id})).one_or_none()
    return None if row is None else frozenset(Scope(scope) for scope in row.scopes)


async def keys(session: AsyncSession, user_id: UUID) -> list[Row[tuple[object, ...]]]:
    """A user's keys, oldest first."""
    return list((await session.execute(_KEYS, {"user_id": user_id})).all())


async def revoke(session: AsyncSession, *, user_id: UUID, key_id: UUID) -> Row[tuple[object, ...]] | None:
    """Revoke a user's key; none where it is not theirs."""
    return (await session.execute(_REVOKE, {"id": key_id, "user_id": user_id})).one_or_none()
