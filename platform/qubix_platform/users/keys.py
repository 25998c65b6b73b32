"""What callers do with their API keys. A key makes and revokes none that is more powerful than itself."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.accounts import ApiKey, ApiKeyCreate, NewApiKey
from qubix_platform.auth.callers import UserCaller
from qubix_platform.spending import service as spending
from qubix_platform.users import repository, service
from qubix_platform.users.errors import ApiKeyNotFound


async def create(session: AsyncSession, *, caller: UserCaller, request: ApiKeyCreate, now: datetime) -> NewApiKey:
    """A fresh API key for the caller; its secret is in the answer and nowhere else.

    A key that ends by itself makes none that outlives it.

    Raises:
        ScopeMissing: the caller's own key lacks a scope that the new one shall have.
        LimitedKeysMayNot: the caller's own key has spending limits, which the new one would not have.
    """
    caller.require(*request.scopes)
    await spending.require_unlimited(session, caller=caller, asked="Making an API key")
    return await service.create_api_key(
        session,
        user_id=caller.user_id,
        name=request.name,
        scopes=request.scopes,
        expires_at=_end(request, caller=caller, now=now),
    )


async def list_of(session: AsyncSession, user_id: UUID) -> list[ApiKey]:
    """A user's keys, without their secrets, oldest first."""
    return [ApiKey.model_validate(dict(row._mapping)) for row in await repository.keys(session, user_id)]


async def revoke(session: AsyncSession, *, caller: UserCaller, key_id: UUID) -> ApiKey:
    """Revoke one of the caller's keys for good; revoking it again changes nothing.

    Raises:
        ApiKeyNotFound: the caller has no such key.
        ScopeMissing: the caller's own key lacks a scope of that one.
    """
    held = await repository.scopes_of_key(session, user_id=caller.user_id, key_id=key_id)
    if held is None:
        raise _no_such_key(key_id)
    caller.require(*held)
    row = await repository.revoke(session, user_id=caller.user_id, key_id=key_id)
    if row is None:
        raise _no_such_key(key_id)
    return ApiKey.model_validate(dict(row._mapping))


def _end(request: ApiKeyCreate, *, caller: UserCaller, now: datetime) -> datetime | None:
    wanted = None if request.expires_in_seconds is None else now + timedelta(seconds=request.expires_in_seconds)
    bound = caller.expires_at if caller.key_id is not None else None
    return min((end for end in (wanted, bound) if end is not None), default=None)


def _no_such_key(key_id: UUID) -> ApiKeyNotFound:
    return ApiKeyNotFound(
        asked=f"Revoking API key {key_id}",
        obstacle="you have no such key",
        remedy="List yours with GET /api/users/me/keys.",
    )
